"""`python -m benchmarks.polling`: what it costs to hand out events to a receiver that fetches them.

On SQLite, within one process: the claim, the signature, the record of it and the acknowledgement, without HTTP. Counted
is the process's own processor time, since the machine may have other things to do.
"""

from __future__ import annotations

import logging
import secrets
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import structlog
from sqlalchemy import insert

from idp.house import House, build
from idp.settings import Settings
from idp.signals.catalogue import LinkChange, LinkReason
from idp.signals.models import outbox
from idp.storage.database import Database
from idp.storage.migrations import upgrade
from idp.transmitter.sign import Sign
from idp.transmitter.streams.poll import Poll
from idp.transmitter.streams.poll_request import PollRequest
from tests.builders import agency, party, register

_PARTY = "fetching"
_LEASE = timedelta(seconds=60)


@click.command()
@click.option("--events", default=20_000, show_default=True)
@click.option("--batch", default=1000, show_default=True, help="Events in one answer.")
def main(events: int, batch: int) -> None:
    """Fetch EVENTS, signed by each algorithm."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for alg in ("ES256", "RS256"):
        with tempfile.TemporaryDirectory() as directory:
            house = _a_house(Path(directory), alg)
            _fill(house, events)
            seconds = _fetch_all(house, batch, events)
            house.close()
        click.echo(f"{alg}: {1000 * seconds / events:.3f} CPU-ms an event, {events / seconds:,.0f} a second and core")


def _a_house(directory: Path, alg: str) -> House:
    url = f"sqlite:///{directory}/idp.db"
    upgrade(Database(url))
    house = build(Settings(database_url=url, keys_dir=directory / "keys", environment="demo"))
    register(house, agency(_PARTY, party(_PARTY, events={"delivery": "poll", "signing_alg": alg})))
    return house


def _fill(house: House, events: int) -> None:
    now = house.clock.now()
    change = LinkChange(
        "q5v3r8mhb2nd7kfx4w6jtz2yea5coslo", 2, "linked", "unlinked", LinkReason.MEMBER_UNLINK, "user", now
    )
    rows: list[dict[str, Any]] = [
        {
            "jti": secrets.token_urlsafe(16),
            "txn": secrets.token_urlsafe(16),
            "relying_party_id": _PARTY,
            "channel": "event",
            "event_type": "account-link-changed",
            "priority": 1,
            "subject": f"{number:032d}",
            "payload": dict(change.claims()),
            "occurred_at": now,
            "state": "pending",
            "due_at": now,
        }
        for number in range(events)
    ]
    with house.database.transaction() as connection:
        connection.execute(insert(outbox), rows)


def _fetch_all(house: House, batch: int, events: int) -> float:
    """Seconds of this process."""
    sign = Sign(house.keyring, house.clock, house.settings.issuer, "https://schemas.example", lambda row: row)
    poll = Poll(house.database, house.clock, house.randomness, sign, _LEASE, batch)
    acknowledged: frozenset[str] = frozenset()
    got, started = 0, time.process_time()
    while True:
        fetched = poll(_PARTY, _PARTY, PollRequest(None, return_immediately=True, acknowledged=acknowledged))
        acknowledged = frozenset(fetched.sets)
        got += len(acknowledged)
        if not acknowledged:
            break
    if got != events:
        raise click.ClickException(f"{got} of {events} came")
    return time.process_time() - started


if __name__ == "__main__":
    main()
