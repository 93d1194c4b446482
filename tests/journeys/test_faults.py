"""The same life while things break: the worker dies where it hurts most, and an agency is away when it is told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import redis
from playwright.sync_api import expect

from tests.journeys.conftest import OpenBrowser
from tests.journeys.patience import eventually
from tests.journeys.person import Person
from tests.journeys.stage import LEASE_SECONDS, PARTIES, Stage
from tests.journeys.tab import Sight, Tab
from tests.journeys.test_life import DEAD, KAMP, LINKED, PURGED, UNLINKED

RELINKED, UNLINKED_AGAIN, LEFT = (3, "linked"), (4, "unlinked"), (6, "unlinked")

_ESTABLISHED = "01"


def test_tells_every_agency_everything_in_order_and_with_effect_once_through_all_faults(
    any_stage: Stage, open_browser: OpenBrowser
) -> None:
    """Architecture §11.5: a committed change is never unknown to the agencies for good; RFC 8935 §2.2: what comes
    twice under one `jti` has its effect once."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    subjects = {party: tab.first_sign_in(party, person) for party in PARTIES}
    kamp = subjects["kamp"]
    any_stage.heard_until("kamp", kamp, [LINKED])
    _unlink_while_the_worker_is_dead(tab, kamp)
    assert tab.visit("kamp") is Sight.SIGNED_OUT
    assert tab.press_sign_in() is Sight.CONSENT
    assert tab.agree() is Sight.SIGNED_IN
    any_stage.heard_until("kamp", kamp, [LINKED, UNLINKED, RELINKED])
    _unlink_and_kill_the_worker_before_it_writes_down_the_answer(tab, kamp)
    _link_and_leave_while_kamp_is_down(tab, person, kamp)
    told = [LINKED, UNLINKED, RELINKED, UNLINKED_AGAIN, LEFT, PURGED]
    heard = any_stage.heard_until("kamp", kamp, told, 60)
    assert heard.applied_once_each
    assert heard.duplicates >= 1
    for party in ("voucher", "smtech"):
        assert any_stage.heard_until(party, subjects[party], [LINKED, UNLINKED, PURGED]).applied_once_each
    _owes_nothing(any_stage, subjects)


def test_a_flushed_redis_ends_sessions_and_nothing_that_lasts(postgres_stage: Stage, open_browser: OpenBrowser) -> None:
    """Architecture §6: what expires may be gone at any moment. Members sign in again, and every agency still hears."""
    stage, tab = postgres_stage, open_browser(postgres_stage)
    person = stage.newcomer()
    subject = tab.first_sign_in("kamp", person)
    stage.heard_until("kamp", subject, [LINKED])
    stage.processes.kill("worker")
    try:
        tab.unlink(KAMP)
        assert stage.redis_url is not None
        with redis.Redis.from_url(stage.redis_url) as store:
            store.flushall()
    finally:
        stage.processes.restart("worker")
    stage.heard_until("kamp", subject, [LINKED, UNLINKED])
    assert tab.my_agencies() is Sight.PASSWORD
    assert tab.visit("voucher") is Sight.SIGNED_OUT
    assert tab.press_sign_in() is Sight.PASSWORD
    assert tab.give_password(person) is Sight.CONSENT
    assert tab.agree() is Sight.SIGNED_IN


def _unlink_while_the_worker_is_dead(tab: Tab, subject: str) -> None:
    """Killed between commit and push: the agency does not know yet, and gets nothing more all the same."""
    stage = tab.stage
    stage.processes.kill("worker")
    try:
        tab.unlink(KAMP)
        assert tab.visit("kamp") is Sight.SIGNED_IN
        assert tab.check_tokens() == DEAD
        assert stage.heard("kamp", subject).steps == [LINKED]
    finally:
        stage.processes.restart("worker")
    stage.heard_until("kamp", subject, [LINKED, UNLINKED])


def _unlink_and_kill_the_worker_before_it_writes_down_the_answer(tab: Tab, subject: str) -> None:
    """Killed with the request on its way: the agency has it, the outbox does not know, so it must be sent again."""
    stage = tab.stage
    with _held_still(stage, "kamp"):
        tab.unlink(KAMP)
        # The event and the logout token, each on a connection of its own that kamp has not looked at.
        eventually(lambda: _unread_requests(stage.port("kamp")) >= 2)
        stage.processes.kill("worker")
    try:
        first = stage.heard_until("kamp", subject, [LINKED, UNLINKED, RELINKED, UNLINKED_AGAIN])
        jti = first.events[-1]["jti"]
        assert [row.state for row in stage.query("SELECT state FROM outbox WHERE jti = :jti", jti=jti)] == ["pending"]
    finally:
        stage.processes.restart("worker")
    eventually(lambda: jti in _come_twice(stage, subject), LEASE_SECONDS + 20)


def _link_and_leave_while_kamp_is_down(tab: Tab, person: Person, subject: str) -> None:
    """Linked a third time and gone for good while the agency is away: the last word takes the place of the one before,
    and what is left comes in the order in which things happened."""
    stage = tab.stage
    question = tab.question_of("kamp")
    stage.processes.kill("kamp")
    try:
        tab.page.goto(question)
        assert tab.sight is Sight.CONSENT
        tab.agree_to_nowhere()
        assert tab.withdraw(person) is Sight.NOTICE
        expect(tab.page.locator("#withdrawn-title")).to_be_visible()
        eventually(lambda: _failed_sendings(stage, subject))
    finally:
        stage.processes.restart("kamp")


@contextmanager
def _held_still(stage: Stage, name: str) -> Iterator[None]:
    """Its port takes connections, and nobody is at home."""
    group = stage.processes.pid(name)
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def _unread_requests(port: int) -> int:
    """Connections to `port` of this machine with bytes its process has not read, as Linux tells."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = f"0100007F:{port:04X}"
    waiting = [queues for _, local, _, state, queues, *_ in lines if (local, state) == (here, _ESTABLISHED)]
    return sum(int(queues.rpartition(":")[2], 16) > 0 for queues in waiting)


def _come_twice(stage: Stage, subject: str) -> list[str]:
    return [event["jti"] for event in stage.heard("kamp", subject).events if event["duplicates"]]


def _failed_sendings(stage: Stage, subject: str) -> int:
    query = (
        "SELECT 1 FROM delivery_attempts JOIN outbox ON outbox.jti = delivery_attempts.jti "
        "WHERE outbox.subject = :subject AND delivery_attempts.outcome = 'connect'"
    )
    return len(stage.query(query, subject=subject))


def _owes_nothing(stage: Stage, subjects: Mapping[str, str]) -> None:
    """Every message is delivered or overtaken, and each party has exactly the link events that were meant for it."""
    for party, subject in subjects.items():
        eventually(partial(_all_settled, stage, subject), 60)
        delivered = [(jti, kind) for jti, kind, state in _messages(stage, subject) if state == "delivered"]
        meant = {jti for jti, kind in delivered if kind in ("account-link-changed", "account-purged")}
        assert {event["jti"] for event in stage.heard(party, subject).events} == meant


def _all_settled(stage: Stage, subject: str) -> bool:
    return {state for _, _, state in _messages(stage, subject)} <= {"delivered", "superseded"}


def _messages(stage: Stage, subject: str) -> list[tuple[str, str, str]]:
    rows = stage.query("SELECT jti, event_type, state FROM outbox WHERE subject = :subject", subject=subject)
    return [(row.jti, row.event_type, row.state) for row in rows]
