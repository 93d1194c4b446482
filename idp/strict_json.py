"""JSON that every reader takes for the same: UTF-8, every name once, numbers that are numbers. RFC 7493 §2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn


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
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except _Ambiguous:
        raise
    except ValueError:
        raise ValueError("it is not JSON") from None


class _Ambiguous(ValueError):
    """Which of two meanings counts would depend on who reads it."""


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Ambiguous("a name stands in it twice")
    return found


def _no_number(_word: str) -> NoReturn:
    raise _Ambiguous("NaN and Infinity are no JSON numbers")
