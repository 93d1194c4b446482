"""What is kept of an entry's tables: its stream, its machine client, how accounts are made."""

from __future__ import annotations

from typing import Any

from idp.agencies.registration_file import OidcEntry, SamlEntry
from idp.crypto.digests import secret_digest
from idp.errors import ConfigurationError
from idp.signals.catalogue import EventType


def events_values(entry: OidcEntry | SamlEntry) -> dict[str, Any] | None:
    """Its stream, without the header, which is sealed."""
    if entry.events is None:
        return None
    return {
        **entry.events.model_dump(mode="json", exclude={"authorization_header"}),
        "delivery": entry.events.delivered_by,
    }


def machine_values(entry: OidcEntry | SamlEntry) -> dict[str, Any] | None:
    """Its machine client, with digests in the place of secrets."""
    given = entry.machine_client
    if given is None:
        return None
    client_id = given.client_id or f"{entry.id}-machine"
    kept = {"client_id": client_id, "secret_digests": [secret_digest(each) for each in given.secrets]}
    # Only what is said: what was registered before there was more than a secret stays as it is.
    said = given.model_dump(mode="json", exclude={"client_secret", "previous_client_secret"}, exclude_defaults=True)
    return {**said, **kept}


def provisioning_values(entry: OidcEntry | SamlEntry) -> dict[str, Any]:
    """Nothing where nothing is said: what was registered before there was provisioning stays as it is.

    Raises:
        ConfigurationError: what the mode needs is not registered.
    """
    if entry.provisioning is None:
        return {}
    events = entry.events
    heard = (
        events is not None
        and not events.standard_events_only
        and EventType.ACCOUNT_LINK_CHANGED in events.events_requested
    )
    if entry.provisioning.mode == "event" and not heard:
        raise ConfigurationError(f"{entry.id}: provisioning by event needs events that request account-link-changed")
    return {
        "provisioning": entry.provisioning.model_dump(mode="json", exclude={"scim_token", "scim_client_secret"}),
    }
