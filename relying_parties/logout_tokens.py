"""Back-channel logout: the provider tells our server that a session is over. OpenID Back-Channel Logout 1.0."""

from __future__ import annotations

from dataclasses import dataclass

from relying_parties.published_keys import PublishedKeys, UnknownKey
from relying_parties.records import Records
from relying_parties.signed_tokens import NotAToken, NotVerified, read

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_CLOCK_SKEW = 120


class NotALogout(Exception):
    """The logout token is not acceptable; the reason may go back to the provider."""


@dataclass(frozen=True)
class LogoutReceiver:
    """Ends the sessions a logout token names."""

    issuer: str
    client_id: str
    keys: PublishedKeys
    records: Records

    def __call__(self, token: str) -> int:
        """How many sessions ended. A token that comes twice finds nothing left to end. §2.6.

        Raises:
            NotALogout: 400 and why.
            KeysUnavailable: we cannot tell now.
        """
        try:
            # Providers from before the explicit type send JWT or nothing; what follows tells the tokens apart too.
            claims = read(token, self.keys, types=("logout+jwt", "JWT", None))
        except (UnicodeEncodeError, NotAToken, NotVerified, UnknownKey) as error:
            raise NotALogout("not a logout token by our provider") from error
        audience = claims.get("aud")
        if claims.get("iss") != self.issuer or self.client_id not in (
            audience if isinstance(audience, list) else [audience]
        ):
            raise NotALogout("iss or aud is another")
        if not isinstance(claims.get("events"), dict) or claims["events"].get(_EVENT) != {} or "nonce" in claims:
            raise NotALogout("not a back-channel logout")  # a nonce would make it an ID token
        expires, issued = claims.get("exp"), claims.get("iat")
        now = self.records.now()
        if not isinstance(expires, (int, float)) or expires < now - _CLOCK_SKEW:
            raise NotALogout("expired")
        if not isinstance(issued, (int, float)) or issued > now + _CLOCK_SKEW:
            raise NotALogout("issued in the future")
        sid, subject = claims.get("sid"), claims.get("sub")
        if not isinstance(sid, str) and not isinstance(subject, str):
            raise NotALogout("names neither sid nor sub")
        return self.records.end_sessions(
            self.issuer,
            sid=sid if isinstance(sid, str) else None,
            subject=subject if isinstance(subject, str) else None,
        )
