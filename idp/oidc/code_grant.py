"""`grant_type=authorization_code`. RFC 6749 §4.1.3, OpenID Connect Core §3.1.3, RFC 7636 §4.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.oidc import grants, pkce
from idp.oidc.binding import access_binding, refresh_binding
from idp.oidc.codes import CodeContent, Codes, handle_given
from idp.oidc.confirmation import Confirmation
from idp.oidc.errors import InvalidGrant, InvalidRequest
from idp.oidc.issue import Issue, registration
from idp.oidc.redeemable import is_redeemable
from idp.oidc.scopes import OFFLINE_ACCESS
from idp.randomness import Randomness
from idp.storage.database import Database

_OVER = "the link or the session has ended"


@dataclass(frozen=True, slots=True)
class CodeGrant:
    """Redeems authorization codes."""

    database: Database
    clock: Clock
    randomness: Randomness
    codes: Codes
    issue: Issue
    grant_lifetime: timedelta

    def __call__(self, client: RelyingParty, request: Mapping[str, str], proven: Confirmation) -> dict[str, Any]:
        """The token response; its tokens are bound to the keys that are `proven`.

        Raises:
            InvalidRequest: `code` is missing.
            InvalidGrant: spent, expired, another client's, or not proven; what a spent code gave is revoked.
        """
        code = request.get("code")
        if code is None:
            raise InvalidRequest("code is missing")
        bound_to = access_binding(registration(client), proven)
        handle = handle_given(client.id, code)
        content = self.codes.spend(client.id, code)
        if content is None:
            self._revoke(handle, client)
            raise InvalidGrant("code is not valid")
        now = self.clock.now()
        reason = why_not(content, request, now, proven.jkt)
        if reason is not None:
            raise InvalidGrant(reason)
        return self._tokens(client, content, handle, now, bound_to)

    def _tokens(
        self, client: RelyingParty, content: CodeContent, handle: str, now: datetime, bound_to: Confirmation
    ) -> dict[str, Any]:
        oidc, authorization = registration(client), content.authorization
        lasting = OFFLINE_ACCESS in authorization.scopes and "refresh_token" in oidc.grant_types
        refresh = None
        if lasting:
            refresh = self._start_grant(content, handle, now, refresh_binding(oidc, bound_to))
        else:
            self._check(content)
        token = self.issue.access_tokens.issue(oidc, authorization, handle if lasting else None, handle, bound_to)
        if token is None:
            # The code was presented again while we were at work: nobody gets anything.
            self._revoke(handle, client)
            raise InvalidGrant("code is not valid")
        id_token = self.issue.id_tokens.issue(oidc, authorization, nonce=content.nonce, access_token=token)
        return self.issue.response(token, id_token, authorization.scopes, refresh, bound_to)

    def _check(self, content: CodeContent) -> None:
        with self.database.reading() as connection:
            if not is_redeemable(connection, content):
                raise InvalidGrant(_OVER)

    def _start_grant(self, content: CodeContent, handle: str, now: datetime, bound_to: Confirmation) -> str:
        with self.database.each_alone() as connection:
            token = grants.start(connection, self.randomness, handle, content, now, self.grant_lifetime, bound_to)
        if token is None:
            raise InvalidGrant(_OVER)
        return token

    def _revoke(self, handle: str, client: RelyingParty) -> None:
        """End what a spent code gave: the order is token, then grant, and a redeemer at work checks them the other
        way round, so one of the two always sees the other."""
        self.issue.access_tokens.revoke(handle)
        with self.database.reading() as connection:
            # Whoever knows a public client's id may present invented codes: they cost a look, never a write lock.
            if not grants.is_alive(connection, handle):
                return
        now = self.clock.now()
        with self.database.transaction() as connection:
            if grants.revoke(connection, handle, "code_replayed", now):
                record(
                    connection,
                    Record(
                        now,
                        Action.GRANT_REVOKED,
                        client.id,
                        None,
                        client.agency.id,
                        client.id,
                        detail={"reason": "code_replayed"},
                    ),
                )


def why_not(content: CodeContent, request: Mapping[str, str], now: datetime, jkt: str | None = None) -> str | None:
    """Why a code may not be redeemed by this request, or None. Pure; who asks has been authenticated, and the store
    has matched the code to them. `jkt` is the key that this request proves (RFC 9449 §10)."""
    if now.timestamp() >= content.expires_at:
        return "code has expired"
    if content.jkt is not None and content.jkt != jkt:
        return "the code is bound to another key"
    if request.get("redirect_uri") != content.redirect_uri:
        return "redirect_uri differs from the authorization request"
    return _why_not_proven(content.code_challenge, request.get("code_verifier"))


def _why_not_proven(challenge: str | None, verifier: str | None) -> str | None:
    """RFC 7636 §4.6; RFC 9700 §4.8.2: a verifier without a challenge means that somebody took the challenge away."""
    if challenge is None:
        return None if verifier is None else "code_verifier comes without a code_challenge before it"
    if verifier is None:
        return "code_verifier is missing"
    return None if pkce.proves(verifier, challenge) else "code_verifier does not match"
