"""`idp deliveries`: how account events fare, relying party by relying party; hold, resume, replay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import click

from idp import settings
from idp.commands.told import told
from idp.house import House, build
from idp.signals import states
from idp.signals.catalogue import Channel
from idp.transmitter.deliveries import LaneView, attempts as attempts_of, lanes, messages
from idp.transmitter.destinations import Lane
from idp.transmitter.replay import Replay
from idp.transmitter.streams.operators_pause import OperatorsPause

_STATES = (
    states.PENDING,
    states.DELIVERED,
    states.REFUSED,
    states.EXPIRED,
    states.SUPERSEDED,
    states.DROPPED,
    states.REPLAYED,
)
_ACTOR = "operator:command"
_PATIENCE = timedelta(seconds=5)
_LAST = 2**63 - 1
_CHANNELS = [each.value for each in Channel]
_channel = click.option(
    "--channel", type=click.Choice(_CHANNELS), default=Channel.EVENT.value, show_default=True, help="Which lane."
)


@click.group()
def deliveries() -> None:
    """Account events and logout messages on their way to relying parties."""


@deliveries.command("list")
def list_() -> None:
    """Every lane: what waits and since when, dead letters, and how its endpoint is doing."""
    with told(), closing(build(settings.load())) as house, house.database.reading() as connection:
        now = house.clock.now()
        for view in lanes(connection):
            click.echo(_line(view, now))


@deliveries.command()
@click.argument("party_id", metavar="RELYING_PARTY")
@click.option("--state", "wanted", type=click.Choice(_STATES), multiple=True, help="Default: pending and refused.")
@click.option("--after", default=0, type=click.IntRange(0, _LAST), help="Go on after this number.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
def show(party_id: str, wanted: tuple[str, ...], after: int, limit: int) -> None:
    """Messages of one relying party, oldest first. Whom they are about is not shown."""
    with told(), closing(build(settings.load())) as house, house.database.reading() as connection:
        found = messages(connection, party_id, wanted or (states.PENDING, states.REFUSED), after=after, limit=limit)
        for each in found:
            version = f" v{each.link_version}" if each.link_version is not None else ""
            click.echo(
                f"{each.seq:>10}  {each.jti}  {each.state:<10}  {_time(each.occurred_at)}  {each.event_type}{version}"
                f"  sent {each.sends}, refused {each.attempts}  {each.outcome or '-'}"
            )
        if len(found) == limit:
            click.echo(f"more: --after {found[-1].seq}")


@deliveries.command()
@click.argument("jti")
def attempts(jti: str) -> None:
    """What was tried of one message, when, and how each attempt ended."""
    with told(), closing(build(settings.load())) as house, house.database.reading() as connection:
        found = attempts_of(connection, jti)
    if not found:
        raise click.ClickException(f"nothing was tried of a message {jti}")
    for each in found:
        click.echo(
            f"{each.number:>4}  {_time(each.at)}  {each.outcome:<24}  {each.status or '-'}  {each.milliseconds} ms"
            f"  key {each.kid or '-'}  sha256 {each.message_sha256 or '-'}  {each.peer or '-'}  {each.detail or ''}"
        )


@deliveries.command()
@click.argument("party_id", metavar="RELYING_PARTY")
@click.option("--jti", help="This message alone, delivered ones too.")
@click.option("--since", type=click.DateTime(), help="What happened from this time on (UTC).")
@click.option("--delivered", is_flag=True, help="What it once accepted too: it was restored from a backup.")
@click.option("--rate", type=click.IntRange(1), help="At most so many a minute.")
def replay(party_id: str, jti: str | None, since: datetime | None, rate: int | None, *, delivered: bool) -> None:
    """Make dead letters anew, once what they were refused for is mended. Superseded ones are left out."""
    if jti is not None and (since is not None or rate is not None or delivered):
        raise click.UsageError("--jti stands alone")
    if delivered and since is None:
        raise click.UsageError("--delivered needs --since")
    with told(), closing(build(settings.load())) as house:
        _known(house, party_id)
        verb = Replay(house.database, house.clock, house.randomness)
        if jti is not None:
            done = verb.one(party_id, jti, actor=_ACTOR)
        else:
            begin = None if since is None else since.replace(tzinfo=UTC)
            done = verb.several(party_id, actor=_ACTOR, since=begin, delivered=delivered, per_minute=rate)
    click.echo(f"{done.made} made anew, {done.skipped} superseded")


@deliveries.command()
@click.argument("party_id", metavar="RELYING_PARTY")
@_channel
def hold(party_id: str, channel: str) -> None:
    """Send nothing more to a relying party; everything is kept until it is resumed. It is told so first, if it answers
    within some seconds."""
    with _pausing(party_id) as pausing:
        click.echo("held" if pausing.stop(Lane(party_id, Channel(channel))) else "it was held already")


@deliveries.command()
@click.argument("party_id", metavar="RELYING_PARTY")
@_channel
def resume(party_id: str, channel: str) -> None:
    """Send again to a relying party, whoever held it; slowly at first."""
    with _pausing(party_id) as pausing:
        click.echo("resumed" if pausing.start(Lane(party_id, Channel(channel))) else "it was not held")


@contextmanager
def _pausing(party_id: str) -> Iterator[OperatorsPause]:
    with told(), closing(build(settings.load())) as house:
        _known(house, party_id)
        yield OperatorsPause(house.database, house.clock, house.randomness, _ACTOR, _PATIENCE, time.sleep)


def _known(house: House, party_id: str) -> None:
    if house.catalogue.relying_party(party_id) is None:
        raise click.ClickException(f"there is no relying party {party_id}; `idp agencies list` names them all")


def _line(view: LaneView, now: datetime) -> str:
    memory = view.memory
    if memory.held:
        doing = f"held: {memory.held_because}"
    elif memory.failing:
        doing = f"failing: {memory.last_failure} ({memory.consecutive_failures})"
    else:
        doing = "ok"
    oldest = "-" if view.oldest is None else f"{max(round((now - view.oldest).total_seconds()), 0)} s"
    last = "-" if memory.last_success_at is None else _time(memory.last_success_at)
    return (
        f"{view.lane.relying_party_id:<24}{view.lane.channel:<8}pending {view.pending}, oldest {oldest},"
        f" dead letters {view.dead_letters}, last success {last}, {doing}"
    )


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
