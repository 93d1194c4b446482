"""Applying registration files: compare, show, write what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from idp.agencies import parse, store
from idp.agencies.client_metadata import DEFAULTS, needs_secret
from idp.agencies.entry_values import events_values, machine_values, provisioning_values
from idp.agencies.hosted_documents import HostedDocuments
from idp.agencies.kept_client import kept_client
from idp.agencies.logo import Logo
from idp.agencies.refusals import (
    refuse_half_a_machine,
    refuse_repetition,
    refuse_shared_client_ids,
    refuse_what_registered_itself,
)
from idp.agencies.registration_file import AgencyEntry, OidcEntry, SamlEntry
from idp.agencies.registration_secrets import RegistrationSecrets, secrets_of
from idp.agencies.relying_party import Agency
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.crypto.fields import FieldCipher
from idp.errors import ConfigurationError
from idp.storage.database import Database

_HOSTED = ("redirect_uris", "sector_identifier_uri", "logo_uri")
_DEMO_SECRETS = ("demo-", "Bearer demo-")


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the diff: what would be, or was, added or changed."""

    kind: str
    what: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """What is the same for every relying party of one application."""

    connection: Connection
    folder: Path
    actor: str
    now: datetime
    hosted: Mapping[str, Logo | None]

    def logo(self, party_id: str, kept: Mapping[str, Any] | None) -> str | None:
        """The digest of its logo: of the one just read, or of the one that is kept."""
        if party_id in self.hosted:
            logo = self.hosted[party_id]
            return None if logo is None else logo.digest
        return None if kept is None else kept["registration"].get("logo")


class _Rehearsed(Exception):  # not an error: it undoes the transaction of a dry run
    def __init__(self, changes: list[Change]) -> None:
        super().__init__("dry run")
        self.changes = changes


class ServiceProviderMetadata(Protocol):
    """Reads SAML metadata; supplied from above, since this room speaks no SAML."""

    def __call__(self, entry: SamlEntry, folder: Path) -> tuple[str, str]:
        """The metadata text that `entry` names and the entityID in it.

        Raises:
            ConfigurationError: it cannot be had or used.
        """
        ...


