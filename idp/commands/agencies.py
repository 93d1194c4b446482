"""`idp agencies`: register agencies and relying parties from files, look at them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import click

from idp import settings
from idp.agencies.apply import ApplyRegistrations, Change
from idp.agencies.hosted_documents import HostedDocuments
from idp.agencies.registration_file import read
from idp.agencies.relying_party import RelyingParty
from idp.commands.registration import (
    end_client,
    initial_access_token,
    initial_access_tokens,
    revoke_initial_access_token,
)
from idp.commands.roster import roster
from idp.commands.told import told
from idp.house import House, build
from idp.saml.metadata_source import MetadataSource


@click.group()
def agencies() -> None:
    """Agencies and their relying parties."""


for command in (roster, initial_access_token, initial_access_tokens, revoke_initial_access_token, end_client):
    agencies.add_command(command)


@agencies.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change and change nothing.")
def apply(files: tuple[Path, ...], *, dry_run: bool) -> None:
    """Make the catalogue equal to what FILES say. Applying twice changes nothing the second time."""
    with told(), closing(build(settings.load())) as house:
        for file in files:
            _show(file, apply_file(house, file, dry_run=dry_run), dry_run=dry_run)


def apply_file(house: House, file: Path, *, dry_run: bool = False) -> list[Change]:
    """Make the catalogue equal to what `file` says.

    Raises:
        IdpError: the file cannot be read, or asks for what cannot be.
    """
    verb = ApplyRegistrations(
        house.database,
        house.clock,
        house.cipher,
        MetadataSource(house.clock),
        HostedDocuments.of(house.settings),
        production=house.settings.environment == "production",
    )
    return verb(read(file), file.parent, actor="command", dry_run=dry_run)


@agencies.command("list")
def list_() -> None:
    """Every agency with its relying parties."""
    with told(), closing(build(settings.load())) as house:
        snapshot = house.catalogue.snapshot()
    for agency in snapshot.agencies.values():
        parties = ", ".join(f"{party.id} ({party.protocol})" for party in snapshot.of_agency(agency.id))
        click.echo(f"{agency.id:<24}{agency.name}  {parties or '-'}")


@agencies.command()
@click.argument("agency_id")
def show(agency_id: str) -> None:
    """One agency; secrets are not shown, nobody can read them back."""
    with told(), closing(build(settings.load())) as house:
        snapshot = house.catalogue.snapshot()
    agency = snapshot.agencies.get(agency_id)
    if agency is None:
        raise click.ClickException(f"there is no agency {agency_id}; `idp agencies list` names them all")
    said = {
        "id": agency.id,
        "name": agency.name,
        "description": agency.description,
        "business_types": list(agency.business_types),
        "homepage": agency.homepage,
        "relying_parties": [
            {
                "id": party.id,
                "protocol": party.protocol,
                "audience": party.audience,
                "version": party.version,
                "released": sorted(party.released),
                "machine_scopes": sorted(party.machine.scopes) if party.machine is not None else [],
                "events": _stream(party),
                "provisioning": party.provisioning.mode,
            }
            for party in snapshot.of_agency(agency_id)
        ],
    }
    click.echo(json.dumps(said, ensure_ascii=False, indent=2))


def _stream(party: RelyingParty) -> dict[str, object] | None:
    stream = party.events
    if stream is None:
        return None
    return {
        "stream_id": stream.stream_id,
        "status": stream.status,
        "delivery": stream.delivery,
        "endpoint_url": stream.endpoint_url.value if stream.endpoint_url is not None else None,
        "delivered": sorted(stream.delivered),
    }


def _show(file: Path, changes: list[Change], *, dry_run: bool) -> None:
    if not changes:
        click.echo(f"{file}: nothing to change")
    for change in changes:
        fields = f" ({', '.join(change.fields)})" if change.fields else ""
        click.echo(f"{file}: {'would ' if dry_run else ''}{change.kind} {change.what}{fields}")
