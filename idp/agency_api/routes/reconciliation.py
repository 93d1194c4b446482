"""Finding where both sides differ, and confirming where they do not."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from idp.agency_api.confirm import Confirmed, ConfirmLinks
from idp.agency_api.difference import LINK_ID, Difference, Kind, differences, is_version, stated
from idp.agency_api.digest import BUCKET, EMPTY, Bucket, Digests, name_of
from idp.agency_api.link_document import MOST, state
from idp.agency_api.refusals import BadBody, BodyTooLarge
from idp.agency_api.routes.problems import NO_STORE
from idp.agency_api.routes.request_parts import JSON, LINES, answer, json_body, lines, query, sent_as
from idp.oidc.machine_callers import MachineCaller
from idp.storage.database import Database
from idp.web.browser import address

LONGEST_LINE = 1024
_NDJSON = "application/x-ndjson"
_IN_MEMORY = 1024 * 1024
_AT_ONCE = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReconciliationDoor:
    """Digests, differences, confirmations."""

    database: Database
    digests: Digests
    confirm: ConfirmLinks
    upload_lines: int

    def digest(self, caller: MachineCaller) -> Response:
        """`GET /links/digest`."""
        query()
        found, made_at = self.digests(caller.relying_party.agency.id)
        named = {name_of(number): {"count": each.count, "hash": each.hash} for number, each in enumerate(found)}
        return answer({"buckets": named, "as_of": made_at.replace("+00:00", "Z")}, tag=json.dumps(named))

    def compare(self, caller: MachineCaller) -> Response:
        """`POST /links/digest`: what is equal is confirmed."""
        query()
        differing, news = self.confirm.by_digest(caller, _their_buckets(json_body()), address=address(request))
        return answer({"differing": [name_of(number) for number in differing], "newly_confirmed": news})

    def confirmations(self, caller: MachineCaller) -> Response:
        """`POST /links/confirm`."""
        query()
        items = list(_items())
        if len(items) > MOST:
            raise BodyTooLarge(f"more than {MOST} links")
        versions: dict[str, int] = {}
        for item in items:
            link_id, version = _confirmed(item)
            versions[link_id] = max(version, versions.get(link_id, 0))
        return answer(_outcome(self.confirm(caller, versions, address=address(request))))

    def difference(self, caller: MachineCaller) -> Response:
        """`POST /links/diff`: the upload is read to its end first, so that a bad line is answered as such."""
        query()
        theirs = stated(lines(LONGEST_LINE, self.upload_lines))
        found = differences(self.database, caller.relying_party.agency.id, theirs)
        return _spooled(_as_lines(found))


def _spooled(lines: Iterable[bytes]) -> Response:
    """All of `lines`, made before the first is sent; on disk where they are many. A client that sends everything before
    it reads would otherwise wait for us, and we for it."""
    spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # closed with the response
    try:
        spool.writelines(lines)
    except BaseException:
        spool.close()
        raise
    length = spool.tell()
    spool.seek(0)
    if length <= _IN_MEMORY:
        with spool:
            return Response(spool.read(), 200, NO_STORE, content_type=_NDJSON)
    response = Response(iter(lambda: spool.read(_AT_ONCE), b""), 200, NO_STORE, content_type=_NDJSON)
    response.content_length = length
    response.call_on_close(spool.close)
    return response


def _as_lines(found: Iterable[Difference]) -> Iterator[bytes]:
    counts: Counter[str] = Counter({kind.value: 0 for kind in Kind})
    for each in found:
        counts[each.kind.value] += 1
        ours = None if each.ours is None else state(each.ours)
        yield json.dumps({"difference": each.kind.value, "link_id": each.link_id, "ours": ours}).encode() + b"\n"
    # Whoever finds no such line at the end knows that the answer was cut off.
    yield json.dumps({"summary": dict(counts)}).encode() + b"\n"


def _their_buckets(said: Any) -> Mapping[int, Bucket]:
    named = said.get("buckets") if isinstance(said, dict) else None
    if not isinstance(named, dict):
        raise BadBody("buckets is missing")
    found: dict[int, Bucket] = {}
    for name, bucket in named.items():
        if not BUCKET.fullmatch(name):
            raise BadBody("a bucket is called by two hexadecimal digits")
        count, digest = (bucket.get("count"), bucket.get("hash")) if isinstance(bucket, dict) else (None, None)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0 or not isinstance(digest, str):
            raise BadBody("each bucket has a count and a hash")
        found[int(name, 16)] = EMPTY if count == 0 else Bucket(count, digest.lower())
    return found


def _items() -> Iterator[Any]:
    if sent_as(LINES | {JSON}) == JSON:
        said = json_body()
        if not isinstance(said, list):
            raise BadBody("it is no array")
        yield from said
        return
    for line in lines(LONGEST_LINE, MOST):
        yield line.value()


def _confirmed(item: Any) -> tuple[str, int]:
    link_id, version = (item.get("link_id"), item.get("version")) if isinstance(item, dict) else (None, None)
    if not isinstance(link_id, str) or not LINK_ID.fullmatch(link_id) or not is_version(version):
        raise BadBody("each has a link_id and a version")
    return link_id, version


def _outcome(found: Confirmed) -> dict[str, Any]:
    return {
        "confirmed": found.current,
        "behind": [{"link_id": link_id, "version": version} for link_id, version in found.behind.items()],
        "ahead": list(found.ahead),
        "unknown": list(found.unknown),
    }
