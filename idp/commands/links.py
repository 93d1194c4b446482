"""`idp links`: how a member stands with agencies, and an operator's steps. Prints nothing that names the member."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import click

from idp import settings
from idp.audit.actor import COMMAND
from idp.commands.told import told
from idp.errors import NotFound
from idp.house import House, build
from idp.links import store
from idp.links.accounts import AgencyAccounts
from idp.links.history import steps
from idp.links.stop import StopLink
from idp.links.stop_all import StopAllLinks, standing_with
from idp.links.store import Link
from idp.links.suspend import RestoreLink, SuspendLink
from idp.mail.post import Post
from idp.members.business_number import is_business_number
from idp.members.inform import Inform
from idp.signals.catalogue import LinkReason

_NONE_YET = 2**31 - 1


@click.group()
def links() -> None:
    """Links of members with agencies. LOGIN_ID is a person's 아이디 or an enterprise's 사업자등록번호."""


@links.command(name="list")
@click.argument("login_id")
@click.option("--after", default="", help="Go on after this agency.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
def list_(login_id: str, after: str, limit: int) -> None:
    """Every agency the member was ever linked with: state, version, link id, last change."""
    with told(), closing(build(settings.load())) as house, house.database.reading() as connection:
        held = store.of_member(connection, _member(house, login_id), after=after, limit=limit)
    for row in held:
        click.echo(f"{row.agency_id}  {row.state}  {row.version}  {row.id}  {row.changed_at:%Y-%m-%dT%H:%M:%SZ}")
    if len(held) == limit:
        click.echo(f"more: --after {held[-1].agency_id}", err=True)


@links.command()
@click.argument("login_id")
@click.argument("agency")
@click.option("--before", default=_NONE_YET, type=click.IntRange(1, _NONE_YET), help="Go on before this version.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
def show(login_id: str, agency: str, before: int, limit: int) -> None:
    """The steps of one link, newest first: version, what became what, why, by whom, when."""
    with told(), closing(build(settings.load())) as house, house.database.reading() as connection:
        link = store.find(connection, _member(house, login_id), agency)
        if link is None:
            raise NotFound("no link with this agency")
        past = steps(connection, link.id, before=before, limit=limit)
    for step in past:
        moved = f"{step.previous or '-'} > {step.current}"
        click.echo(f"{step.version}  {moved}  {step.reason}  {step.actor}  {step.at:%Y-%m-%dT%H:%M:%SZ}")
    if len(past) == limit and past[-1].version > 1:
        click.echo(f"more: --before {past[-1].version}", err=True)


@links.command()
@click.argument("login_id")
@click.argument("agency")
def stop(login_id: str, agency: str) -> None:
    """End the link (계정 연결 중단) and tell the agency. The agency keeps its own accounts."""
    _act(login_id, agency, _stopped)


@links.command()
@click.argument("agency")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def stop_all(agency: str, *, yes: bool) -> None:
    """End every link with an agency that goes. The worker does it in pieces: agency and members are told of each."""
    with told(), closing(build(settings.load())) as house:
        if agency not in house.catalogue.snapshot().agencies:
            raise NotFound(f"there is no agency {agency}; `idp agencies list` names them all")
        with house.database.reading() as connection:
            count = standing_with(connection, agency)
        if not yes:
            click.confirm(f"End {count} links with {agency}?", abort=True)
        count = StopAllLinks(house.database, house.clock, house.randomness)(agency, actor=COMMAND)
    click.echo(f"{count} links are going to end")


@links.command()
@click.argument("login_id")
@click.argument("agency")
def suspend(login_id: str, agency: str) -> None:
    """Hold the link and tell the agency; the member cannot sign in there until it is restored."""
    _act(login_id, agency, _suspended)


@links.command()
@click.argument("login_id")
@click.argument("agency")
def restore(login_id: str, agency: str) -> None:
    """Put a suspended link in force again and tell the agency."""
    _act(login_id, agency, _restored)


def _act(login_id: str, agency: str, act: Callable[[House, str, str], Link]) -> None:
    with told(), closing(build(settings.load())) as house:
        link = act(house, _member(house, login_id), agency)
    click.echo(f"{link.state}  {link.version}")


def _stopped(house: House, member_id: str, agency: str) -> Link:
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    lifetime = house.settings.leaving.receipts
    verb = StopLink(house.database, house.clock, house.randomness, house.catalogue, inform, lifetime)
    return verb(member_id, agency, reason=LinkReason.ADMIN_UNLINK, actor=COMMAND).link


def _suspended(house: House, member_id: str, agency: str) -> Link:
    return SuspendLink(house.database, house.clock, house.randomness, house.catalogue)(member_id, agency, actor=COMMAND)


def _restored(house: House, member_id: str, agency: str) -> Link:
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    verb = RestoreLink(house.database, house.clock, house.randomness, house.catalogue, accounts)
    return verb(member_id, agency, actor=COMMAND)


def _member(house: House, login_id: str) -> str:
    number = login_id.replace("-", "")
    with house.database.reading() as connection:
        if is_business_number(number):
            member_id = house.directory.enterprise_id(connection, number)
        else:
            member_id = house.directory.member_id(connection, login_id)
    if member_id is None:
        raise NotFound("no member has this 아이디 or 사업자등록번호")
    return member_id
