"""The door: our metadata, where AuthnRequests come in, and where the answer of a sign-in is collected."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp.saml.conclude import Conclude, PostForm
from idp.saml.idp_metadata import IdpMetadata
from idp.saml.question import ANSWER_PATH, question
from idp.saml.receive_request import ReceiveRequest
from idp.saml.why_not import why_not_answered
from idp.signin.desk import SignInDesk
from idp.signin.pending import Pending
from idp.web import auto_post
from idp.web.browser import Browser, address
from idp.web.get_only import get_only
from idp.web.redirects import see_other
from idp.web.translations import speak_as_asked


@dataclass(frozen=True, slots=True)
class SamlDoor:
    """What service providers and their browsers call."""

    receive: ReceiveRequest
    desk: SignInDesk
    conclude: Conclude
    metadata: IdpMetadata
    browser: Browser

    def blueprint(self) -> Blueprint:
        """Under `/saml`."""
        doors = Blueprint("saml", __name__, url_prefix="/saml")
        doors.add_url_rule("/metadata", view_func=self.show_metadata)
        doors.add_url_rule("/sso", view_func=self.single_sign_on)
        doors.add_url_rule(ANSWER_PATH.removeprefix("/saml") + "/<pending_id>", view_func=self.collect)
        get_only(doors, but="show_metadata")
        return doors

    def show_metadata(self) -> ResponseReturnValue:
        """Our EntityDescriptor. Metadata §4.1."""
        return Response(
            self.metadata(),
            content_type="application/samlmetadata+xml",
            headers={"Cache-Control": "public, max-age=300"},
        )

    def single_sign_on(self) -> ResponseReturnValue:
        """An AuthnRequest by HTTP-Redirect. Profiles §4.1.3, bindings §3.4."""
        received = self.receive(request.query_string)
        why = why_not_answered(received.request, received.registration.provider)
        if why is not None:
            return _posted(self.conclude.refuse(received, why))
        asked = question(received)
        begun = self.desk.begin(asked, self.browser.session_cookie(), self.browser.mark)
        if isinstance(begun, Pending):
            pages = see_other(f"/signin/{begun.id}")
            # What an OpenID Connect relying party asked for before was for its own pages.
            speak_as_asked(pages, None)
            return pages
        return _posted(self.conclude(asked, begun, address(request)))

    def collect(self, pending_id: str) -> ResponseReturnValue:
        """The answer of a sign-in that took pages."""
        collected = self.desk.collect(
            pending_id, self.browser.marked(), self.browser.session_cookie(), answer_path=ANSWER_PATH
        )
        if isinstance(collected, Pending):
            return see_other(f"/signin/{collected.id}")
        asked, outcome = collected
        return _posted(self.conclude(asked, outcome, address(request)))


def _posted(form: PostForm) -> Response:
    return auto_post(form.consumer.url.value, form.fields, form.target_name)
