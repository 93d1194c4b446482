"""Links, outbox and receivers against what is always true, whatever breaks in whatever order (architecture §11).

Members sign in, unlink, leave and join again; a worker claims, sends and writes down, and at each sending the answer
may be lost, the receiver down, the message refused or the worker killed. Afterwards everything comes up again, and both
sides must believe the same.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from idp.agencies.relying_party import RelyingParty
from idp.audit.actor import MEMBER
from idp.crypto.keyring import create_key
from idp.errors import NotFound
from idp.links import store
from idp.links.connect import Connect
from idp.links.models import links
from idp.links.state import NoSuchStep
from idp.signals.catalogue import Channel, LinkReason
from idp.signals.models import outbox
from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Lane
from idp.transmitter.record import Attempt
from idp.transmitter.registered_destinations import RegisteredDestinations
from idp.transmitter.schedule import LONGEST_ROW_WAIT
from idp.transmitter.sign import Message, Sign
from idp.transmitter.turn import TakeTurn
from idp.transmitter.verdict import Answer, judge, unanswered
from tests.builders import a_house, a_person, agency, party, register, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.protocol.ssf.model_receiver import ModelReceiver

LEASE = timedelta(seconds=30)
_BOTH = ("account-link-changed", "account-purged")
MEMBERS = st.integers(0, 2)


def _whole(row: Claimed) -> Claimed:
    """Every row is whole as it lies there, in a life in which nobody's particulars change."""
    return row


class Fault(Enum):
    """How one sending ends."""

    NONE = "none"
    ANSWER_LOST = "answer lost"
    DOWN = "down"
    REFUSED = "refused"
    KILLED_BEFORE = "killed before it was sent"
    KILLED_AFTER = "killed before it was written down"


def _party(name: str, *requested: str) -> dict[str, Any]:
    events = {
        "endpoint_url": f"https://{name}.example/events",
        "signing_alg": "ES256",
        "events_requested": list(requested),
    }
    return party(name, events=events)


