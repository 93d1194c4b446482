"""Messages that are not delivered, and asking for messages again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from idp.agency_api.link_document import MOST
from idp.agency_api.refusals import BadBody, BadQuery
from idp.agency_api.replay import AskAgain
from idp.agency_api.routes.request_parts import answer, instant, json_body, limit, query
from idp.agency_api.undelivered import Undelivered
from idp.oidc.machine_callers import MachineCaller

MOST_IDS = 100
_JTI = re.compile(r"[A-Za-z0-9_-]{1,43}")


@dataclass(frozen=True, slots=True)
class EventDoor:
    """Reads and asks again."""

    undelivered: Undelivered
    again: AskAgain

    def every(self, caller: MachineCaller) -> Response:
        """`GET /events`."""
        said = query("delivered", "cursor", "limit")
        if said.get("delivered", "false") != "false":
            raise BadQuery("delivered is false here: what was delivered is yours already")
        found, more = self.undelivered(caller.relying_party.id, said.get("cursor"), limit(said, MOST))
        return answer({"events": found, "next_cursor": more})

    def replay(self, caller: MachineCaller) -> Response:
        """`POST /events/replay`."""
        query()
        said, key, party = json_body(), request.headers.get("Idempotency-Key"), caller.relying_party.id
        if not isinstance(said, dict) or len(said.keys() & {"jtis", "since"}) != 1:
            raise BadBody("name jtis, or since")
        if "jtis" in said:
            return answer(self.again.of_ids(party, key, _jtis(said)))
        since, delivered = said["since"], said.get("delivered", False)
        if not isinstance(since, str) or not isinstance(delivered, bool) or said.keys() - {"since", "delivered"}:
            raise BadBody("since is a time, delivered true or false")
        try:
            begin = instant(since, "since")
        except BadQuery as error:
            raise BadBody(error.detail) from error
        return answer(self.again.since(party, key, begin, delivered=delivered))


def _jtis(said: dict[str, Any]) -> list[str]:
    jtis = said["jtis"]
    if not isinstance(jtis, list) or not 1 <= len(jtis) <= MOST_IDS or len(said) > 1:
        raise BadBody(f"jtis is a list of 1 to {MOST_IDS} ids")
    if not all(isinstance(each, str) and _JTI.fullmatch(each) for each in jtis) or len(set(jtis)) != len(jtis):
        raise BadBody("a jti is none, or there twice")
    return jtis
