"""What registration files may not say, though each key alone could stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from idp.agencies.machine_client import CLIENT_CREDENTIALS, MACHINE_SCOPES
from idp.agencies.registration_file import AgencyEntry, OidcEntry
from idp.errors import ConfigurationError


def refuse_repetition(entries: Iterable[AgencyEntry]) -> None:
    """Raises ConfigurationError where an id is given twice: which of the two did the operator mean?"""
    agencies = [entry.id for entry in entries]
    parties = [party.id for entry in entries for party in entry.relying_party]
    for what, ids in (("agency", agencies), ("relying party", parties)):
        twice = sorted(each for each, count in Counter(ids).items() if count > 1)
        if twice:
            raise ConfigurationError(f"{what} {', '.join(twice)}: given more than once")


def refuse_what_registered_itself(entries: Iterable[AgencyEntry], themselves: Collection[str]) -> None:
    """Raises ConfigurationError where a file and a client would each say what the client is."""
    for party in (party for entry in entries for party in entry.relying_party):
        if party.id in themselves:
            raise ConfigurationError(f"{party.id}: registered itself, and is not a file's to change")


def refuse_shared_client_ids(registrations: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises ConfigurationError where one client_id would name two clients, of whatever kind."""
    named: dict[str, str] = {}
    for party_id, kept in registrations.items():
        for given in (kept, kept.get("machine_client") or {}):
            client_id = given.get("client_id")
            if client_id is not None and client_id in named:
                raise ConfigurationError(f"{party_id}: {named[client_id]} has a client {client_id!r} already")
            if client_id is not None:
                named[client_id] = party_id


def refuse_half_a_machine(entry: OidcEntry) -> None:
    """Raises ConfigurationError where the client that signs members in is half a machine client, or a second one."""
    grants = CLIENT_CREDENTIALS in entry.grant_types
    if grants != bool(set(entry.scope.split()).intersection(MACHINE_SCOPES)):
        raise ConfigurationError(
            f"{entry.id}: grant type {CLIENT_CREDENTIALS} goes with one of the scopes {' '.join(MACHINE_SCOPES)}"
        )
    if grants and (entry.token_endpoint_auth_method == "none" or entry.machine_client is not None):
        raise ConfigurationError(
            f"{entry.id}: grant type {CLIENT_CREDENTIALS} needs a client that proves itself and no machine_client"
        )
