"""Verification transactions: bound, sealed, moved by one, spent once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from idp.errors import TooManyAttempts
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, RedisExpiringStore
from idp.verification.evidence import Evidence
from idp.verification.method import Redirect
from idp.verification.simulated.outcome import Outcome
from idp.verification.simulated.people import people
from idp.verification.state import MAY_BECOME, State
from idp.verification.transactions import STARTS, AlreadyMoved, BoundElsewhere, PageExpired
from tests.fakes import FixedRandomness, FrozenClock
from tests.races import RACERS, race
from tests.unit.verification.lab import BROWSER, LIFETIME, PERSON, Room, room as build

INSTANT = timedelta(microseconds=1)


def test_hands_evidence_to_one_of_sixteen_collectors(any_room: Room) -> None:
    """Architecture §11.1; every kind of store."""
    transaction = any_room.verified("any_id")

    def collect(_racer: int) -> Evidence | None:
        try:
            return any_room.collect(transaction)
        except PageExpired:
            return None

    winners = [found for found in race(collect) if found is not None]
    assert len(winners) == 1
    assert any_room.desk.look(transaction.id, BROWSER).state is State.CONSUMED


def test_weighs_one_answer_of_sixteen_that_come_at_once(any_room: Room) -> None:
    """Doubled callbacks: one evidence, one audit record."""
    begun = any_room.begun("any_id")
    handle = any_room.provider.send(begun.nonce, begun.request.holder, "hong_gildong", Outcome.APPROVE)
    moved = race(lambda _racer: any_room.desk.answer(begun, {"handle": handle}))
    assert [each.state for each in moved].count(State.VERIFIED) == 1
    assert [action for action, _detail in any_room.audited()] == ["verification.succeeded"]
    assert any_room.collect(begun).name == "홍길동"


def test_writes_down_an_answer_that_it_does_not_weigh(room: Room, frozen_clock: FrozenClock) -> None:
    """Issue 4, bad input: late and doubled callbacks, each under its own code; nothing else comes of them."""
    begun = room.begun("any_id")
    handle = room.provider.send(begun.nonce, begun.request.holder, "hong_gildong", Outcome.APPROVE)
    verified = room.desk.answer(begun, {"handle": handle})
    late = room.begun("any_id")
    frozen_clock.advance(LIFETIME)
    expired = room.desk.look(late.id, BROWSER)
    with capture_logs() as logs:
        for transaction in (verified, begun, expired):
            assert room.desk.answer(transaction, {"handle": handle}) == transaction
    assert [line["code"] for line in logs if line["event"] == "verification.answer_not_weighed"] == [
        "verification_already_moved",
        "verification_already_moved",
        "verification_expired",
    ]


def test_lets_either_the_answer_or_the_cancellation_win(any_room: Room) -> None:
    """No verification is both."""
    begun = any_room.begun("any_id")
    handle = any_room.provider.send(begun.nonce, begun.request.holder, "hong_gildong", Outcome.APPROVE)

    def act(racer: int) -> State:
        if racer % 2:
            return any_room.desk.cancel(begun).state
        return any_room.desk.answer(begun, {"handle": handle}).state

    ended = {state for state in race(act) if state is not State.SENT}
    assert ended in ({State.VERIFIED}, {State.DENIED})
    assert len(any_room.audited()) == 1


def test_keeps_the_later_evidence_of_one_purpose_and_draft(any_room: Room) -> None:
    """A second evidence for the same purpose replaces the first."""
    first, second = any_room.verified("any_id"), any_room.verified("phone")
    with pytest.raises(PageExpired):
        any_room.collect(first)
    assert any_room.collect(second).method == "phone"


def test_destroys_evidence_that_was_replaced(room: Room) -> None:
    """What cannot be collected any more is personal data kept for nothing."""
    room.verified("any_id")
    second = room.verified("phone")
    with room.database.reading() as connection:
        kept = connection.execute(text("SELECT key FROM expiring WHERE key LIKE 'verification-evidence:%'")).scalars()
        assert kept.all() == [f"verification-evidence:{second.id}"]


def test_leaves_one_evidence_when_sixteen_end_at_once(any_room: Room) -> None:
    """The same, in a race: what is collected is one, whichever."""
    begun = [any_room.begun("any_id") for _each in range(RACERS)]
    race(lambda racer: any_room.answered(begun[racer]))
    collected = []
    for each in begun:
        try:
            collected.append(any_room.collect(each))
        except PageExpired:
            continue
    assert len(collected) == 1


def test_keeps_drafts_and_purposes_apart(room: Room) -> None:
    """Evidence of one draft does not replace another's."""
    for asked in (PERSON, replace(PERSON, bound_to="draft-2"), replace(PERSON, purpose="recovery")):
        room.verified("any_id", asked)
    transactions = [room.verified("any_id", replace(PERSON, bound_to=f"draft-{number}")) for number in (3, 4)]
    assert [room.collect(each).tx_id for each in transactions] == [each.id for each in transactions]


def test_shows_nothing_to_another_browser(room: Room) -> None:
    """REQ-15; a link sent by somebody else would prove the receiver into the sender's account."""
    transaction = room.verified("any_id")
    for browser in ("another-browser", "", None):
        with pytest.raises(PageExpired):
            room.desk.look(transaction.id, browser)
        with pytest.raises(PageExpired):
            room.collect(transaction, browser)
    assert room.collect(transaction).name == "홍길동"


