"""What a client is told of its registration. RFC 7591 §3.2.1, RFC 7592 §3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.agencies.client_metadata import DEFAULTS, ClientMetadata, needs_secret


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client as it is registered, with what only it may know."""

    registration: Mapping[str, Any] = field(repr=False)
    issued_at: datetime
    access_token: str = field(repr=False)
    """The registration access token that is good from now on."""
    secret: str | None = field(default=None, repr=False)

    @property
    def client_id(self) -> str:
        client_id: str = self.registration["client_id"]
        return client_id

    def document(self, registration_endpoint: str) -> dict[str, Any]:
        """Everything registered, defaults included, and how to come back."""
        known = {**DEFAULTS, **self.registration}
        metadata = {name: known[name] for name in ClientMetadata.model_fields if known[name] is not None}
        method = known["token_endpoint_auth_method"]
        secret = {"client_secret": self.secret} if self.secret is not None else {}
        expiry = {"client_secret_expires_at": 0} if needs_secret(method) else {}
        return {
            "client_id": self.client_id,
            **secret,
            **expiry,
            "client_id_issued_at": int(self.issued_at.timestamp()),
            "registration_client_uri": f"{registration_endpoint}/{self.client_id}",
            "registration_access_token": self.access_token,
            **metadata,
        }
