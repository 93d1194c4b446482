"""Ending a token at its client's wish. RFC 7009."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.oidc import access_tokens, grants, machine_tokens
from idp.oidc.access_token import AccessToken
from idp.oidc.access_tokens import AccessTokens, presented
from idp.oidc.client_authentication import Client
from idp.oidc.errors import InvalidRequest
from idp.oidc.handle import Handled
from idp.oidc.machine_tokens import MachineToken, MachineTokens
from idp.storage.database import Database
from idp.storage.expiring.protocol import ExpiringStore

_REASON = "revoked_by_client"


@dataclass(frozen=True, slots=True)
class Revoke:
    """Ends a client's own tokens. Of what is another's, unknown or dead already nothing is said: the client has what it
    wants, and nobody learns whose a found token is (RFC 7009 §2.2)."""

    store: ExpiringStore
    database: Database
    clock: Clock
    access_tokens: AccessTokens
    machine_tokens: MachineTokens
    idle: timedelta

    def __call__(self, client: Client, form: Mapping[str, str]) -> None:
        """Return once the token is dead. A refresh token takes its family and their access tokens with it; an access
        token goes alone.

        Raises:
            InvalidRequest: `token` is missing.
        """
        value = form.get("token")
        if value is None:
            raise InvalidRequest("token is missing")
        token = presented(value)
        # The hint is not needed to find it (RFC 7009 §2.1), and a wrong one must not hide it.
        if token is not None and not self._in_store(client, token):
            self._family(client, value)

    def _in_store(self, client: Client, token: Handled) -> bool:
        """Whether it is an access token; then it is dead if it was the client's own."""
        of_member, of_machine = self.store.get_many(
            access_tokens.key_of(token.handle), machine_tokens.key_of(token.handle)
        )
        access = AccessToken.opened(token, of_member)
        if access is not None:
            if self._is_own(client, access.authorization.relying_party_id):
                self.access_tokens.revoke(token.handle)
                self._write_down(client, Action.TOKEN_REVOKED)
            return True
        machine = MachineToken.opened(token, of_machine)
        if machine is not None and machine.client_id == client.client_id:
            self.machine_tokens.revoke(token.handle)
            self._write_down(client, Action.TOKEN_REVOKED)
        return machine is not None

    def _family(self, client: Client, value: str) -> None:
        now = self.clock.now()
        with self.database.reading() as connection:
            grant = grants.find(connection, value, now, self.idle)
        # Handles are no secret, so a token under a right one must be the family's, now or a moment ago.
        if (
            grant is None
            or not (grant.genuine or grant.replaced_at)
            or not self._is_own(client, grant.relying_party_id)
        ):
            return
        with self.database.transaction() as connection:
            if grants.revoke(connection, grant.id, _REASON, now):
                record(connection, _of(client, Action.GRANT_REVOKED, now))

    def _write_down(self, client: Client, action: Action) -> None:
        now = self.clock.now()
        with self.database.transaction() as connection:
            record(connection, _of(client, action, now))

    def _is_own(self, client: Client, relying_party_id: str) -> bool:
        """Whether what that relying party's members gave is this client's: its machine client signs nobody in."""
        oidc = client.relying_party.oidc
        return oidc is not None and oidc.client_id == client.client_id and client.relying_party.id == relying_party_id


def _of(client: Client, action: Action, now: datetime) -> Record:
    party = client.relying_party
    return Record(now, action, party.id, None, party.agency.id, party.id, detail={"reason": _REASON})
