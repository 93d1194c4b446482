"""What every one of the pages shares: who is there, whether they proved it lately, how long they have left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask.typing import ResponseReturnValue

from idp.account.routes.whose_page import made_for
from idp.clock import Clock
from idp.errors import NotSignedIn
from idp.sessions.assurance import acr_name, assurance
from idp.signin.desk import SignInDesk
from idp.signin.pending import Pending
from idp.signin.request import SignInRequest
from idp.signin.visitor import Visitor, Visitors
from idp.web.browser import Browser
from idp.web.redirects import see_other

ANSWER_PATH = "/account/answer"
PAGES = {
    "profile": "/account/",
    "edit": "/account/profile",
    "password": "/account/password",
    "agencies": "/account/agencies",
    "certificates": "/account/certificates",
    "second_step": "/account/second-step",
    "consents": "/account/consents",
    "history": "/account/history",
    "withdraw": "/account/withdraw",
}
"""Where one goes on after signing in, by the word that is kept meanwhile."""
LATELY = timedelta(minutes=5)
"""How long a proof of who is there is good for changing something about them (REQ-70)."""


class SignInNeeded(NotSignedIn):
    """Nobody is there, or must prove it again; `page` is where they go on."""

    code = "sign_in_needed"

    def __init__(self, page: str, *, again: bool = False, level: int = 1) -> None:
        super().__init__(page)
        self.page = page
        self.again = again
        self.level = level


@dataclass(frozen=True, slots=True)
class Frame:
    """Finds the visitor, sends them to sign in and on."""

    clock: Clock
    desk: SignInDesk
    visitors: Visitors
    browser: Browser

    def visitor(self, page: str) -> Visitor:
        """Who is there.

        Raises:
            SignInNeeded: nobody is.
        """
        visitor = self.visitors.find(self.browser.session_cookie())
        if visitor is None:
            raise SignInNeeded(page)
        made_for(visitor)
        return visitor

    def proven(self, page: str, *, level: int = 1) -> Visitor:
        """Who is there and proved it lately, as strongly as `level`.

        Raises:
            SignInNeeded: nobody is, or they must prove it again.
        """
        visitor = self.visitor(page)
        if not self.has_proven(visitor, level):
            raise SignInNeeded(page, again=True, level=level)
        return visitor

    def has_proven(self, visitor: Visitor, level: int = 1) -> bool:
        """Whether this visitor proved it lately, as strongly as `level`."""
        reached = assurance(visitor.session.authentications, self.clock.now() - LATELY)
        return reached is not None and reached.level >= level

    def sign_in(self, needed: SignInNeeded) -> ResponseReturnValue:
        """To the sign-in page, or on where nothing need be asked any more."""
        question = SignInRequest(
            None,
            ANSWER_PATH,
            must_reauthenticate=needed.again,
            acr_values=(acr_name(needed.level),) if needed.level > 1 else (),
            acr_essential=needed.level > 1,
            protocol_state={"page": needed.page},
        )
        begun = self.desk.begin(question, self.browser.session_cookie(), self.browser.mark)
        return see_other(f"/signin/{begun.id}" if isinstance(begun, Pending) else PAGES[needed.page])

    def answer(self, pending_id: str) -> ResponseReturnValue:
        """Back from signing in, to the page that was asked for."""
        collected = self.desk.collect(
            pending_id, self.browser.marked(), self.browser.session_cookie(), answer_path=ANSWER_PATH
        )
        if isinstance(collected, Pending):
            return see_other(f"/signin/{collected.id}")
        question, _outcome = collected
        return see_other(PAGES.get(question.protocol_state["page"], PAGES["profile"]))
