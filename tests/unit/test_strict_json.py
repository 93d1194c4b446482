"""JSON of one meaning, or none."""

from __future__ import annotations

import pytest

from idp import strict_json

SECRET = "hong-gildong"


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"\xff", "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"", "not JSON"),
        (f'{{"{SECRET}": }}'.encode(), "not JSON"),
        (b"1" * 5000, "too long"),
        (f'{{"{SECRET}": 1, "{SECRET}": 1}}'.encode(), "twice"),
        (b'[{"a": {"b": 1, "b": 2}}]', "twice"),
        (b"NaN", "no JSON numbers"),
        (b"[-Infinity]", "no JSON numbers"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_refuses_what_two_readers_may_read_differently(octets: bytes, why: str) -> None:
    """RFC 7493 §2.1–2.3; and says why without a word of what was sent."""
    with pytest.raises(ValueError, match=why) as caught:
        strict_json.read(octets)
    assert SECRET not in str(caught.value)


def test_reads_any_value() -> None:
    """RFC 8259 §3."""
    said = '{"이름": [1, 1.5, null, true, "\\ud83d\\ude00"]}'
    assert strict_json.read(said.encode()) == {"이름": [1, 1.5, None, True, "😀"]}
