"""JSON from strangers: UTF-8, every name once, numbers that are numbers. RFC 8259, RFC 7493 §2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from idp.agency_api.refusals import BadBody


def read_json(body: bytes) -> Any:
    """The value in `body`.

    Raises:
        BadBody: it is none, or says one name twice.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadBody("it is not UTF-8") from error
    try:
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
    except BadBody:
        raise
    except ValueError as error:
        raise BadBody("it is not JSON") from error
    except RecursionError as error:
        raise BadBody("it is nested too deeply") from error


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Which of the two counts would depend on who reads it.
        raise BadBody("a name stands in it twice")
    return found


def _no_number(_word: str) -> Any:
    raise BadBody("NaN and Infinity are no JSON numbers")
