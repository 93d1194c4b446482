"""Reading what a receiver sent: JSON with one meaning, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp import strict_json
from idp.transmitter.streams.refusals import InvalidStreamRequest

_LONGEST_ID = 256


def json_object(octets: bytes) -> dict[str, Any]:
    """The JSON object in `octets`.

    Refused are also characters that a database or an encoder after us cannot take.

    Raises:
        InvalidStreamRequest: it is none.
    """
    try:
        value = strict_json.read(octets)
    except ValueError:
        raise InvalidStreamRequest("the body is not JSON") from None
    if not isinstance(value, dict):
        raise InvalidStreamRequest("the body is not a JSON object")
    _refuse_unstorable(value)
    return value


def text_in(body: Mapping[str, Any], name: str, longest: int) -> str | None:
    """The string `name` of `body`, None where it is absent or null.

    Raises:
        InvalidStreamRequest: it is something else, or longer than `longest` characters.
    """
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise InvalidStreamRequest(f"{name} must be a string of at most {longest} characters")
    return value


def stream_id_in(body: Mapping[str, Any]) -> str:
    """The `stream_id` of `body`.

    Raises:
        InvalidStreamRequest: there is none.
    """
    stream_id = text_in(body, "stream_id", _LONGEST_ID)
    if stream_id is None:
        raise InvalidStreamRequest("stream_id is missing")
    return stream_id


def _refuse_unstorable(value: dict[str, Any]) -> None:
    todo: list[Any] = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            todo.extend(each)
            todo.extend(each.values())
        elif isinstance(each, list):
            todo.extend(each)
        elif isinstance(each, str) and ("\x00" in each or any("\ud800" <= character <= "\udfff" for character in each)):
            raise InvalidStreamRequest("a string holds a NUL character or half a character")
