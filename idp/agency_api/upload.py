"""Uploads of many lines (NDJSON), read as they come: one line at a time is in memory, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from idp.agency_api.read_json import read_json
from idp.agency_api.refusals import BadBody, BadLine, BodyTooLarge, CutOff

_AT_ONCE = 64 * 1024


class Source(Protocol):
    """Where the octets come from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` octets, none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `number` counts from 1."""

    number: int
    text: bytes

    def value(self) -> dict[str, Any]:
        """The object it holds.

        Raises:
            BadLine: it holds none.
        """
        try:
            found = read_json(self.text)
        except BadBody as error:
            raise BadLine(self.number, error.detail) from error
        if not isinstance(found, dict):
            raise BadLine(self.number, "it is no JSON object")
        return found


def read_lines(source: Source, length: int, *, longest: int, most: int) -> Iterator[Line]:
    """The lines of `source`, of `length` octets, that are not empty.

    Raises:
        BadLine: one is longer than `longest` octets; what follows it is not read.
        BodyTooLarge: there are more than `most`.
        CutOff: it ended before its length.
    """
    number, rest, come = 0, b"", 0
    while piece := source.read(_AT_ONCE):
        come += len(piece)
        *whole, rest = (rest + piece).split(b"\n")
        for text in whole:
            number += 1
            if number > most:
                # Empty ones too: they are nothing to keep, but they keep us.
                raise BodyTooLarge(f"more than {most} lines")
            yield from _checked(number, text, longest, most)
        if len(rest) > longest:
            raise BadLine(number + 1, f"it is longer than {longest} octets")
    if come != length:
        raise CutOff(f"{come} of {length} octets came")
    yield from _checked(number + 1, rest, longest, most)


def _checked(number: int, text: bytes, longest: int, most: int) -> Iterator[Line]:
    if len(text) > longest:
        raise BadLine(number, f"it is longer than {longest} octets")
    if not text.strip():
        return
    if number > most:
        raise BodyTooLarge(f"more than {most} lines")
    yield Line(number, text)
