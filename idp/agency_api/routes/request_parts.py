"""What a request says: its query, its body; and answers in JSON."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from idp.agency_api.digest import BUCKET, BUCKETS
from idp.agency_api.read_json import read_json
from idp.agency_api.refusals import BadBody, BadQuery, LengthRequired, UnsupportedBody
from idp.agency_api.routes.problems import NO_STORE
from idp.agency_api.upload import Line, read_lines

LONGEST_BODY = 256 * 1024
LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
JSON = "application/json"
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 9000


def query(*known: str) -> dict[str, str]:
    """The parameters of the address.

    Raises:
        BadQuery: one is not known here, or stands there twice: which of the two would count?
    """
    for name, values in request.args.lists():
        if name not in known:
            raise BadQuery("a parameter is not known here")
        if len(values) > 1:
            raise BadQuery(f"{name} stands there twice")
    return {name: request.args[name] for name in known if name in request.args}


def limit(said: dict[str, str], most: int, usual: int = 100) -> int:
    """How many rows a page may have.

    Raises:
        BadQuery: it is no whole number from 1 to `most`.
    """
    text = said.get("limit", str(usual))
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise BadQuery(f"limit is no whole number from 1 to {most}")
    return int(text)


def flag(said: dict[str, str], name: str) -> bool:
    """Whether `name` is `true`; absent is `false`.

    Raises:
        BadQuery: it is neither.
    """
    text = said.get(name, "false")
    if text not in ("true", "false"):
        raise BadQuery(f"{name} is neither true nor false")
    return text == "true"


def instant(text: str, name: str) -> datetime:
    """A point in time. RFC 3339 §5.6.

    Raises:
        BadQuery: it is none, has no zone, or is beyond any link's life.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"{name} is no time like 2026-03-02T09:00:00Z") from error
    # Far from either end of what a calendar can say, so that reckoning with it never leaves the calendar.
    if found.tzinfo is None or not _EARLIEST_YEAR <= found.year <= _LATEST_YEAR:
        raise BadQuery(f"{name} is no time like 2026-03-02T09:00:00Z")
    return found.astimezone(UTC)


def buckets(text: str | None) -> frozenset[int]:
    """Buckets as `00,1f,ab`; none named: none.

    Raises:
        BadQuery: one is none.
    """
    if text is None:
        return frozenset()
    names = text.split(",")
    if len(names) > BUCKETS or not all(BUCKET.fullmatch(name) for name in names):
        raise BadQuery("bucket is no list of two hexadecimal digits each, such as 00,1f")
    return frozenset(int(name, 16) for name in names)


def json_body() -> Any:
    """The value that was sent.

    Raises:
        UnsupportedBody: it is not sent as JSON.
        BadBody: it is none, or another's encoding.
        RequestEntityTooLarge: it is longer than `LONGEST_BODY`.
    """
    sent_as(frozenset({JSON}))
    request.max_content_length = LONGEST_BODY
    return read_json(request.get_data(cache=False))


def no_body() -> None:
    """See to it that nothing was sent, or an empty object.

    Raises:
        BadBody: it was; what we do not read must not look as if it counted.
    """
    request.max_content_length = LONGEST_BODY
    if request.get_data().strip() not in (b"", b"{}"):
        raise BadBody("nothing is to be sent here")


def lines(longest: int, most: int) -> Iterator[Line]:
    """The lines that were sent, one at a time.

    Raises:
        UnsupportedBody: they are not sent as NDJSON.
        LengthRequired: it is not said how many octets they have.
        BadLine, BodyTooLarge, CutOff: as `read_lines`, while they are read.
    """
    sent_as(LINES)
    if request.content_length is None:
        raise LengthRequired
    # Instead of the limit on pages: each line is bounded, and so is their number. One more than will come, because a
    # stream that reached its limit cannot be asked whether it has ended.
    request.max_content_length = request.content_length + 1
    return read_lines(request.stream, request.content_length, longest=longest, most=most)


def sent_as(kinds: frozenset[str]) -> str:
    """The media type of the body.

    Raises:
        UnsupportedBody: it is none of `kinds`, or compressed.
    """
    if request.mimetype not in kinds:
        raise UnsupportedBody(f"send {' or '.join(sorted(kinds))}")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedBody("send UTF-8")
    # Unpacked, a small body may be a huge one.
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedBody("send it uncompressed")
    return request.mimetype


def answer(document: Any, status: int = 200, *, tag: str | None = None) -> Response:
    """JSON that no cache keeps. With `tag`, the state it stands for, a caller that knows it already is told so (304);
    RFC 9110 §13.1.2."""
    response = Response(json.dumps(document, ensure_ascii=False), status, NO_STORE, content_type=JSON)
    if tag is not None:
        response.set_etag(hashlib.sha256(tag.encode()).hexdigest()[:32])
        response.make_conditional(request)
    return response
