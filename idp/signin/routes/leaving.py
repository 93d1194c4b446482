"""What a member who is leaving sees when they sign in: that they are, until when, and the way back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from idp.crypto.digests import same
from idp.errors import NotFound
from idp.members.leave_later import NotLeaving, Stay
from idp.signin.desk import Considered, SignInDesk
from idp.signin.next_step import Ask, Page
from idp.signin.pending import Pending, PendingSignIns
from idp.signin.routes.login_page import allow_ending_of
from idp.web.browser import Browser, address
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """Shows it, and takes the member's word that they stay."""

    desk: SignInDesk
    pending: PendingSignIns
    browser: Browser
    member_stays: Stay

    def page(self, pending: Pending, considered: Considered) -> str:
        """Until when they may stay."""
        allow_ending_of(pending)
        return render_template(
            "signin/leaving.html",
            leaves_at=considered.standing.leaves_at if considered.standing is not None else None,
            form_action=url_for("signin.stay", pending_id=pending.id),
            shown_to=self.desk.sessions.handle(considered.session) if considered.session is not None else "",
        )

    def stay(self, pending_id: str) -> ResponseReturnValue:
        """Call the leaving off, and go on with the sign-in."""
        pending = self.pending.get(pending_id, self.browser.marked())
        considered = self.desk.look(pending, self.browser.session_cookie())
        session, here = considered.session, see_other(url_for("signin.show", pending_id=pending.id))
        asked = isinstance(considered.next, Ask) and considered.next.page is Page.LEAVING
        # Whoever signed in meanwhile, in another tab, has not read this page.
        if (
            session is None
            or not asked
            or not same(request.form.get("shown_to", ""), self.desk.sessions.handle(session))
        ):
            return here
        with suppress(NotFound, NotLeaving):
            self.member_stays(session.member_id, address=address(request))
        return here
