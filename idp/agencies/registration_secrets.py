"""What a registration says that is a secret of both sides: sealed beside the registration, never in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.registration_file import OidcEntry, SamlEntry
from idp.crypto.fields import FieldCipher

EVENTS_AUTHORIZATION = "relying_party.events_authorization"
PROVISIONING_SECRET = "relying_party.provisioning_secret"
CLIENT_SECRET = "relying_party.client_secret"
_COLUMNS: Final = {
    "authorization_header": ("events_authorization", EVENTS_AUTHORIZATION),
    "provisioning_secret": ("provisioning_secret", PROVISIONING_SECRET),
    "client_secret": ("client_secret", CLIENT_SECRET),
}
"""By the name a diff shows: the column, and for what its value is sealed."""


def secrets_of(entry: OidcEntry | SamlEntry) -> Mapping[str, str | None]:
    """The secrets of `entry` that we must be able to read again, by the name a diff shows."""
    return {
        "authorization_header": entry.events.authorization_header if entry.events else None,
        "provisioning_secret": entry.provisioning.secret if entry.provisioning else None,
        "client_secret": recoverable(entry.token_endpoint_auth_method, entry.secrets)
        if isinstance(entry, OidcEntry)
        else None,
    }


def recoverable(method: str, secrets: tuple[str, ...]) -> str | None:
    """What is to be sealed of a client's secrets: only `client_secret_jwt` needs more than their digests.

    OpenID Connect Core §9: the secret itself is the key of the HMAC.
    """
    return "\n".join(secrets) if method == "client_secret_jwt" else None


@dataclass(frozen=True, slots=True)
class ClientSecrets:
    """Opens the secrets of a client that signs with them."""

    cipher: FieldCipher

    def __call__(self, client: OidcRegistration) -> tuple[str, ...]:
        """The secrets that are good, the newest first; none where only digests are kept.

        Raises:
            Undecipherable: the key that sealed them is gone.
        """
        if client.sealed_secret is None:
            return ()
        return tuple(self.cipher.open_secret(CLIENT_SECRET, client.sealed_secret).decode().split("\n"))


@dataclass(frozen=True, slots=True)
class RegistrationSecrets:
    """Seals what an entry gives, and tells what differs from what is kept."""

    cipher: FieldCipher

    def changed(self, entry: OidcEntry | SamlEntry, kept: Mapping[str, Any] | None) -> tuple[str, ...]:
        """The names of the secrets that are not those of the row `kept`."""
        given = secrets_of(entry)
        return tuple(name for name in _COLUMNS if given[name] != self._kept(name, kept))

    def sealed(self, entry: OidcEntry | SamlEntry) -> dict[str, bytes | None]:
        """The values of their columns."""
        given = secrets_of(entry)
        return {
            column: self.cipher.seal_secret(purpose, secret.encode()) if (secret := given[name]) else None
            for name, (column, purpose) in _COLUMNS.items()
        }

    def _kept(self, name: str, kept: Mapping[str, Any] | None) -> str | None:
        column, purpose = _COLUMNS[name]
        sealed = kept[column] if kept else None
        return self.cipher.open_secret(purpose, sealed).decode() if sealed else None
