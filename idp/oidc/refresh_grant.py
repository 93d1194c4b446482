"""`grant_type=refresh_token`. RFC 6749 §6, OpenID Connect Core §12, RFC 9700 §4.14."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.oidc import grants
from idp.oidc.binding import access_binding, check_refresh_key
from idp.oidc.confirmation import Confirmation
from idp.oidc.errors import InvalidGrant, InvalidRequest, InvalidScope
from idp.oidc.grants import USED_RESOLUTION, Grant
from idp.oidc.issue import Issue, registration
from idp.oidc.refresh_policy import is_forgiven, only_its_clients, rotates
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class RefreshGrant:
    """Renews tokens."""

    database: Database
    clock: Clock
    digester: Digester
    issue: Issue
    idle: timedelta

    def __call__(self, client: RelyingParty, request: Mapping[str, str], proven: Confirmation) -> dict[str, Any]:
        """The token response; its access token is bound to the keys that are `proven`.

        Raises:
            InvalidRequest: `refresh_token` is missing.
            InvalidScope: more is asked for than was granted.
            InvalidGrant: unknown, ended, another client's or key's, or used before; the last ends its family.
        """
        presented = request.get("refresh_token")
        if presented is None:
            raise InvalidRequest("refresh_token is missing")
        oidc = registration(client)
        now = self.clock.now()
        with self.database.reading() as connection:
            grant = grants.find(connection, presented, now, self.idle)
        if grant is None or grant.relying_party_id != client.id or not grant.live:
            raise InvalidGrant("refresh_token is not valid")
        check_refresh_key(grant.bound_to, proven)
        bound_to = access_binding(oidc, proven)
        authorization = replace(grant.authorization, scopes=_scopes(request.get("scope"), grant))
        refresh = self._renewed(oidc, grant, presented, now)
        if refresh is None:
            self._end_family(client, grant, now)
            raise InvalidGrant("refresh_token is not valid")
        token = self.issue.access_tokens.issue(oidc, authorization, grant.id, bound_to=bound_to)
        if token is None:
            raise InvalidGrant("refresh_token is not valid")
        id_token = self.issue.id_tokens.issue(oidc, authorization, nonce=None, access_token=token)
        return self.issue.response(token, id_token, authorization.scopes, refresh, bound_to)

    def _renewed(self, oidc: OidcRegistration, grant: Grant, presented: str, now: datetime) -> str | None:
        """The refresh token to answer with, or None where the presented one was used before."""
        renewed = grants.next_token(self.digester, presented)
        if not grant.genuine:
            return renewed if is_forgiven(oidc, grant, now) else None
        if not rotates(oidc, grant):
            if now - grant.used_at >= USED_RESOLUTION:
                with self.database.transaction() as connection:
                    grants.touch(connection, grant.id, now)
            return presented
        if renewed is None:
            return None
        with self.database.transaction() as connection:
            first = grants.rotate(connection, presented, renewed, now)
        # Who asked twice at once gets the same twice, where only the client can have asked.
        return renewed if first or only_its_clients(oidc, grant) else None

    def _end_family(self, client: RelyingParty, grant: Grant, now: datetime) -> None:
        with self.database.transaction() as connection:
            if grants.revoke(connection, grant.id, "refresh_token_reused", now):
                record(
                    connection,
                    Record(
                        now,
                        Action.GRANT_REVOKED,
                        client.id,
                        None,
                        client.agency.id,
                        client.id,
                        detail={"reason": "refresh_token_reused"},
                    ),
                )


def _scopes(requested: str | None, grant: Grant) -> tuple[str, ...]:
    """The scopes of the new token. RFC 6749 §6: never more than was granted."""
    if requested is None:
        return grant.authorization.scopes
    wanted = tuple(requested.split())
    if not wanted or not set(wanted) <= set(grant.authorization.scopes):
        raise InvalidScope("scope exceeds what was granted")
    return wanted
