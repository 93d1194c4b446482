"""Long and wide outages: the database restarts or fails over, an agency is away for days or overrun, the disk full."""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from idp.errors import StoreUnavailable
from idp.storage.columns import metadata
from idp.storage.database import Database
from tests.fakes import FrozenClock
from tests.looping import wait_for
from tests.postgres_disk import postgres_disk
from tests.postgres_pair import Postgres, postgres_pair, url
from tests.programs import lacking
from tests.protocol.ssf.authority import Authority
from tests.protocol.ssf.kit import EVENTS, House
from tests.protocol.ssf.receiver import Received, Reply, receiver
from tests.servers import MissingProgram

QUICK = EVENTS.model_copy(update={"total_timeout": timedelta(seconds=3)})
"""A lease of sixteen seconds: a test may wait for one to end, and for the minute that a late answer costs."""


@dataclass
class Heard:
    """What a receiver took note of: the `jti`s of each subject in the order in which they first came, and repeats."""

    of_subject: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    repeats: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, received: Received) -> None:
        body = received.body.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        with self.lock:
            known = self.of_subject[claims["sub_id"]["sub"]]
            if claims["jti"] in known:
                self.repeats += 1
            else:
                known.append(claims["jti"])

    def count(self) -> int:
        with self.lock:
            return sum(len(jtis) for jtis in self.of_subject.values())


def _subjects(messages: int, members: int = 10) -> list[str]:
    return [f"s{number % members}" for number in range(messages)]


def _in_order(heard: Heard, subjects: list[str], jtis: list[str]) -> bool:
    told: dict[str, list[str]] = defaultdict(list)
    for subject, jti in zip(subjects, jtis, strict=True):
        told[subject].append(jti)
    return told == heard.of_subject


@pytest.fixture
def pair() -> Iterator[tuple[Postgres, Path]]:
    try:
        with postgres_pair() as both:
            yield both
    except MissingProgram as missing:
        lacking(str(missing))


@contextmanager
def _house(tmp_path: Path, database_url: str) -> Iterator[House]:
    database = Database(database_url)
    try:
        yield House(database, tmp_path / "keys", events=QUICK)
    finally:
        database.close()


def _with_tables(primary: Postgres) -> None:
    primary.run("CREATE DATABASE idp")
    database = Database(url("idp", primary))
    with database.transaction() as connection:
        metadata.create_all(connection)
    database.close()


def _slowly(heard: Heard, seconds: float = 0.01) -> Callable[[Received], Reply]:
    def answering(received: Received) -> Reply:
        time.sleep(seconds)
        heard.note(received)
        return Reply()

    return answering


def test_a_crash_of_postgresql_in_mid_backlog_loses_and_disorders_nothing(
    pair: tuple[Postgres, Path], tmp_path: Path
) -> None:
    """Architecture §11.5. What had been sent and not written down comes again under its `jti`."""
    primary, _ = pair
    _with_tables(primary)
    heard, subjects = Heard(), _subjects(300)
    with _house(tmp_path, url("idp", primary)) as house, receiver(_slowly(heard)) as server:
        house.addresses.add("voucher", server.url)
        jtis = house.tell("voucher", *subjects)
        with house.working():
            wait_for(lambda: heard.count() > 60)
            primary.crash()
            time.sleep(1)
            primary.start()
            wait_for(lambda: heard.count() == len(jtis), 100)
            wait_for(lambda: set(house.states()) == {"delivered"}, 60)
    assert _in_order(heard, subjects, jtis)


def test_a_failover_to_the_replica_loses_and_disorders_nothing(pair: tuple[Postgres, Path], tmp_path: Path) -> None:
    """Architecture §12. Committed means on both; the worker finds the new primary by itself."""
    primary, directory = pair
    _with_tables(primary)
    replica = primary.replica(directory, {})
    heard, subjects = Heard(), _subjects(200)
    try:
        with _house(tmp_path, url("idp", primary, replica)) as house, receiver(_slowly(heard)) as server:
            house.addresses.add("voucher", server.url)
            jtis = house.tell("voucher", *subjects)
            with house.working():
                wait_for(lambda: heard.count() > 40)
                primary.crash()
                replica.promote()
                after = _once_it_answers(lambda: house.tell("voucher", *subjects))
                wait_for(lambda: heard.count() == 2 * len(subjects), 100)
                wait_for(lambda: set(house.states()) == {"delivered"}, 60)
        assert _in_order(heard, subjects + subjects, jtis + after)
    finally:
        replica.crash()


def _once_it_answers(act: Callable[[], list[str]]) -> list[str]:
    for _ in range(100):
        try:
            return act()
        except StoreUnavailable:
            time.sleep(0.1)
    raise AssertionError("the database stayed away")


def test_an_agency_away_for_three_days_hears_everything_and_costs_a_probe_each_half_hour(
    any_database: Database, tmp_path: Path
) -> None:
    """account-events §3.4: a lane is parked, not its messages' tries; §4: cost does not grow with the outage's length.
    Another agency meanwhile hears of each change at once."""
    clock = FrozenClock()
    house = House(any_database, tmp_path / "keys", clock, events=QUICK)
    away, heard, other = threading.Event(), Heard(), Heard()
    away.set()

    def answering(received: Received) -> Reply:
        if away.is_set():
            return Reply(503)
        heard.note(received)
        return Reply()

    def noting(received: Received) -> Reply:
        other.note(received)
        return Reply()

    told: list[tuple[str, str]] = []
    with receiver(answering) as server, receiver(noting) as well:
        house.addresses.add("kamp", server.url)
        house.addresses.add("voucher", well.url)
        with house.working():
            for half_hour in range(144):
                subject = f"s{half_hour % 10}"
                told += [(subject, jti) for jti in house.tell("kamp", subject)]
                house.tell("voucher", subject)
                wait_for(_heard_at_least(other, half_hour + 1))
                clock.advance(timedelta(minutes=30))
            probes = len(server.received)
            away.clear()
            for _ in range(6):
                clock.advance(timedelta(minutes=40))
                time.sleep(0.1)
            wait_for(lambda: set(house.states()) == {"delivered"})
    assert 48 <= probes <= 160
    assert _in_order(heard, [subject for subject, _ in told], [jti for _, jti in told])
    assert {row["attempts"] for row in house.rows(relying_party_id="kamp")} == {0}


