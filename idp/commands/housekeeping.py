"""`idp housekeeping`: notice ended sessions, sweep what expired, seal the audit trail, for who prefers cron."""

from __future__ import annotations

from contextlib import closing

import click

from idp import settings
from idp.audit.seal import broken_positions, seal
from idp.commands.told import told
from idp.commands.worker import turned_14
from idp.house import House, build
from idp.links.receipts import SWEPT_AT_ONCE as RECEIPTS_SWEPT_AT_ONCE, sweep_receipts
from idp.oidc.grants import SWEPT_AT_ONCE, sweep_batch
from idp.sessions.sessions import Sessions
from idp.signin.notice_ended import NoticeEnded


@click.command()
def housekeeping() -> None:
    """Tell of sessions that ended, note who turned 14, sweep what expired, seal the audit trail, look if it holds."""
    with told(), closing(build(settings.load())) as house:
        ended = _notice_ended(house)
        swept = house.store.purge_expired()
        grants = _sweep_grants(house)
        receipts = _sweep_receipts(house)
        grown = turned_14(house.database, house.clock, house.randomness, house.cipher, house.digester)()
        sealed = 0
        while (batch := seal(house.database)) > 0:
            sealed += batch
        broken = next(broken_positions(house.database), None)
    click.echo(
        f"ended {ended}, swept {swept}, grants {grants}, receipts {receipts}, turned 14 {grown}, sealed {sealed}"
    )
    if broken is not None:
        raise click.ClickException(
            f"the audit chain is broken at position {broken}: a record was changed after the fact"
        )


def _sweep_grants(house: House) -> int:
    swept = 0
    while True:
        batch = sweep_batch(house.database, house.clock.now(), house.settings.tokens.refresh_idle)
        swept += batch
        if batch < SWEPT_AT_ONCE:
            return swept


def _sweep_receipts(house: House) -> int:
    swept = 0
    while True:
        batch = sweep_receipts(house.database, house.clock.now())
        swept += batch
        if batch < RECEIPTS_SWEPT_AT_ONCE:
            return swept


def _notice_ended(house: House) -> int:
    limits = house.settings.sessions
    sessions = Sessions(
        house.store, house.clock, house.randomness, house.digester, limits.idle, limits.absolute, house.database
    )
    return NoticeEnded(
        house.database, house.clock, house.randomness, house.catalogue, sessions, house.settings.issuer
    )()
