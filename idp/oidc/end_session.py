"""RP-initiated logout: reading what a relying party asks. OpenID Connect RP-Initiated Logout §2, §3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.agencies.registered_url import RegisteredUrl
from idp.agencies.relying_party import RelyingParty
from idp.oidc.engine import messages
from idp.oidc.id_token_hint import ReadHint
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions


@dataclass(frozen=True, slots=True)
class LogoutQuestion:
    """Who asks (None where nobody believable does), where the browser goes afterwards, and whether the hint proves
    that the session at this browser is the one meant."""

    party: RelyingParty | None
    continues_at: RegisteredUrl | None
    proven: bool


@dataclass(frozen=True, slots=True)
class ReadLogout:
    """Reads logout requests. Our own ID token is the only proof: without one the member is asked, since anybody can
    make a browser call this address (logout CSRF), and nobody is redirected anywhere."""

    catalogue: Catalogue
    read_hint: ReadHint
    sessions: Sessions

    def __call__(self, parameters: Mapping[str, str], session: Session | None) -> LogoutQuestion:
        """What is asked. Every doubt makes it a question without redirect, never an error that the browser carries."""
        token = parameters.get("id_token_hint")
        hint = self.read_hint(token) if token is not None else None
        party = self.catalogue.client(str(hint.get("aud", ""))) if hint is not None else None
        client_id = parameters.get("client_id")
        if hint is None or party is None or party.oidc is None or client_id not in (None, party.oidc.client_id):
            return LogoutQuestion(None, None, proven=False)
        uri = party.oidc.post_logout_redirect_uri(parameters.get("post_logout_redirect_uri", ""))
        meant = session is None or hint.get("sid") == self.sessions.id_toward(session, party.id)
        return LogoutQuestion(party, _with_state(uri, parameters.get("state")), proven=meant)


def _with_state(uri: RegisteredUrl | None, state: str | None) -> RegisteredUrl | None:
    """The registered address with the caller's `state` on it, which is all that may be added."""
    if uri is None or state is None:
        return uri
    return RegisteredUrl(messages.authorization_answer(uri.value, {"state": state}))
