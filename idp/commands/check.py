"""`idp check`: would this configuration serve?"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

import click
from sqlalchemy import text

from idp import settings
from idp.agencies.relying_party import RelyingParty
from idp.clock import SystemClock
from idp.commands.told import told
from idp.house import House, build
from idp.members.retention import read as read_retention
from idp.randomness import SystemRandomness
from idp.sections.house import Events
from idp.settings import Settings
from idp.signals.published_schema import link_changed_uri
from idp.storage.migrations import pending_revisions
from idp.verification.certificates.configured import verdict_of
from idp.verification.certificates.shelf import Shelf
from idp.verification.providers.configured import configured_methods, means_of


@click.command()
def check() -> None:
    """Look at settings, stores, tables, keys and catalogue, and say what is wrong."""
    with told():
        loaded = settings.load()
        click.echo(f"settings    ok, {loaded.environment}, issuer {loaded.issuer}")
        read_retention(loaded.retention_file)
        for line in _certificates(loaded):
            click.echo(f"certificates {line}")
        with closing(build(loaded)) as house:
            with house.database.reading() as connection:
                connection.execute(text("SELECT 1"))
            click.echo(f"database    ok, {house.database.kind}")
            waiting = pending_revisions(house.database)
            if waiting:
                raise click.ClickException(f"tables      {len(waiting)} revisions behind: run `idp migrate`")
            click.echo("tables      ok")
            house.store.ping()
            click.echo("expiring    ok")
            signing = house.keyring.signing_key("oidc", "RS256")
            click.echo(f"keys        ok, ID tokens are signed by {signing.kid}")
            for line in _providers(loaded, house):
                click.echo(f"providers   {line}")
            click.echo(f"events      {_events(loaded)}")
            snapshot = house.catalogue.snapshot()
            for line in _clients(loaded, snapshot.relying_parties.values()):
                click.echo(f"clients     {line}")
            click.echo(
                f"catalogue   ok, {len(snapshot.agencies)} agencies, {len(snapshot.relying_parties)} relying parties"
            )


def _events(loaded: Settings) -> str:
    """Under whose name our own event type goes."""
    if loaded.events.schema_base == Events().schema_base:
        return "WARNING events.schema_base is nobody's domain: name one of yours before an agency stores the URI"
    return f"ok, {link_changed_uri(loaded.events.schema_base)}"


def _clients(loaded: Settings, parties: Iterable[RelyingParty]) -> list[str]:
    """Clients that registered what this deployment cannot see."""
    works = loaded.client_certificates.methods
    return [
        f"WARNING {party.id} cannot prove itself by {party.oidc.token_endpoint_auth_method} (client_certificates)"
        for party in parties
        if party.oidc is not None
        and party.oidc.token_endpoint_auth_method.endswith("tls_client_auth")
        and party.oidc.token_endpoint_auth_method not in works
    ]


def _providers(loaded: Settings, house: House) -> list[str]:
    """Who vouches for members, once each was found usable; nobody is called."""
    told_of = loaded.verification.providers
    means = means_of(loaded, house.store, house.clock, house.randomness, house.digester)
    made = configured_methods(loaded.verification.methods, told_of, means)
    if not made:
        return ["none (verification.providers)"]
    simulated = sorted(each.provider for each in made if each.simulated)
    warning = [f"WARNING nobody real vouches: {', '.join(simulated)}"] if simulated else []
    return [f"ok, {', '.join(f'{each.code} by {each.provider}' for each in made)}", *warning]


def _certificates(loaded: Settings) -> list[str]:
    """What stands in the way of certificates, and what an operator should know of them."""
    if loaded.certificates.roots is None or not loaded.certificates.methods:
        return ["none are trusted (certificates.roots)"]
    verdict, now = verdict_of(loaded, SystemRandomness()), SystemClock().now()
    lists = [each for _path, each in Shelf(loaded.certificates.crls_dir).listed()]
    old = sum(now >= each.next_update for each in lists)
    said = [f"ok, {len(verdict.authorities.all)} authorities, {len(lists)} revocation lists of which {old} are old"]
    if verdict.authorities.lab:
        said.append("WARNING a lab's authorities are trusted: anybody may be anybody")
    if not loaded.certificates.revocation_required:
        said.append("WARNING revoked certificates are accepted when nobody can tell")
    if not loaded.certificates.revocation_hosts and len(lists) == old:
        said.append("WARNING no responder may be asked and no list is current: every certificate is refused")
    return said
