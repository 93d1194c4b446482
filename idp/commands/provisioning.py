"""`idp provisioning`: accounts asked for at agencies, and those that wait for somebody. Names no member."""

from __future__ import annotations

from contextlib import closing

import click

from idp import settings
from idp.audit.actor import COMMAND
from idp.commands.told import told
from idp.house import build
from idp.links.provisionings import ProvisioningState
from idp.provisioning.asked import Retry, asked

_STATES = click.Choice([state.value for state in ProvisioningState])


@click.group()
def provisioning() -> None:
    """Accounts that members who chose an agency are to get there."""


@provisioning.command(name="list")
@click.option("--relying-party", "party_id", help="Of this one only.")
@click.option("--state", type=_STATES, help="Default: requested and failed.")
@click.option("--after", help="Go on after this request.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
def list_(party_id: str | None, state: str | None, after: str | None, limit: int) -> None:
    """Oldest first: request, relying party, link, way, state, what a person must do, how the last visit ended."""
    wanted = ProvisioningState(state) if state is not None else None
    with told(), closing(build(settings.load())) as house, house.database.reading() as connection:
        found = asked(connection, relying_party_id=party_id, state=wanted, after=after, limit=limit)
    for each in found:
        due = f"{each.due_at:%Y-%m-%dT%H:%M:%SZ}" if each.due_at is not None else "-"
        click.echo(
            f"{each.id}  {each.relying_party_id}  link {each.link_id}  {each.mode}  {each.state}  {each.action or '-'}"
            f"  {each.outcome or '-'}  sent {each.sends}  since {each.requested_at:%Y-%m-%dT%H:%M:%SZ}  due {due}"
        )
    if len(found) == limit:
        click.echo(f"more: --after {found[-1].id}", err=True)


@provisioning.command()
@click.argument("request", required=False)
@click.option("--relying-party", "party_id", help="Every failed one of this relying party.")
def retry(request: str | None, party_id: str | None) -> None:
    """Ask again for what failed, once what was needed is done: REQUEST alone, or all of a relying party.

    An account that stood in the way is taken over when the agency has set its externalId to the member's subject, and
    not before.
    """
    if (request is None) == (party_id is None):
        raise click.UsageError("give one REQUEST, or --relying-party")
    with told(), closing(build(settings.load())) as house:
        count = Retry(house.database, house.clock)(identifier=request, relying_party_id=party_id, actor=COMMAND)
    click.echo(f"{count} asked again")
    if request is not None and count == 0:
        raise click.ClickException("it has not failed, or its link has ended")
