"""Authenticating the caller of an endpoint for relying parties' servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.crypto.client_certificate import ClientCertificate
from idp.oidc.client_authentication.assertion import ClientAssertions
from idp.oidc.client_authentication.certificate import CertificateProof
from idp.oidc.client_authentication.client import Client, Registered, find
from idp.oidc.client_authentication.secret import basic, knows_secret
from idp.oidc.errors import InvalidClient, InvalidRequest

TOKEN_PATH = "/oidc/token"
_FAILED = "client authentication failed"


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Authenticates the caller of a back-channel endpoint."""

    catalogue: Catalogue
    assertions: ClientAssertions
    by_certificate: CertificateProof
    addresses: tuple[str, ...]
    """Where our endpoints are: the issuer, and the host for certificates where there is one."""

    def __call__(
        self,
        authorization: str | None,
        form: Mapping[str, str],
        *,
        path: str = TOKEN_PATH,
        certificate: ClientCertificate | None = None,
    ) -> Client:
        """The client, authenticated by the method it registered. RFC 6749 §2.3.

        `path` is of the endpoint that was called, after the issuer's own address; `certificate` what the connection
        showed.

        Raises:
            InvalidClient: unknown, not proven, or proven by another method than registered.
            InvalidRequest: two methods at once.
        """
        by_secret = "client_secret" in form
        by_assertion = "client_assertion" in form or "client_assertion_type" in form
        if (authorization is not None) + by_secret + by_assertion > 1:
            raise InvalidRequest("more than one client authentication method")
        if authorization is not None:
            client_id, secret = basic(authorization)
            if form.get("client_id", client_id) != client_id:
                raise InvalidClient("client_id differs from the authenticated client")
            return self._by_secret(client_id, secret, "client_secret_basic", certificate)
        if by_secret:
            return self._by_secret(form.get("client_id", ""), form["client_secret"], "client_secret_post", certificate)
        if by_assertion:
            audiences = {f"{address}{each}" for address in self.addresses for each in (TOKEN_PATH, path)}
            client, method = self.assertions(form, audiences, self._find)
            return _proven(client, method, certificate)
        return self._by_name(form.get("client_id", ""), certificate)

    def _find(self, client_id: str) -> Registered | None:
        return find(self.catalogue, client_id)

    def _by_secret(self, client_id: str, secret: str, method: str, certificate: ClientCertificate | None) -> Client:
        client = self._find(client_id)
        if not knows_secret(client, method, secret) or client is None:
            raise InvalidClient(_FAILED)
        return _proven(client, method, certificate)

    def _by_name(self, client_id: str, certificate: ClientCertificate | None) -> Client:
        """Who only says its name is public, or known by its connection. RFC 8705 §2."""
        client = self._find(client_id)
        method = None
        if client is not None and client.uses("none"):
            method = "none"
        elif client is not None and certificate is not None:
            method = self.by_certificate(client, certificate)
        if client is None or method is None:
            raise InvalidClient(_FAILED)
        return _proven(client, method, certificate)


def _proven(client: Registered, method: str, certificate: ClientCertificate | None) -> Client:
    return Client(client.relying_party, client.grant_types, client.client_id, method, certificate)
