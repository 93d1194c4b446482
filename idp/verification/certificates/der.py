"""DER from strangers, held to bounds before anything builds objects of it. X.690 §10.1."""

from __future__ import annotations

from idp.errors import IdpError

LONGEST = 48 * 1024
"""Octets: a CMS with a chain of three certificates has about six thousand."""
_DEEPEST = 32
_MOST = 4000
_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_WIDEST_LENGTH = 3
_OID, _LONGEST_OID = 0x06, 64

FOREIGN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What libraries raise over octets that are not what they should be."""


class NotDer(IdpError):
    """Not one complete DER value within the bounds."""

    code = "not_der"


def check(octets: bytes, longest: int = LONGEST) -> None:
    """Return when `octets` is one DER value: definite lengths, nested and counted within reason.

    Raises:
        NotDer: it is not. Nothing was recursed into or copied to find out.
    """
    if not 2 <= len(octets) <= longest:
        raise NotDer("length")
    ends, at, count = [len(octets)], 0, 0
    while ends:
        if at == ends[-1]:
            ends.pop()
            if len(ends) == 1 and at != len(octets):
                raise NotDer("something follows")
            continue
        count += 1
        if count > _MOST:
            raise NotDer("too many values")
        constructed, start, end = _header(octets, at, ends[-1])
        if constructed:
            ends.append(end)
            if len(ends) > _DEEPEST:
                raise NotDer("too deep")
            at = start
        else:
            at = end
        if len(ends) == 1 and at != len(octets):
            raise NotDer("something follows")


def _header(octets: bytes, at: int, limit: int) -> tuple[bool, int, int]:
    """Whether the value at `at` is constructed, where its content begins and where it ends."""
    if at + 2 > limit:
        raise NotDer("cut off")
    tag, length = octets[at], octets[at + 1]
    if tag & _LONG_TAG == _LONG_TAG:
        raise NotDer("tag of many octets")
    start = at + 2
    if length >= 0x80:
        width = length & 0x7F
        if not 1 <= width <= _WIDEST_LENGTH or start + width > limit:
            raise NotDer("length of this form")
        length = int.from_bytes(octets[start : start + width], "big")
        if length < 0x80 or length < 1 << 8 * (width - 1):
            raise NotDer("length longer than it needs be")
        start += width
    if start + length > limit:
        raise NotDer("cut off")
    if tag == _OID and length > _LONGEST_OID:
        # Read as numbers of any size, thousands of octets keep a parser busy for a second.
        raise NotDer("OID of many octets")
    return bool(tag & _CONSTRUCTED), start, start + length
