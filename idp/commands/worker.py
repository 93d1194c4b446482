"""`idp worker`: delivers account events, logout messages and letters, seals the audit trail, sweeps what expired."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from datetime import timedelta

import click
import structlog
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, start_http_server

from idp import logs
from idp.account.leave import Leave
from idp.agencies.catalogue import Catalogue
from idp.audit.seal import seal
from idp.clock import Clock, SystemClock
from idp.commands.provisioner import build_provisioner
from idp.commands.told import told
from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.crypto.keyring import Keyring
from idp.crypto.symmetric import LivingKeys, load_symmetric
from idp.egress import Egress
from idp.enrolment.guardian_record import GuardianRecords
from idp.enrolment.turn_14 import NoticeTurned14
from idp.links.former_subjects import DestroyFormerSubjects
from idp.links.receipts import NoteHeard, sweep_receipts
from idp.links.rosters import discard_rosters
from idp.links.stop_all import STOP_ALL, StopEach
from idp.mail.deliver import Delivery, delivery
from idp.mail.post import Post
from idp.members.archive import DestroyRetained
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.leave_later import FinishLeaving
from idp.oidc.grants import sweep_batch
from idp.provisioning.provisioner import Provisioner
from idp.randomness import Randomness, SystemRandomness
from idp.sessions.sessions import Sessions
from idp.settings import Settings, load
from idp.signin.notice_ended import NoticeEnded
from idp.signin.tell_ended import TellEnded
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore, open_store
from idp.transmitter.attempt_seals import seal_attempts
from idp.transmitter.drop_ended import DropEnded
from idp.transmitter.expand import ExpandFanOuts
from idp.transmitter.expire import expire_where_held
from idp.transmitter.metrics import Metrics
from idp.transmitter.personal_parts import PersonalParts
from idp.transmitter.registered_destinations import RegisteredDestinations
from idp.transmitter.sign import Sign
from idp.transmitter.streams.verify import VerifyStreams
from idp.transmitter.streams.waiting import DropDisabled
from idp.transmitter.sweep import sweep_settled
from idp.transmitter.turn import TakeTurn
from idp.transmitter.worker import Chore, Worker, lease_for

_log = structlog.get_logger()
_BETWEEN_SEALS = timedelta(seconds=5)
_BETWEEN_SWEEPS = timedelta(minutes=1)
_BETWEEN_LOOKS_AT_SESSIONS = timedelta(seconds=5)
_BETWEEN_FAN_OUTS = timedelta(seconds=1)
_BETWEEN_DISCARDS = timedelta(hours=6)
_BETWEEN_LOOKS_AT_STREAMS = timedelta(minutes=10)
_BETWEEN_LOOKS_AT_AGES = timedelta(hours=1)
# Somebody sits before a page and waits for the code.
_BETWEEN_LETTERS = timedelta(milliseconds=200)


@click.command()
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Show Prometheus metrics on this port.")
@click.option("--metrics-address", default="127.0.0.1", show_default=True, help="The address that port is opened on.")
def worker(metrics_port: int | None, metrics_address: str) -> None:
    """Deliver account events until stopped; SIGTERM and Ctrl-C finish what is under way."""
    logs.configure()
    with told():
        _work(load(), metrics_port, metrics_address)


def _work(settings: Settings, metrics_port: int | None, metrics_address: str) -> None:
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    database = Database(settings.database_url, pool_size=settings.database_pool)
    store = open_store(settings, database, SystemClock())
    with (
        contextlib.closing(database),
        contextlib.closing(store),
        contextlib.closing(letters(settings, database)) as post,
    ):
        built = build_worker(settings, database, store, registry, post)
        accounts = build_provisioner(settings, database, registry)
        if metrics_port is not None:
            start_http_server(metrics_port, metrics_address, registry)
        try:
            asyncio.run(_until_told(built, accounts))
        except Exception:  # noqa: BLE001  # logged with its trace, and the process ends
            # Whoever supervises us must see it end: a worker that is up and does nothing is the worst kind.
            _log.exception("worker.broke")
            sys.exit(1)


def letters(settings: Settings, database: Database) -> Delivery:
    """What sends this deployment's letters; close it after the worker has ended.

    Raises:
        ConfigurationError: the keys, `mail` or `sms` cannot be used.
    """
    clock, randomness = SystemClock(), SystemRandomness()
    cipher = FieldCipher(LivingKeys(settings.keys_dir, clock), randomness)
    return delivery(settings, database=database, clock=clock, randomness=randomness, cipher=cipher)


def build_worker(
    settings: Settings, database: Database, store: ExpiringStore, registry: CollectorRegistry, post: Delivery
) -> Worker:
    """A worker of this deployment.

    Raises:
        ConfigurationError: the keys or the settings cannot be used.
    """
    clock, randomness = SystemClock(), SystemRandomness()
    symmetric = load_symmetric(settings.keys_dir)
    catalogue = Catalogue(database, clock, settings.catalogue_refresh)
    cipher = FieldCipher(LivingKeys(settings.keys_dir, clock), randomness)
    destinations = RegisteredDestinations(catalogue, cipher)
    digester = Digester(symmetric.digest_key)
    complete = PersonalParts(database, catalogue, Directory(cipher, digester))
    keyring = Keyring(settings.keys_dir, clock)
    sign = Sign(keyring, clock, settings.issuer, settings.events.schema_base, complete)
    limits = settings.sessions
    sessions = Sessions(store, clock, randomness, digester, limits.idle, limits.absolute, database)
    tell_ended = TellEnded(database, clock, randomness, catalogue, sessions, settings.issuer, settings.tokens.code)
    notice_ended = NoticeEnded(database, clock, sessions, tell_ended)
    take_turn = TakeTurn(database, clock, randomness, destinations, sign, lease_for(settings.events))
    # For nobody is being served: its letters are in Korean.
    inform = Inform(Post(clock, randomness, cipher), Directory(cipher, digester))
    expand = ExpandFanOuts(
        database,
        clock,
        randomness,
        {STOP_ALL: StopEach(clock, randomness, catalogue, inform, settings.leaving.receipts)},
        take_turn.pushes_to,
        settings.events.fan_out_links,
        settings.events.fan_out_backlog,
    )
    verify_streams = VerifyStreams(database, store, clock, randomness, catalogue)
    leave = Leave(settings, database, clock, randomness, catalogue, cipher, digester).by(inform)
    return Worker(
        database=database,
        clock=clock,
        events=settings.events,
        take_turn=take_turn,
        egress=Egress.of(settings),
        metrics=Metrics(registry),
        chores=(
            Chore("seal", _BETWEEN_SEALS, lambda: seal(database)),
            Chore("sweep", _BETWEEN_SWEEPS, store.purge_expired),
            Chore(
                "rosters", _BETWEEN_SWEEPS, lambda: discard_rosters(database, clock, settings.agency_api.roster_undo)
            ),
            Chore("grants", _BETWEEN_SWEEPS, lambda: sweep_batch(database, clock.now(), settings.tokens.refresh_idle)),
            Chore("leaving", _BETWEEN_LOOKS_AT_SESSIONS, FinishLeaving(database, clock, leave)),
            Chore("retained", _BETWEEN_SWEEPS, DestroyRetained(database, clock)),
            Chore("former_subjects", _BETWEEN_SWEEPS, DestroyFormerSubjects(database, clock)),
            # Reads every line that waits, which after an agency's outage are many; in time before messages are swept.
            Chore("told_receipts", min(_BETWEEN_LOOKS_AT_AGES, settings.events.keep_settled / 4), NoteHeard(database)),
            Chore("receipts", _BETWEEN_SWEEPS, lambda: sweep_receipts(database, clock.now())),
            # Again, for where a reader stood in the way when a member left.
            Chore("forget", _BETWEEN_SWEEPS, database.forget_overwritten),
            Chore("verify_streams", _BETWEEN_LOOKS_AT_STREAMS, verify_streams),
            Chore("disabled_streams", _BETWEEN_SWEEPS, DropDisabled(database, clock)),
            Chore("ended_clients", _BETWEEN_SWEEPS, DropEnded(database, clock)),
            Chore("ended_sessions", _BETWEEN_LOOKS_AT_SESSIONS, notice_ended),
            Chore("turned_14", _BETWEEN_LOOKS_AT_AGES, turned_14(database, clock, randomness, cipher, digester)),
            Chore("fan_outs", _BETWEEN_FAN_OUTS, expand),
            Chore("expire", _BETWEEN_LOOKS_AT_STREAMS, lambda: expire_where_held(database, clock.now())),
            Chore("attempts", _BETWEEN_LOOKS_AT_AGES, lambda: seal_attempts(database, clock.now())),
            Chore(
                "settled_events",
                _BETWEEN_SWEEPS,
                lambda: sweep_settled(database, clock.now() - settings.events.keep_settled),
            ),
            Chore("settled_letters", _BETWEEN_DISCARDS, post.discard_settled),
            *(Chore(f"letters_{each.channel}", _BETWEEN_LETTERS, each) for each in post.channels),
        ),
    )


def turned_14(
    database: Database, clock: Clock, randomness: Randomness, cipher: FieldCipher, digester: Digester
) -> NoticeTurned14:
    """What notes that children have turned 14; its letters are in Korean, for nobody is being served."""
    inform = Inform(Post(clock, randomness, cipher), Directory(cipher, digester))
    return NoticeTurned14(database, clock, GuardianRecords(cipher, randomness), inform)


async def _until_told(built: Worker, accounts: Provisioner) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        built.stop()
        accounts.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    _log.info("worker.started")
    # Where one breaks the other is cancelled, and the process ends: whoever supervises us starts both anew.
    async with asyncio.TaskGroup() as parts:
        parts.create_task(built.run())
        parts.create_task(accounts.run())
    _log.info("worker.stopped")
