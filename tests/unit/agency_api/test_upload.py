"""Uploads read as they come, whatever the pieces in which they come."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, strategies as st

from idp.agency_api.read_json import read_json
from idp.agency_api.refusals import BadBody, BadLine, BodyTooLarge, CutOff
from idp.agency_api.upload import read_lines

LONGEST = 64


class Trickle:
    """Gives octets in pieces of its own choice."""

    def __init__(self, body: bytes, pieces: list[int]) -> None:
        self._rest, self._pieces = io.BytesIO(body), iter(pieces)

    def read(self, size: int, /) -> bytes:
        return self._rest.read(min(size, next(self._pieces, size)))


lines = st.lists(st.binary(max_size=LONGEST).filter(lambda line: b"\n" not in line), max_size=20)
pieces = st.lists(st.integers(1, 40), max_size=40)


@given(lines, pieces, st.booleans())
def test_gives_every_line_with_its_number(said: list[bytes], sizes: list[int], ends: bool) -> None:
    """However it is cut up, with a last newline or without: what `split` gives, empty lines apart."""
    body = b"\n".join(said) + (b"\n" if ends else b"")
    found = read_lines(Trickle(body, sizes), len(body), longest=LONGEST, most=100)
    expected = [(number, text) for number, text in enumerate(body.split(b"\n"), 1) if text.strip()]
    assert [(line.number, line.text) for line in found] == expected


@given(st.binary(min_size=LONGEST + 1, max_size=4 * LONGEST).filter(lambda line: b"\n" not in line), pieces)
def test_reads_no_line_that_is_too_long(long: bytes, sizes: list[int]) -> None:
    """Memory holds one line at most: the line that would not end is given up where it is too long."""
    body = b"good\n" + long + b"\nrest"
    with pytest.raises(BadLine) as caught:
        list(read_lines(Trickle(body, sizes), len(body), longest=LONGEST, most=100))
    assert caught.value.line == 2


def test_counts_lines_and_octets() -> None:
    """More lines than are taken; an end that came before its length."""
    with pytest.raises(BodyTooLarge):
        list(read_lines(io.BytesIO(b"a\nb\nc"), 5, longest=LONGEST, most=2))
    with pytest.raises(CutOff):
        list(read_lines(io.BytesIO(b"a\nb\n"), 5, longest=LONGEST, most=2))
    assert len(list(read_lines(io.BytesIO(b"a\nb\n"), 4, longest=LONGEST, most=2))) == 2


def test_reads_no_emptiness_without_end() -> None:
    """A sender of nothing but line ends would keep a thread for as long as it liked."""
    with pytest.raises(BodyTooLarge):
        list(read_lines(io.BytesIO(b"\n" * 1000), 1000, longest=LONGEST, most=100))


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:0123456789eE.+-nulltrefasNI\\ ', max_size=80).map(str.encode))
def test_reads_json_or_says_that_it_is_none(body: bytes) -> None:
    """Whatever comes: a value or `BadBody`, nothing else; and never more than the standard's reader takes."""
    try:
        found = read_json(body)
    except BadBody:
        return
    assert json.loads(body.decode()) == found


@pytest.mark.parametrize(
    "body", [b'{"a": 1, "a": 1}', b"NaN", b"-Infinity", b"[" * 200_000, b"\xef\xbb\xbf1", b"1" * 5000]
)
def test_takes_nothing_that_two_readers_may_read_differently(body: bytes) -> None:
    """RFC 7493 §2: doubled names, numbers that are none, depths and lengths beyond a reader, a byte order mark."""
    with pytest.raises(BadBody):
        read_json(body)