@dataclass(frozen=True, slots=True)
class ApplyRegistrations:
    """Adds and changes what the files name. It removes nothing: a line lost from a file must not cut members off."""

    database: Database
    clock: Clock
    cipher: FieldCipher
    metadata: ServiceProviderMetadata
    hosted: HostedDocuments
    production: bool

    def __call__(
        self, entries: Iterable[AgencyEntry], folder: Path, *, actor: str, dry_run: bool = False
    ) -> list[Change]:
        """Apply `entries`; what differed. Applying twice changes nothing the second time.

        Raises:
            ConfigurationError: an entry cannot be used; nothing was written.
        """
        try:
            return self._apply(entries, folder, actor, dry_run=dry_run)
        except _Rehearsed as rehearsed:
            return rehearsed.changes

    def _apply(self, entries: Iterable[AgencyEntry], folder: Path, actor: str, *, dry_run: bool) -> list[Change]:
        now = self.clock.now()
        entries = list(entries)
        refuse_repetition(entries)
        hosted = self._read_hosted(entries)
        changes: list[Change] = []
        with self.database.transaction() as connection:
            known = {agency.id: agency for agency in store.all_agencies(connection)}
            parties = {row["id"]: dict(row) for row in store.all_relying_parties(connection)}
            refuse_what_registered_itself(entries, store.registered_themselves(connection))
            position, run = store.next_position(connection), _Run(connection, folder, actor, now, hosted)
            for entry in entries:
                kept = known.get(entry.id)
                values = {**_agency_values(entry), "position": kept.position if kept else position}
                position += kept is None
                was = {name: _plain(getattr(kept, name)) for name in values} if kept else None
                if was != values:
                    changes.append(_change("agency", entry.id, was, values))
                    store.put_agency(connection, {**values, "applied_at": now}, exists=kept is not None)
                for party in entry.relying_party:
                    change = self._apply_party(run, entry, party, parties.get(party.id))
                    if change is not None:
                        changes.append(change)
            if changes:
                refuse_shared_client_ids(
                    {row["id"]: row["registration"] for row in store.all_relying_parties(connection)}
                )
                store.bump_version(connection)
                record(connection, Record(now, Action.CATALOGUE_APPLIED, actor, detail={"changes": len(changes)}))
            if dry_run:
                raise _Rehearsed(changes)
        return changes

    def _apply_party(
        self, run: _Run, entry: AgencyEntry, party: OidcEntry | SamlEntry, kept: Mapping[str, Any] | None
    ) -> Change | None:
        if kept is not None and (kept["agency_id"] != entry.id or kept["protocol"] != party.protocol):
            raise ConfigurationError(f"{party.id}: a relying party keeps its agency and protocol; give it another id")
        self._refuse_demo_secrets(party)
        lookup, registration = (
            self._oidc_values(party, run.logo(party.id, kept))
            if isinstance(party, OidcEntry)
            else self._saml_values(party, run.folder)
        )
        secrets = RegistrationSecrets(self.cipher)
        changed = secrets.changed(party, kept)
        was = _as_read_now(kept) if kept else None
        if was == registration and not changed:
            return None
        values = {
            "id": party.id,
            "agency_id": entry.id,
            "protocol": party.protocol,
            "lookup": lookup,
            "registration": registration,
            **secrets.sealed(party),
            "version": kept["version"] + 1 if kept else 1,
            "applied_at": run.now,
        }
        try:
            parse.relying_party(values, _agency(entry))
        except ConfigurationError as error:
            raise ConfigurationError(f"{party.id}: {error.detail}") from error
        holder = store.holder_of(run.connection, party.protocol, lookup)
        if holder not in (None, party.id):
            raise ConfigurationError(f"{party.id}: {holder} is registered under {lookup!r} already")
        store.put_relying_party(run.connection, values, exists=kept is not None, actor=run.actor, at=run.now)
        if party.id in run.hosted:
            store.put_logo(run.connection, party.id, run.hosted[party.id])
        if party.events is None or party.events.managed_by == "operator":
            store.forget_receivers_delivery(run.connection, party.id)
        change = _change("relying party", party.id, was, registration)
        return Change(change.kind, change.what, (*change.fields, *changed))

    def _read_hosted(self, entries: Iterable[AgencyEntry]) -> dict[str, Logo | None]:
        """The logos of the relying parties that say something new of what they host, read before the transaction:
        nobody waits for a client's server with the catalogue locked."""
        with self.database.reading() as connection:
            known = {row["id"]: row["registration"] for row in store.all_relying_parties(connection)}
        found: dict[str, Logo | None] = {}
        for party in (party for entry in entries for party in entry.relying_party if isinstance(party, OidcEntry)):
            was = known.get(party.id, {})
            if any(was.get(name) != getattr(party, name) for name in _HOSTED):
                try:
                    found[party.id] = self.hosted(party)
                except ConfigurationError as error:
                    raise ConfigurationError(f"{party.id}: {error.detail}") from error
        return found

    def _refuse_demo_secrets(self, party: OidcEntry | SamlEntry) -> None:
        secrets = list(secrets_of(party).values())
        if isinstance(party, OidcEntry):
            secrets.extend(party.secrets)
        if party.machine_client is not None:
            secrets.extend(party.machine_client.secrets)
        if self.production and any(secret and secret.startswith(_DEMO_SECRETS) for secret in secrets):
            raise ConfigurationError(f"{party.id}: its secret is one of the demonstration's; production needs its own")

    @staticmethod
    def _oidc_values(entry: OidcEntry, logo: str | None) -> tuple[str, dict[str, Any]]:
        if needs_secret(entry.token_endpoint_auth_method) != (entry.client_secret is not None):
            raise ConfigurationError(
                f"{entry.id}: client_secret goes with a token_endpoint_auth_method of client_secret_, and only with it"
            )
        if entry.previous_client_secret is not None and entry.client_secret is None:
            raise ConfigurationError(f"{entry.id}: previous_client_secret goes with client_secret")
        if "openid" not in entry.scope.split():
            raise ConfigurationError(f"{entry.id}: scope must contain openid")
        refuse_half_a_machine(entry)
        client_id = entry.client_id or entry.id
        digests = tuple(secret_digest(each) for each in entry.secrets)
        kept = kept_client(entry, client_id, entry.client_name or entry.id, digests, logo)
        kept["conversion"] = entry.conversion.model_dump(mode="json") if entry.conversion is not None else None
        kept["events"] = events_values(entry)
        kept["machine_client"] = machine_values(entry)
        return client_id, kept | provisioning_values(entry)

    def _saml_values(self, entry: SamlEntry, folder: Path) -> tuple[str, dict[str, Any]]:
        text, entity_id = self.metadata(entry, folder)
        kept = entry.model_dump(
            mode="json", exclude={"id", "protocol", "events", "machine_client", "metadata_xml", "provisioning"}
        )
        kept["name"] = entry.name or entry.id
        kept["release"] = sorted(entry.release)
        kept["metadata_xml"] = text
        kept["entity_id"] = entity_id
        kept["events"] = events_values(entry)
        kept["machine_client"] = machine_values(entry)
        return entity_id, kept | provisioning_values(entry)


def _as_read_now(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A registration with the names that were not known when it was kept: a release that learns one changes nothing."""
    return {**({**DEFAULTS, "logo": None} if kept["protocol"] == "oidc" else {}), **kept["registration"]}


def _agency(entry: AgencyEntry) -> Agency:
    return Agency(entry.id, entry.name, entry.description, tuple(entry.business_types), entry.homepage, 0)


def _agency_values(entry: AgencyEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "business_types": list(entry.business_types),
        "homepage": entry.homepage,
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _change(kind: str, what: str, was: Mapping[str, Any] | None, values: Mapping[str, Any]) -> Change:
    if was is None:
        return Change(f"add {kind}", what)
    names = sorted(name for name in was.keys() | values.keys() if was.get(name) != values.get(name))
    return Change(f"change {kind}", what, tuple(names))
