"""What a token stands for, told to a server that was given it. RFC 7662."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from idp.agencies.catalogue import Catalogue
from idp.clock import Clock, epoch_seconds
from idp.crypto.digests import same
from idp.oidc import access_tokens, grants, machine_tokens
from idp.oidc.access_token import AccessToken
from idp.oidc.access_tokens import presented
from idp.oidc.behind_token import look
from idp.oidc.client_authentication import Client
from idp.oidc.errors import InvalidClient, InvalidRequest
from idp.oidc.grants import Grant
from idp.oidc.handle import Handled
from idp.oidc.machine_tokens import MachineToken
from idp.storage.database import Database
from idp.storage.expiring.protocol import ExpiringStore

INACTIVE: Final[Mapping[str, Any]] = {"active": False}
"""Of whatever is not told: why is nobody's business. RFC 7662 §2.2."""
REFRESH_TOKEN: Final = "refresh_token"


@dataclass(frozen=True, slots=True)
class Introspect:
    """Tells a client of its own tokens, and of access tokens of every client of its agency: there the resource server
    that is handed them is often another system. One agency knows a member under one subject, so it learns nothing new.
    """

    issuer: str
    store: ExpiringStore
    database: Database
    clock: Clock
    catalogue: Catalogue
    idle: timedelta

    def __call__(self, client: Client, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The members of RFC 7662 §2.2; never a name or an account of the member.

        Raises:
            InvalidClient: the client proved nothing: whoever finds a token could ask what it is good for.
            InvalidRequest: `token` is missing.
        """
        if client.method == "none":
            raise InvalidClient("introspection needs client authentication")
        value = form.get("token")
        if value is None:
            raise InvalidRequest("token is missing")
        token = presented(value)
        if token is None:
            return INACTIVE
        if form.get("token_type_hint") == REFRESH_TOKEN:
            return self._of_grant(client, value) or self._of_store(client, token) or INACTIVE
        return self._of_store(client, token) or self._of_grant(client, value) or INACTIVE

    def _of_store(self, client: Client, token: Handled) -> Mapping[str, Any] | None:
        """One round trip for both kinds of access token; None where it is neither."""
        of_member, of_machine = self.store.get_many(
            access_tokens.key_of(token.handle), machine_tokens.key_of(token.handle)
        )
        access = AccessToken.opened(token, of_member)
        if access is not None:
            return self._access(client, token.handle, access)
        machine = MachineToken.opened(token, of_machine)
        return self._machine(client, machine) if machine is not None else None

    def _access(self, client: Client, handle: str, found: AccessToken) -> Mapping[str, Any]:
        authorization = found.authorization
        client_id = self._visible(client, authorization.relying_party_id)
        if client_id is None:
            return INACTIVE
        with self.database.reading() as connection:
            if look(connection, found) is None:
                return INACTIVE
        told: dict[str, Any] = {
            "active": True,
            "iss": self.issuer,
            "sub": authorization.subject,
            "aud": self.issuer,
            "client_id": client_id,
            "scope": " ".join(authorization.scopes),
            "token_type": found.bound_to.token_type,
            "iat": found.issued_at,
            "exp": found.expires_at,
            "jti": handle,
            "auth_time": authorization.auth_time,
            "acr": authorization.acr,
            "amr": list(authorization.amr),
        }
        return told | ({"cnf": found.bound_to.claim()} if found.bound_to else {})

    def _machine(self, client: Client, found: MachineToken) -> Mapping[str, Any]:
        party = self.catalogue.relying_party(found.relying_party_id)
        machine = party.machine if party is not None else None
        if party is None or machine is None or party.agency.id != client.relying_party.agency.id:
            return INACTIVE
        scopes = machine.scopes.intersection(found.scopes)
        registered = machine.client_id == found.client_id and same(machine.credential, found.credential)
        if not registered or not scopes:
            return INACTIVE
        told: dict[str, Any] = {
            "active": True,
            "iss": self.issuer,
            "sub": found.client_id,
            "aud": self.issuer,
            "client_id": found.client_id,
            "scope": " ".join(scope for scope in found.scopes if scope in scopes),
            "token_type": found.bound_to.token_type,
            "iat": found.issued_at,
            "exp": found.expires_at,
        }
        return told | ({"cnf": found.bound_to.claim()} if found.bound_to else {})

    def _of_grant(self, client: Client, value: str) -> Mapping[str, Any] | None:
        with self.database.reading() as connection:
            grant = grants.find(connection, value, self.clock.now(), self.idle)
        if grant is None or not grant.genuine:
            return None
        oidc = client.relying_party.oidc
        # A refresh token is between its client and us: no other server has any business with one.
        own = oidc is not None and oidc.client_id == client.client_id
        if not grant.live or not own or grant.relying_party_id != client.relying_party.id:
            return INACTIVE
        return self._refresh(client.client_id, grant)

    def _refresh(self, client_id: str, grant: Grant) -> Mapping[str, Any]:
        told: dict[str, Any] = {
            "active": True,
            "iss": self.issuer,
            "sub": grant.authorization.subject,
            "client_id": client_id,
            "scope": " ".join(grant.authorization.scopes),
            "exp": epoch_seconds(min(grant.ends_at, grant.used_at + self.idle)),
        }
        return told | ({"cnf": grant.bound_to.claim()} if grant.bound_to else {})

    def _visible(self, client: Client, relying_party_id: str) -> str | None:
        """Under which name the client of that relying party is told of, if it is."""
        party = self.catalogue.relying_party(relying_party_id)
        if party is None or party.oidc is None or party.agency.id != client.relying_party.agency.id:
            return None
        return party.oidc.client_id
