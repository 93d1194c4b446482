"""Which relying party calls, proven: `client_secret_basic` and `none`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from idp.agencies.catalogue import Catalogue
from idp.agencies.machine_client import CLIENT_CREDENTIALS
from idp.agencies.relying_party import RelyingParty
from idp.crypto.digests import same, secret_digest
from idp.oidc.errors import InvalidClient, InvalidRequest

_MACHINE_GRANTS = frozenset({CLIENT_CREDENTIALS})
_NOBODY = secret_digest("")


@dataclass(frozen=True, slots=True)
class Client:
    """Who called: one of a relying party's clients, with the grants that client registered."""

    relying_party: RelyingParty
    grant_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Authenticates the caller of a back-channel endpoint."""

    catalogue: Catalogue

    def __call__(self, authorization: str | None, form: Mapping[str, str]) -> Client:
        """The client, authenticated by the method it registered. RFC 6749 §2.3.

        Raises:
            InvalidClient: unknown, wrong secret, or another method than registered.
            InvalidRequest: two methods at once.
        """
        if authorization is not None:
            if "client_secret" in form:
                raise InvalidRequest("more than one client authentication method")
            client_id, secret = _basic(authorization)
            if form.get("client_id", client_id) != client_id:
                raise InvalidClient("client_id differs from the authenticated client")
            return self._confidential(client_id, secret)
        if "client_secret" in form:
            raise InvalidClient("client_secret_post is not registered for this client")
        return self._public(form.get("client_id"))

    def _confidential(self, client_id: str, secret: str) -> Client:
        client, known = self._registered(client_id)
        digest = secret_digest(secret)
        # An unknown client costs the same comparison as a known one.
        matches = [same(digest, each) for each in known or (_NOBODY,)]
        if client is None or not known or not any(matches):
            raise InvalidClient("client authentication failed")
        return client

    def _registered(self, client_id: str) -> tuple[Client | None, tuple[str, ...]]:
        """The confidential client of that id and the digests of its secrets."""
        party = self.catalogue.client(client_id)
        if party is not None and party.oidc is not None:
            return Client(party, party.oidc.grant_types), party.oidc.secret_digests
        party = self.catalogue.machine_client(client_id)
        if party is not None and party.machine is not None:
            return Client(party, _MACHINE_GRANTS), party.machine.secret_digests
        return None, ()

    def _public(self, client_id: str | None) -> Client:
        party = self.catalogue.client(client_id) if client_id is not None else None
        if party is None or party.oidc is None or party.oidc.token_endpoint_auth_method != "none":
            raise InvalidClient("client authentication failed")
        return Client(party, party.oidc.grant_types)


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret, each form-decoded after splitting. RFC 6749 §2.3.1.

    Raises:
        InvalidClient: the header is not Basic or not decodable.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("unsupported authorization scheme")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        client_id, separator, secret = pair.partition(":")
        decoded = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:  # not base64, not ASCII or not UTF-8
        raise InvalidClient("malformed authorization header") from None
    if not separator:
        raise InvalidClient("malformed authorization header")
    return decoded
