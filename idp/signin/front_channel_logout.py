"""Relying parties that end their session in the member's own browser. OpenID Connect Front-Channel Logout 1.0."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.sessions.sessions import Sessions
from idp.sessions.sid import sid
from idp.signin.hearer import Hearer


def logout_frame(party: RelyingParty, issuer: str, session_sid: str) -> str | None:
    """The registered address with `iss` and `sid`, which we always tell, if there is one; its own query is kept. §3."""
    if party.oidc is None or party.oidc.frontchannel_logout_uri is None:
        return None
    uri = party.oidc.frontchannel_logout_uri.value
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': issuer, 'sid': session_sid})}"


@dataclass(frozen=True, slots=True)
class FrontChannels:
    """Those of one browser's session, where it ends with all others of its member and their servers are told of all."""

    catalogue: Catalogue
    sessions: Sessions
    issuer: str

    def __call__(self, session_cookie: str | None) -> tuple[Hearer, ...]:
        """Ask before the session ends."""
        session = self.sessions.unfinished(session_cookie)
        if session is None:
            return ()
        parties = self.catalogue.snapshot().relying_parties
        took_part = [parties[each] for each in sorted(self.sessions.participants(session)) if each in parties]
        framed = [(party, logout_frame(party, self.issuer, sid(session.id, party.id))) for party in took_part]
        return tuple(Hearer(party.id, party.name, None, frame) for party, frame in framed if frame is not None)
