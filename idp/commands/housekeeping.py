"""`idp housekeeping`: notice ended sessions, sweep what expired, seal the audit trail, for who prefers cron."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import click

from idp import settings
from idp.account.leave import Leave
from idp.audit.seal import broken_positions, seal
from idp.commands.told import told
from idp.commands.worker import turned_14
from idp.house import House, build
from idp.links.former_subjects import DestroyFormerSubjects
from idp.links.receipts import SWEPT_AT_ONCE as RECEIPTS_SWEPT_AT_ONCE, NoteHeard, sweep_receipts
from idp.links.rosters import discard_rosters
from idp.mail.post import Post
from idp.members.archive import DESTROYED_AT_ONCE, DestroyRetained
from idp.members.inform import Inform
from idp.members.leave_later import LEFT_AT_ONCE, FinishLeaving
from idp.oidc.grants import SWEPT_AT_ONCE, sweep_batch
from idp.sessions.sessions import Sessions
from idp.signin.notice_ended import NoticeEnded
from idp.signin.tell_ended import TellEnded
from idp.transmitter.attempt_seals import changed_attempts


@click.command()
def housekeeping() -> None:
    """Tell of sessions that ended, let go who is leaving, note who turned 14, sweep, seal the audit, check it."""
    with told(), closing(build(settings.load())) as house:
        ended = _notice_ended(house)
        swept = house.store.purge_expired()
        database, clock = house.database, house.clock
        idle = house.settings.tokens.refresh_idle
        grants = _until_done(lambda: sweep_batch(database, clock.now(), idle), SWEPT_AT_ONCE)
        inform = Inform(Post(clock, house.randomness, house.cipher), house.directory)
        parts = (house.settings, database, clock, house.randomness, house.catalogue, house.cipher, house.digester)
        left = _until_done(FinishLeaving(database, clock, Leave(*parts).by(inform)), LEFT_AT_ONCE)
        NoteHeard(database)()
        receipts = _until_done(lambda: sweep_receipts(database, clock.now()), RECEIPTS_SWEPT_AT_ONCE)
        destroyed = _until_done(DestroyRetained(database, clock), DESTROYED_AT_ONCE)
        destroyed += _until_done(DestroyFormerSubjects(database, clock), DESTROYED_AT_ONCE)
        _until_done(lambda: discard_rosters(database, clock, house.settings.agency_api.roster_undo), 1)
        grown = turned_14(house.database, house.clock, house.randomness, house.cipher, house.digester)()
        sealed = 0
        while (batch := seal(house.database)) > 0:
            sealed += batch
        broken = next(broken_positions(house.database), None)
        changed = next(changed_attempts(database, clock.now() - house.settings.events.keep_settled), None)
    gone = f"left {left}, grants {grants}, receipts {receipts}, destroyed {destroyed}"
    click.echo(f"ended {ended}, swept {swept}, {gone}, turned 14 {grown}, sealed {sealed}")
    if broken is not None:
        raise click.ClickException(
            f"the audit chain is broken at position {broken}: a record was changed after the fact"
        )
    if changed is not None:
        raise click.ClickException(
            f"the record of attempts, numbers {changed[0]} to {changed[1]}, was changed after the fact"
        )


def _until_done(batch: Callable[[], int], at_once: int) -> int:
    done = 0
    while True:
        last = batch()
        done += last
        if last < at_once:
            return done


def _notice_ended(house: House) -> int:
    limits = house.settings.sessions
    sessions = Sessions(
        house.store, house.clock, house.randomness, house.digester, limits.idle, limits.absolute, house.database
    )
    parts = (house.database, house.clock, house.randomness, house.catalogue, sessions)
    tell_ended = TellEnded(*parts, house.settings.issuer, house.settings.tokens.code)
    return NoticeEnded(house.database, house.clock, sessions, tell_ended)()
