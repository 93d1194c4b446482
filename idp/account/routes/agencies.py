"""유관기관 목록 and 계정 연결 중단."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from idp.account.agency_list import Filters, agency_page
from idp.account.routes.frame import Frame
from idp.agencies.catalogue import Catalogue
from idp.crypto.digests import same
from idp.errors import NotFound
from idp.links import store as links
from idp.links.provisionings import progress
from idp.links.stop import StopLink
from idp.signals.catalogue import LinkReason
from idp.storage.database import Database
from idp.web.browser import address
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class AgencyPages:
    """The agencies and how the member stands with each."""

    frame: Frame
    database: Database
    catalogue: Catalogue
    stop_link: StopLink

    def show(self) -> ResponseReturnValue:
        """유관기관 목록 (requirements §4-3)."""
        visitor = self.frame.visitor("agencies")
        snapshot = self.catalogue.snapshot()
        filters = Filters(*(request.args.get(name, "")[:100].strip() for name in ("agency", "business_type", "q")))
        with self.database.reading() as connection:
            held = links.of_member(connection, visitor.session.member_id)
            accounts = progress(connection, visitor.session.member_id)
        rows, page, pages = agency_page(snapshot, held, filters, request.args.get("page", 1, type=int), accounts)
        kinds = sorted({kind for agency in snapshot.agencies.values() for kind in agency.business_types})
        return render_template(
            "account/agencies.html",
            rows=rows,
            page=page,
            pages=pages,
            filters=filters,
            agency_choices=[(agency.id, agency.name) for agency in snapshot.agencies.values()],
            business_type_choices=[(kind, kind) for kind in kinds],
        )

    def unlink(self, agency_id: str) -> ResponseReturnValue:
        """계정 연결 중단: first what it means, then the act."""
        visitor = self.frame.visitor("agencies")
        agency = self.catalogue.snapshot().agencies.get(agency_id)
        if agency is None:
            raise NotFound("no such agency")
        shown_to = self.frame.desk.sessions.handle(visitor.session)
        if request.method == "GET":
            return render_template(
                "account/unlink.html", agency_name=agency.name, form_action=request.path, shown_to=shown_to
            )
        if not same(request.form.get("shown_to", ""), shown_to):
            # Somebody else signed in meanwhile, in another tab; the question was put to whoever was here before.
            return see_other(request.path)
        stopped = self.stop_link(
            visitor.session.member_id, agency_id, reason=LinkReason.MEMBER_UNLINK, address=address(request)
        )
        return render_template("account/unlinked.html", agency_name=agency.name, receipt=stopped.receipt)