@pytest.mark.parametrize(
    ("purpose", "bound_to"), [("recovery", "draft-1"), ("enrolment", "draft-2"), ("enrolment", "")]
)
def test_gives_evidence_for_its_purpose_and_draft_only(room: Room, purpose: str, bound_to: str) -> None:
    """REQ-15; and a wrong question does not destroy the evidence."""
    transaction = room.verified("any_id")
    with pytest.raises(BoundElsewhere):
        room.desk.collect(transaction.id, BROWSER, purpose, bound_to)
    assert room.collect(transaction).name == "홍길동"


@pytest.mark.parametrize("tx_id", ["", "x", "x" * 22, "x" * 4000, "../" * 8])
def test_knows_no_verification_that_never_was(room: Room, tx_id: str) -> None:
    """Any address typed into a browser."""
    with pytest.raises(PageExpired):
        room.desk.look(tx_id, BROWSER)


def test_gives_no_evidence_before_there_is_any(room: Room) -> None:
    """Collecting early."""
    with pytest.raises(PageExpired):
        room.collect(room.begun("any_id"))


def test_ends_after_its_lifetime(room: Room, frozen_clock: FrozenClock) -> None:
    """Korean identity §3.6: ten minutes at most; and says so to whoever comes late, once in the audit."""
    begun = room.begun("any_id")
    handle = room.provider.send(begun.nonce, begun.request.holder, "hong_gildong", Outcome.APPROVE)
    frozen_clock.advance(LIFETIME - INSTANT)
    assert room.desk.look(begun.id, BROWSER).state is State.SENT
    frozen_clock.advance(INSTANT)
    for _look in range(2):
        ended = room.desk.look(begun.id, BROWSER)
        assert (ended.state, ended.failure) == (State.EXPIRED, "verification_expired")
    assert room.desk.answer(ended, {"handle": handle}).state is State.EXPIRED
    assert room.desk.answer(begun, {"handle": handle}).state is not State.VERIFIED
    assert [detail["failure"] for _action, detail in room.audited()] == ["verification_expired"]
    frozen_clock.advance(LIFETIME)
    with pytest.raises(PageExpired):
        room.desk.look(begun.id, BROWSER)


def test_destroys_evidence_that_nobody_collects(room: Room, frozen_clock: FrozenClock) -> None:
    """Ten minutes at most."""
    transaction = room.verified("any_id")
    frozen_clock.advance(LIFETIME)
    with pytest.raises(PageExpired):
        room.collect(transaction)
    room.desk.transactions.store.purge_expired()
    with room.database.reading() as connection:
        kept = connection.execute(text("SELECT key FROM expiring WHERE key LIKE 'verification-evidence:%'")).all()
    assert kept == []


def test_lets_its_own_clock_decide_not_the_stores(
    database: Database, redis_store: RedisExpiringStore, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness
) -> None:
    """Redis counts time by itself; two clocks must not make eleven minutes."""
    room = build(database, redis_store, frozen_clock, fixed_randomness)
    transaction = room.verified("any_id")
    frozen_clock.advance(LIFETIME)
    with pytest.raises(PageExpired):
        room.collect(transaction)


def test_hands_evidence_over_until_its_last_instant(room: Room, frozen_clock: FrozenClock) -> None:
    """The other side of the same limit."""
    transaction = room.verified("any_id")
    frozen_clock.advance(LIFETIME - INSTANT)
    assert room.collect(transaction).name == "홍길동"


def test_keeps_nothing_readable_in_the_store(room: Room) -> None:
    """Architecture §6: personal data at rest is sealed."""
    expected_ci = people(room.clock.now().date())["hong_gildong"].ci
    room.verified("phone", replace(PERSON, expects_ci=expected_ci))
    room.answered(room.begun("business_certificate"))
    with room.database.reading() as connection:
        rows = connection.execute(
            text("SELECT key, value FROM expiring WHERE key LIKE 'verification%' AND value IS NOT NULL")
        ).all()
    kept = b"".join(row.key.encode() + bytes(row.value) for row in rows)
    assert len(rows) > 4
    for personal in ("홍길동", "01000000001", expected_ci, "1237894566", "길동상사", "draft-1", BROWSER):
        assert personal.encode() not in kept


def test_stops_a_draft_that_begins_without_end(room: Room) -> None:
    """korean-identity §3.6: retry limits; each start could ring somebody's phone."""
    for _start in range(STARTS):
        room.begun("phone")
    with pytest.raises(TooManyAttempts):
        room.begun("phone")
    assert room.begun("phone", replace(PERSON, bound_to="draft-2")).state is State.SENT


def test_goes_only_where_the_state_machine_leads(room: Room) -> None:
    """created → sent → approved → verified → consumed, or an end."""
    transactions = room.desk.transactions
    begun = room.begun("any_id")
    for state in State:
        at = replace(begun, state=state)
        for forbidden in set(State) - MAY_BECOME[state]:
            with pytest.raises(AlreadyMoved):
                transactions.move(at, forbidden)
    assert [state for state in State if state.over] == [State.CONSUMED, State.DENIED, State.EXPIRED, State.FAILED]


def test_moves_from_one_version_once(room: Room) -> None:
    """Whoever holds an old picture of a verification changes nothing."""
    begun = room.begun("any_id")
    room.desk.transactions.move(begun, State.APPROVED)
    with pytest.raises(AlreadyMoved):
        room.desk.transactions.move(begun, State.FAILED)


def test_remembers_the_step_across_processes(room: Room) -> None:
    """A second server reads what the first wrote."""
    begun = room.begun("any_id")
    elsewhere = replace(room.desk.transactions, store=DatabaseExpiringStore(room.database, room.clock)).get(
        begun.id, BROWSER
    )
    assert elsewhere == begun
    assert elsewhere.step == Redirect(f"{begun.path}/simulator")
