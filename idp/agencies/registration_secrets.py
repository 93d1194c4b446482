"""What a registration file says that is a secret of both sides: sealed beside the registration, never in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.agencies.registration_file import OidcEntry, SamlEntry
from idp.crypto.fields import FieldCipher

EVENTS_AUTHORIZATION = "relying_party.events_authorization"
PROVISIONING_SECRET = "relying_party.provisioning_secret"
_COLUMNS: Final = {
    "authorization_header": ("events_authorization", EVENTS_AUTHORIZATION),
    "provisioning_secret": ("provisioning_secret", PROVISIONING_SECRET),
}
"""By the name a diff shows: the column, and for what its value is sealed."""


def secrets_of(entry: OidcEntry | SamlEntry) -> Mapping[str, str | None]:
    """The secrets that an entry gives, by the name a diff shows."""
    return {
        "authorization_header": entry.events.authorization_header if entry.events else None,
        "provisioning_secret": entry.provisioning.secret if entry.provisioning else None,
    }


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
