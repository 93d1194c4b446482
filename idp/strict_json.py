"""JSON that every reader takes for the same: UTF-8, every name once, numbers that are numbers. RFC 7493 §2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

_LONGEST_NUMBER = 1000


def read(octets: bytes) -> Any:
    """The value in `octets`.

    Raises:
        ValueError: it is none; says why without repeating any of it.
    """
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    try:
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number, parse_int=_whole)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError:
        raise ValueError("it is not JSON") from None


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Which of the two counts would depend on who reads it.
        raise ValueError("a name stands in it twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number in it is too long")
    return int(digits)


def _no_number(_word: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON numbers")