class Life(RuleBasedStateMachine):
    """Three members, two agencies, three relying parties, one worker."""

    template: Path
    keys: Path

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="idp-model-"))
        shutil.copyfile(self.template, self.directory / "idp.db")
        self.clock = FrozenClock()
        self.house = a_house(f"sqlite:///{self.directory}/idp.db", self.keys, self.clock)
        register(
            self.house,
            agency("tipa", _party("voucher", *_BOTH)),
            agency(
                "factory",
                _party("kamp", "account-link-changed", "account-purged"),
                _party("mes", "account-link-changed"),
            ),
        )
        destinations = RegisteredDestinations(self.house.catalogue, self.house.cipher)
        sign = Sign(self.house.keyring, self.clock, "https://id.example.test", "https://schemas.example.org", _whole)
        self.turn = TakeTurn(self.house.database, self.clock, self.house.randomness, destinations, sign, LEASE)
        self.receivers = {name: ModelReceiver(name, {}) for name in ("voucher", "kamp", "mes")}
        self.unwritten: dict[str, list[Attempt]] = {name: [] for name in self.receivers}
        self.members: dict[int, str] = {}
        self.joined = 0

    def teardown(self) -> None:
        try:
            self._everything_comes_up()
            self._both_sides_believe_the_same()
        finally:
            self.house.close()
            shutil.rmtree(self.directory)

    @initialize()
    def join_all(self) -> None:
        for number in range(3):
            self._join(number)

    @rule(number=MEMBERS, name=st.sampled_from(["voucher", "kamp", "mes"]))
    def sign_in(self, number: int, name: str) -> None:
        connect = Connect(self.house.database, self.clock, self.house.randomness, self.house.catalogue)
        with suppress(NotFound):
            connect(self.members[number], self._registered(name), frozenset({"openid"}), reason=LinkReason.SIGN_IN)

    @rule(number=MEMBERS, agency_id=st.sampled_from(["tipa", "factory"]))
    def stop(self, number: int, agency_id: str) -> None:
        with suppress(NotFound, NoSuchStep):
            unlink(self.house, self.members[number], agency_id)

    @rule(number=MEMBERS)
    def leave_and_join_again(self, number: int) -> None:
        withdrawing(self.house)(self.members[number], actor=MEMBER)
        self._join(number)

    @rule(seconds=st.sampled_from([1, 40, 2000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def rotate_the_key(self) -> None:
        create_key(self.keys, "events", "ES256", clock=self.clock, randomness=self.house.randomness, lead=timedelta())

    @rule(
        name=st.sampled_from(["voucher", "kamp", "mes"]),
        room=st.integers(1, 8),
        faults=st.lists(st.sampled_from(Fault), min_size=8, max_size=8),
    )
    def work(self, name: str, room: int, faults: list[Fault]) -> None:
        """One turn of one lane; the results of the turn before are written down first, unless the worker died."""
        settled, self.unwritten[name] = self.unwritten[name], []
        turn = self.turn(Lane(name, Channel.EVENT), settled, [], room)
        for row, message, fault in zip(turn.claimed, turn.messages, faults, strict=False):
            assert isinstance(message, Message)
            attempt = self._sent(name, row, message, fault)
            if attempt is not None:
                self.unwritten[name].append(attempt)

    @precondition(lambda self: any(self.unwritten.values()))
    @rule()
    def kill_the_worker(self) -> None:
        for attempts in self.unwritten.values():
            attempts.clear()

    @invariant()
    def nobody_believes_more_than_was_committed(self) -> None:
        """Architecture §11.5: an uncommitted change is never told."""
        committed = self._committed()
        for receiver in self.receivers.values():
            for subject, belief in receiver.beliefs.items():
                version, state, link_id = committed[subject]
                assert belief.link_id == link_id
                assert belief.version <= version
                assert belief.version < version or belief.status == state

    @invariant()
    def news_of_one_subject_comes_in_order(self) -> None:
        """account-events §3.3: first-in first-out per relying party and subject; what is skipped is only the older."""
        for receiver in self.receivers.values():
            last: dict[str, int] = {}
            for subject, version in receiver.order:
                assert version > last.get(subject, 0)
                last[subject] = version

    @invariant()
    def two_messages_of_one_subject_are_never_under_way_at_once(self) -> None:
        """account-events §3.3."""
        leased = (
            select(outbox.c.relying_party_id, outbox.c.subject, func.count())
            .where(outbox.c.state == "pending", outbox.c.leased_until > self.clock.now())
            .group_by(outbox.c.relying_party_id, outbox.c.channel, outbox.c.subject)
        )
        with self.house.database.reading() as connection:
            assert all(count == 1 for *_, count in connection.execute(leased))

    @invariant()
    def agencies_know_no_subject_in_common(self) -> None:
        """Architecture §11.4."""
        of_tipa = self.receivers["voucher"].beliefs.keys()
        of_factory = self.receivers["kamp"].beliefs.keys() | self.receivers["mes"].beliefs.keys()
        assert not of_tipa & of_factory

    @invariant()
    def a_stopped_link_gives_nothing(self) -> None:
        """account-events §3.2.7: whether or not the agency has heard."""
        with self.house.database.reading() as connection:
            for row in connection.execute(select(links)):
                stands = store.member_behind(connection, row.id, row.version) is not None
                assert stands is (row.state == "linked")
                assert store.member_behind(connection, row.id, row.version - 1) is None

    def _join(self, number: int) -> None:
        self.joined += 1
        self.members[number] = a_person(self.house, f"member{self.joined}")

    def _registered(self, name: str) -> RelyingParty:
        found = self.house.catalogue.relying_party(name)
        assert found is not None
        return found

    def _sent(self, name: str, row: Claimed, message: Message, fault: Fault) -> Attempt | None:
        receiver = self.receivers[name]
        receiver.keys = self.house.keyring.jwks("events")
        if fault in (Fault.NONE, Fault.ANSWER_LOST, Fault.KILLED_AFTER):
            receiver.receive(message.text)
        now = self.clock.now()
        answers: dict[Fault, Answer] = {
            Fault.NONE: judge(row.channel, 202, None, b"", now),
            Fault.ANSWER_LOST: unanswered("timeout"),
            Fault.DOWN: judge(row.channel, 503, None, b"", now),
            Fault.REFUSED: judge(row.channel, 400, None, b'{"err":"invalid_request"}', now),
        }
        answer = answers.get(fault)
        if answer is None:
            return None
        return Attempt(row, answer, now, 5, message.kid, message.sha256)

    def _everything_comes_up(self) -> None:
        self.kill_the_worker()
        for _ in range(60):
            self.clock.advance(LONGEST_ROW_WAIT)
            for name in self.receivers:
                self.work(name, 8, [Fault.NONE] * 8)
                self.work(name, 8, [Fault.NONE] * 8)
            if not self._waiting():
                return
        raise AssertionError(f"still waiting: {self._waiting()}")

    def _waiting(self) -> int:
        with self.house.database.reading() as connection:
            query = select(func.count()).select_from(outbox).where(outbox.c.state == "pending")
            return int(connection.execute(query).scalar_one())

    def _both_sides_believe_the_same(self) -> None:
        """Architecture §11.5; what was refused to the end is a dead letter that a person sees."""
        committed, dead = self._committed(), self._dead()
        agencies = {"voucher": "tipa", "kamp": "factory", "mes": "factory"}
        for name, receiver in self.receivers.items():
            meant = {
                subject: (version, state)
                for subject, (version, state, _) in committed.items()
                if self.agency_of[subject] == agencies[name] and (name, subject) not in dead
            }
            held = {
                subject: (belief.version, belief.status)
                for subject, belief in receiver.beliefs.items()
                if (name, subject) not in dead
            }
            assert held == meant

    def _committed(self) -> dict[str, tuple[int, str, str]]:
        with self.house.database.reading() as connection:
            rows = list(connection.execute(select(links)))
        self.agency_of = {row.subject: row.agency_id for row in rows}
        return {row.subject: (row.version, row.state, row.id) for row in rows}

    def _dead(self) -> set[tuple[str, str]]:
        with self.house.database.reading() as connection:
            query = select(outbox.c.relying_party_id, outbox.c.subject).where(outbox.c.state == "refused")
            return {(row[0], row[1]) for row in connection.execute(query)}


def test_leaves_no_agency_believing_something_untrue(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Architecture §11.4, §11.5, §11.6; account-events §3.2, §3.3."""
    Life.template, Life.keys = sqlite_template, tmp_path_factory.mktemp("model-keys")
    chosen = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Life, settings=chosen)
