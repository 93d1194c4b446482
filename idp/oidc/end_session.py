"""RP-initiated logout: reading what a relying party asks. OpenID Connect RP-Initiated Logout §2, §3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.oidc.engine import messages
from idp.oidc.id_token_hint import ReadHint
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signin.farewell import Onward


@dataclass(frozen=True, slots=True)
class LogoutQuestion:
    """Who asks (None where nobody believable does), where the browser goes afterwards, and whether the hint proves
    that the session at this browser is the one meant."""

    party: RelyingParty | None
    onward: Onward | None
    proven: bool


@dataclass(frozen=True, slots=True)
class ReadLogout:
    """Reads logout requests.

    Our own ID token is the only proof: without one the member is asked, since anybody can make a browser call this
    address (logout CSRF), and nobody is redirected anywhere (RP-Initiated Logout §3). `client_id` alone lets the page
    after signing out offer the way to an address of that client's, which the member may press. `logout_hint` names
    somebody and proves nothing, so it changes nothing.
    """

    catalogue: Catalogue
    read_hint: ReadHint
    sessions: Sessions

    def __call__(self, parameters: Mapping[str, str], session: Session | None) -> LogoutQuestion:
        """What is asked. Every doubt makes it a question without redirect, never an error that the browser carries."""
        token, client_id = parameters.get("id_token_hint"), parameters.get("client_id")
        if token is None:
            party = self.catalogue.client(client_id) if client_id is not None else None
            return LogoutQuestion(None, _onward(party, parameters, by_itself=False), proven=False)
        hint = self.read_hint(token)
        party = self.catalogue.client(str(hint.get("aud", ""))) if hint is not None else None
        if hint is None or party is None or party.oidc is None or client_id not in (None, party.oidc.client_id):
            return LogoutQuestion(None, None, proven=False)
        meant = session is None or hint.get("sid") == self.sessions.id_toward(session, party.id)
        return LogoutQuestion(party, _onward(party, parameters, by_itself=True), proven=meant)


def _onward(party: RelyingParty | None, parameters: Mapping[str, str], *, by_itself: bool) -> Onward | None:
    """The registered address with the caller's `state` on it, which is all that may be added."""
    if party is None or party.oidc is None:
        return None
    uri = party.oidc.post_logout_redirect_uri(parameters.get("post_logout_redirect_uri", ""))
    if uri is None:
        return None
    state = parameters.get("state")
    url = uri.value if state is None else messages.authorization_answer(uri.value, {"state": state})
    return Onward(url, party.name, by_itself)
