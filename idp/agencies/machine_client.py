"""How a relying party's server acts for itself, without any member: a client with scopes of its own kind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from idp.agencies.oidc_registration import AuthenticationMethod, ClientKeys, TlsSubject
from idp.crypto.digests import secret_digest

MACHINE_SCOPES: Final = (
    "ssf.manage",
    "ssf.read",
    "links.read",
    "links.manage",
    "roster.manage",
    "provisioning.manage",
)
"""What a machine client may be allowed. Never granted to a member's sign-in, as theirs are never granted here."""
CLIENT_CREDENTIALS: Final = "client_credentials"


@dataclass(frozen=True, slots=True)
class MachineClient:
    """A client that may use `client_credentials` (RFC 6749 §4.4)."""

    client_id: str
    secret_digests: tuple[str, ...] = field(repr=False)
    scopes: frozenset[str]
    token_endpoint_auth_method: AuthenticationMethod = "client_secret_basic"
    token_endpoint_auth_signing_alg: str | None = None
    keys: ClientKeys = field(default_factory=ClientKeys)
    tls_client_auth: TlsSubject | None = None
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False

    @property
    def credential(self) -> str:
        """Changes with whatever the client proves itself by, and does not tell it: tokens name the credential they were
        given for. Keys that the client hosts it changes itself, and means its tokens to live on."""
        if self.secret_digests:
            return secret_digest(":".join(self.secret_digests))
        subject, address = self.tls_client_auth, self.keys.jwks_uri
        proofs = [
            self.token_endpoint_auth_method,
            dict(self.keys.jwks or {}),
            address.value if address else None,
            [subject.kind, subject.value] if subject else None,
        ]
        return secret_digest(json.dumps(proofs, sort_keys=True))
