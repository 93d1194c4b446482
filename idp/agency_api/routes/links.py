"""Links: all of them, those that changed, one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Response

from idp.agency_api.link_document import MOST, Links, Page
from idp.agency_api.refusals import BadQuery
from idp.agency_api.routes.request_parts import answer, buckets, instant, limit, query
from idp.oidc.machine_callers import MachineCaller


@dataclass(frozen=True, slots=True)
class LinkDoor:
    """Reads."""

    links: Links

    def every(self, caller: MachineCaller) -> Response:
        """`GET /links`."""
        said = query("cursor", "limit", "changed_since", "bucket")
        size, cursor, party = limit(said, MOST), said.get("cursor"), caller.relying_party
        chosen, since = buckets(said.get("bucket")), said.get("changed_since")
        if since is None:
            return _page(self.links.everything(party, cursor, size, chosen))
        if chosen:
            raise BadQuery("bucket and changed_since do not go together")
        return _page(self.links.changed(party, instant(since, "changed_since"), cursor, size))

    def one(self, caller: MachineCaller, link_id: str) -> Response:
        """`GET /links/{link_id}`."""
        query()
        found = self.links.one(caller.relying_party, link_id)
        return answer(found, tag=json.dumps(found))


def _page(page: Page) -> Response:
    return answer({"links": page.links, "next_cursor": page.next_cursor, "changes_since": page.changes_since})
