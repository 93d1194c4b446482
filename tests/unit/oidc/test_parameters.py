"""Parameters as they were sent."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given, strategies as st

from idp.oidc.errors import InvalidRequest
from idp.oidc.parameters import parameters

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@given(st.dictionaries(TEXT, TEXT, max_size=20))
def test_reads_back_what_was_encoded(sent: dict[str, str]) -> None:
    """RFC 6749 appendix B: application/x-www-form-urlencoded in UTF-8."""
    assert parameters(urlencode(sent)) == sent
    assert parameters(urlencode(sent).encode()) == sent


@given(st.binary(max_size=200))
def test_either_reads_or_refuses(octets: bytes) -> None:
    """No octets make it fail in any other way; what it reads is text without NUL."""
    try:
        found = parameters(octets)
    except InvalidRequest:
        return
    for name, value in found.items():
        assert name
        assert value
        assert "\0" not in name + value
        value.encode()


def test_reads_raw_octets_as_the_utf8_they_are() -> None:
    """A body may hold them unescaped; read as Latin-1 they would be another text."""
    assert parameters("state=한글".encode()) == {"state": "한글"}
    assert parameters("state=한글") == {"state": "한글"}


@pytest.mark.parametrize(("encoded", "found"), [("", {}), ("a=", {}), ("a", {}), ("=b", {}), ("&&a=1&", {"a": "1"})])
def test_takes_an_empty_value_for_an_absent_one(encoded: str, found: dict[str, str]) -> None:
    """RFC 6749 §3.1: parameters sent without a value MUST be treated as if they were omitted."""
    assert parameters(encoded) == found


@pytest.mark.parametrize("encoded", ["a=1&a=2", "a=1&a=1", "a=&a=1", "a=1&%61=2", "a&a"])
def test_refuses_a_repeated_parameter(encoded: str) -> None:
    """RFC 6749 §3.1, also where the two are spelt differently or one is empty."""
    with pytest.raises(InvalidRequest, match="repeated"):
        parameters(encoded)


@pytest.mark.parametrize("encoded", ["a=%ff", "%ff=a", "a=%ed%a0%80", b"a=\xff", "a=%00", "%00=a"])
def test_refuses_what_is_not_text(encoded: str | bytes) -> None:
    """RFC 3629: no lone surrogates, no broken sequences; PostgreSQL keeps no NUL."""
    with pytest.raises(InvalidRequest):
        parameters(encoded)


def test_refuses_more_than_it_can_bear() -> None:
    """A request is a few parameters of a few kilobytes."""
    assert len(parameters("&".join(f"p{number}=1" for number in range(64)))) == 64
    with pytest.raises(InvalidRequest, match="many"):
        parameters("&".join(f"p{number}=1" for number in range(65)))
    assert parameters("a=" + "b" * 16_384)
    with pytest.raises(InvalidRequest, match="long"):
        parameters("a=" + "b" * 16_385)
