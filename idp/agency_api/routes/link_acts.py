"""What an agency does to a link by its own server: end it, take that back, report the accounts behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from idp.agencies.relying_party import RelyingParty
from idp.agency_api.link_document import Links
from idp.agency_api.refusals import BadBody, UnknownLink
from idp.agency_api.routes.request_parts import answer, json_body, no_body, query
from idp.errors import NotFound
from idp.links.agency_side import AgencySide
from idp.links.report_accounts import ReportAccounts
from idp.links.state import LinkState, NoSuchStep
from idp.links.store import Link
from idp.oidc.machine_callers import MachineCaller
from idp.web.browser import address

MOST_ACCOUNTS = 100
LONGEST_REFERENCE = 200

Act = Callable[[RelyingParty, str], Link]


@dataclass(frozen=True, slots=True)
class LinkActDoor:
    """Each answers the link as it stands afterwards; asked twice, it is done once."""

    links: Links
    side: AgencySide
    report: ReportAccounts

    def unlink(self, caller: MachineCaller, link_id: str) -> Response:
        """`POST /links/{link_id}/unlink`."""
        query()
        no_body()
        return self._done(
            caller,
            link_id,
            LinkState.UNLINKED,
            lambda party, subject: self.side.unlink(party, subject, address=address(request)),
        )

    def relink(self, caller: MachineCaller, link_id: str) -> Response:
        """`POST /links/{link_id}/relink`."""
        query()
        no_body()
        return self._done(
            caller,
            link_id,
            LinkState.LINKED,
            lambda party, subject: self.side.relink(party, subject, address=address(request)),
        )

    def accounts(self, caller: MachineCaller, link_id: str) -> Response:
        """`PUT /links/{link_id}/accounts`."""
        query()
        references = _references(json_body())
        return self._done(
            caller,
            link_id,
            None,
            lambda party, subject: self.report(party, subject, references, address=address(request)),
        )

    def _done(self, caller: MachineCaller, link_id: str, already: LinkState | None, act: Act) -> Response:
        party = caller.relying_party
        found = self.links.one(party, link_id)
        try:
            act(party, found["subject"])
        except NoSuchStep:
            if self.links.one(party, link_id)["status"] != already:
                raise
        except NotFound as error:
            raise UnknownLink("link_id") from error
        return answer(self.links.one(party, link_id))


def _references(said: Any) -> list[str]:
    named = said.get("agency_accounts") if isinstance(said, dict) else None
    if not isinstance(named, list) or len(named) > MOST_ACCOUNTS or set(said) != {"agency_accounts"}:
        raise BadBody(f"agency_accounts is no list of up to {MOST_ACCOUNTS} ids")
    for each in named:
        if not isinstance(each, str) or not each.isprintable() or not 0 < len(each) <= LONGEST_REFERENCE:
            raise BadBody(f"an account's id has from 1 to {LONGEST_REFERENCE} printable characters")
    if len(set(named)) != len(named):
        raise BadBody("an account stands there twice")
    return named
