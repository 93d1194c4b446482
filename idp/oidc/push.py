"""Taking an authorization request from a relying party's server, before any browser carries it. RFC 9126 §2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.agencies.catalogue import Catalogue
from idp.agencies.oidc_registration import IMPLICIT, OidcRegistration
from idp.errors import TooManyAttempts
from idp.oidc import profile
from idp.oidc.answered_once import AnsweredOnce, Ticket
from idp.oidc.authorize import read, trusted
from idp.oidc.client_authentication import Client
from idp.oidc.errors import InvalidRequest, InvalidRequestObject, UnauthorizedClient, UntrustedRequest
from idp.oidc.id_token_hint import ReadHint
from idp.oidc.pushed import PushedRequests
from idp.oidc.request_object import ReadRequestObject
from idp.storage.expiring.protocol import ExpiringStore

_AUTHENTICATION = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
_SIGNING_IN = frozenset({"authorization_code", IMPLICIT})
_LONGEST = 24 * 1024
"""Characters of all that is kept of one request. What parameters may hold adds up to less; more would fill the store,
and in a public client's name anybody can push."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Push:
    """Weighs a request as the authorization endpoint would, and keeps it."""

    catalogue: Catalogue
    read_hint: ReadHint
    read_object: ReadRequestObject
    pushed: PushedRequests
    once: AnsweredOnce
    store: ExpiringStore
    per_minute: int
    public_per_minute: int

    def __call__(
        self, client: Client, form: Mapping[str, str], *, network: str, jkt: str | None = None
    ) -> dict[str, Any]:
        """`request_uri` and the seconds for which a sign-in may be begun with it.

        `network` stands for where the request came from; `jkt` is the thumbprint of the key that was proven with it.

        Raises:
            OAuthError: the authorization endpoint would refuse it.
            TooManyAttempts: this client pushed too many in this minute.
        """
        oidc = client.relying_party.oidc
        if oidc is None or _SIGNING_IN.isdisjoint(client.grant_types):
            raise UnauthorizedClient("this client signs nobody in")
        self._count(client, network if oidc.token_endpoint_auth_method == "none" else None)
        if "request_uri" in form:
            raise InvalidRequest("request_uri must not be pushed")
        asked, ticket = self._asked(client.relying_party.id, oidc, form)
        if jkt is not None and asked.setdefault("dpop_jkt", jkt) != jkt:
            raise InvalidRequest("dpop_jkt differs from the key of the DPoP proof")
        if sum(len(name) + len(value) for name, value in asked.items()) > _LONGEST:
            raise InvalidRequest("the request is too long")
        try:
            redirect = trusted(self.catalogue, asked)
        except UntrustedRequest as error:
            raise InvalidRequest(error.detail) from error
        read(redirect, asked, self.read_hint)
        # Last of all: a request that is refused for something else may be mended and sent once more.
        if ticket is not None and not self.once.spend(ticket):
            raise InvalidRequestObject("the request object was used before")
        request_uri = self.pushed.keep(client.relying_party.id, asked)
        return {"request_uri": request_uri, "expires_in": int(self.pushed.lifetime.total_seconds())}

    def _asked(
        self, relying_party_id: str, oidc: OidcRegistration, form: Mapping[str, str]
    ) -> tuple[dict[str, str], Ticket | None]:
        """The parameters that count, and what is spent with them. RFC 9126 §3."""
        if "request" in form:
            found = self.read_object(relying_party_id, oidc, form["request"])
            return dict(found.parameters), found.ticket
        if profile.of(oidc).signed_request_required:
            raise InvalidRequest("the request must be signed")
        asked = {name: value for name, value in form.items() if name not in _AUTHENTICATION}
        return {**asked, "client_id": oidc.client_id}, None

    def _count(self, client: Client, network: str | None) -> None:
        """`network`: of whoever did not prove to be the client, so that nobody uses up the share of all others."""
        most = self.per_minute if network is None else self.public_per_minute
        if self.store.increment(f"pushes:{client.relying_party.id}:{network or ''}", _MINUTE) > most:
            raise TooManyAttempts("pushed requests of the minute used up", retry_after=int(_MINUTE.total_seconds()))