def _heard_at_least(heard: Heard, count: int) -> Callable[[], bool]:
    return lambda: heard.count() >= count


def test_a_storm_of_429_is_waited_out_without_a_storm_of_our_own(any_database: Database, tmp_path: Path) -> None:
    """RFC 6585 §4, account-events §6.7: told to slow down, we do; nothing loses a try."""
    clock = FrozenClock()
    house = House(any_database, tmp_path / "keys", clock, events=QUICK)
    heard, allowed = Heard(), threading.Semaphore(5)

    def answering(received: Received) -> Reply:
        if not allowed.acquire(blocking=False):
            return Reply(429, {"Retry-After": "60"})
        heard.note(received)
        return Reply()

    subjects = _subjects(60, members=30)
    with receiver(answering) as server:
        house.addresses.add("voucher", server.url)
        jtis = house.tell("voucher", *subjects)
        with house.working():
            for _ in range(60):
                if house.states().count("delivered") == len(jtis):
                    break
                time.sleep(0.15)
                for _ in range(10):
                    allowed.release()
                clock.advance(timedelta(minutes=2))
            wait_for(lambda: set(house.states()) == {"delivered"})
        refused = len(server.received) - len(jtis)
    assert _in_order(heard, subjects, jtis)
    assert refused <= 4 * EVENTS.concurrency
    assert {row["attempts"] for row in house.rows()} == {0}


def test_a_full_disk_holds_the_record_up_and_loses_nothing(any_database: Database, tmp_path: Path) -> None:
    """Architecture §11.5. What cannot be written down is sent again once there is room; nothing new is accepted."""
    heard, subjects = Heard(), _subjects(120)
    house = House(any_database, tmp_path / "keys", events=QUICK)
    with receiver(_slowly(heard)) as server, _disk_of(any_database) as full:
        jtis = house.tell("voucher", *subjects)
        with full():
            house.addresses.add("voucher", server.url)
            with house.working():
                time.sleep(1.5)
                with pytest.raises(StoreUnavailable):
                    house.tell("voucher", *_subjects(2000))
        with house.working():
            wait_for(lambda: set(house.states()) == {"delivered"}, 60)
    assert _in_order(heard, subjects, jtis)


@contextmanager
def _disk_of(database: Database) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """What fills the disk that the outbox is on, for as long as a block lasts."""
    if database.kind == "sqlite":
        yield partial(_no_page_more, database)
    else:
        with postgres_disk(database, "outbox", "delivery_attempts") as full:
            yield full


@contextmanager
def _no_page_more(database: Database) -> Iterator[None]:
    """No page may be added to the file, as on a disk without room."""

    def no_room(connection: Any, *_: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    database.engine.dispose()
    event.listen(database.engine, "connect", no_room)
    try:
        yield
    finally:
        event.remove(database.engine, "connect", no_room)
        database.engine.dispose()


def test_an_agency_whose_certificate_expired_hears_once_it_has_another(any_database: Database, tmp_path: Path) -> None:
    """account-events §3.4: a failed handshake is the endpoint's fault, costs no message a try, and mends itself."""
    house, heard, authority = House(any_database, tmp_path / "keys"), Heard(), Authority()
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(authority.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue(tmp_path / "expired.pem", timedelta(days=-30), timedelta(days=-1)))

    def answering(received: Received) -> Reply:
        heard.note(received)
        return Reply()

    with receiver(answering) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        (jti,) = house.tell("voucher", "a")
        address = house.database.engine.url.render_as_string(hide_password=False)
        target = server.url.replace("http://", "https://")
        command = [sys.executable, "-m", "tests.protocol.ssf.doomed", address, str(house.keys_dir), target]
        with subprocess.Popen(command, env={**os.environ, "SSL_CERT_FILE": str(trusted)}) as worker:
            try:
                wait_for(lambda: bool(house.attempts()))
                assert house.attempts()[0]["outcome"] == "tls"
                fresh = authority.issue(tmp_path / "fresh.pem", timedelta(days=-1), timedelta(days=30))
                context.load_cert_chain(fresh)
                wait_for(lambda: house.states() == ["delivered"], 60)
            finally:
                worker.kill()
    assert heard.of_subject == {"a": [jti]}
    assert house.rows()[0]["attempts"] == 0


def test_a_link_that_flaps_ends_as_its_last_state_and_in_order(any_database: Database, tmp_path: Path) -> None:
    """account-events §3.3: unlink and relink, while the answer of each sending is lost now and then."""
    house = House(any_database, tmp_path / "keys", events=QUICK)
    heard, count = Heard(), 0

    def answering(received: Received) -> Reply:
        nonlocal count
        count += 1
        heard.note(received)
        return Reply(503 if count % 7 == 0 else 202)

    subjects = ["flapping"] * 40
    with receiver(answering) as server:
        house.addresses.add("voucher", server.url)
        with house.working():
            jtis = [jti for subject in subjects for jti in house.tell("voucher", subject)]
            wait_for(lambda: set(house.states()) == {"delivered"}, 90)
    assert _in_order(heard, subjects, jtis)
    assert heard.repeats > 0
