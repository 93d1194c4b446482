"""What app pushes keep besides the contract: details first, no more pushes than a phone bears, one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.sections.verification import AppPush
from idp.verification.method import Details, Wait
from idp.verification.state import State
from simulator.outcome import Outcome
from tests.fakes import FrozenClock
from tests.unit.verification.lab import PERSON
from tests.unit.verification.providers.lab import METHODS, PUSHED, Lab


@pytest.fixture(params=PUSHED)
def shape(request: pytest.FixtureRequest) -> str:
    code: str = request.param
    return code


def test_asks_whom_to_reach_and_offers_the_apps_that_are_configured(lab: Lab, shape: str) -> None:
    """Issue: configuration per brand."""
    begun = lab.room.begun(METHODS[shape])
    assert isinstance(begun.step, Details)
    assert begun.step.brands == dict(lab.room.desk.method_of(begun).brands)  # type: ignore[attr-defined]
    assert len(begun.step.brands) > 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"brand": "carrier_pigeon"},
        {"brand": "../../Token"},
        {"name": ""},
        {"name": "홍\x00길동"},
        {"birth_date": "19900231"},
        {"birth_date": "1990010"},
        {"phone": "02-123-4567"},
        {"phone": ""},
    ],
)
def test_sends_nothing_for_details_that_cannot_be_right(lab: Lab, shape: str, wrong: dict[str, str]) -> None:
    """What a page lets through must not reach a provider, whose address is made of the brand."""
    moved = lab.typed(shape, lab.room.begun(METHODS[shape]), **wrong)
    assert moved.state is State.SENT
    assert isinstance(moved.step, Details)
    assert moved.step.error
    assert [each for each in lab.stage.requests.newest(50) if each.holder] == []
    assert isinstance(lab.typed(shape, moved).step, Wait)


def test_is_told_by_the_provider_when_name_and_number_do_not_belong_together(lab: Lab, shape: str) -> None:
    """Issue: name mismatch."""
    ended = lab.typed(shape, lab.room.begun(METHODS[shape]), name="김길동")
    assert (ended.state, ended.failure) == (State.FAILED, "verification_name_mismatch")


def test_waits_while_nobody_answers(lab: Lab, shape: str) -> None:
    """korean-identity §3.6: poll → pending."""
    waiting = lab.waiting(shape)
    assert lab.room.desk.poll(waiting) == waiting


def test_approves_only_after_the_delay(lab: Lab, frozen_clock: FrozenClock, shape: str) -> None:
    """korean-identity §3.6: the tester delays."""
    waiting = lab.waiting(shape)
    lab.decide(waiting, Outcome.DELAY)
    assert lab.room.desk.poll(waiting) == waiting
    frozen_clock.advance(timedelta(seconds=10))
    assert lab.room.desk.poll(waiting).state is State.VERIFIED


def test_weighs_nothing_that_a_browser_posts_while_the_app_waits(lab: Lab, shape: str) -> None:
    """Architecture §11.3: a forged `approved` brings no approval."""
    waiting = lab.waiting(shape)
    moved = lab.room.desk.answer(waiting, {"state": "1", "approved": "true"})
    assert moved.state is State.SENT
    assert isinstance(moved.step, Wait)
    lab.decide(waiting, Outcome.APPROVE)
    assert lab.room.desk.poll(moved).state is State.VERIFIED


def test_lets_one_phone_ring_no_more_often_than_it_bears(lab: Lab, frozen_clock: FrozenClock, shape: str) -> None:
    """korean-identity §3.6: retry limits per phone, whoever asks and in how many browsers."""
    for number in range(AppPush().pushes_per_phone):
        assert isinstance(lab.begun(shape, browser=f"browser-{number}").step, Wait)
    ended = lab.begun(shape, browser="another")
    assert (ended.state, ended.failure) == (State.FAILED, "verification_pushed_too_often")
    assert isinstance(lab.begun(shape, browser="b", who="kim_gildong").step, Wait)
    frozen_clock.advance(timedelta(minutes=10, seconds=1))
    assert isinstance(lab.begun(shape, browser="c").step, Wait)


def test_counts_pushes_of_an_address(lab: Lab, shape: str) -> None:
    """Issue 4: the desk knows where the browser is; the phones may all be different."""
    for number in range(AppPush().pushes_per_address + 1):
        browser = f"browser-{number}"
        asked = replace(PERSON, bound_to=f"draft-{number}")
        path = lab.room.desk.begin(METHODS[shape], asked, browser, address="192.0.2.7")
        begun = lab.room.desk.look(path.removeprefix("/verification/"), browser)
        ended = lab.typed(shape, begun, phone=f"010{number:08}")
        assert ended.failure != "verification_pushed_too_often"
    assert ended.failure == "verification_pushed_too_often_from_address"


def test_collects_no_result_of_a_verification_that_ran_out_of_time(
    lab: Lab, frozen_clock: FrozenClock, shape: str
) -> None:
    """Ten minutes at most, whatever the app says later."""
    waiting = lab.waiting(shape)
    lab.decide(waiting, Outcome.APPROVE)
    frozen_clock.advance(timedelta(minutes=10))
    ended = lab.room.desk.look(waiting.id, "mark-of-this-browser")
    assert (ended.state, ended.failure) == (State.EXPIRED, "verification_expired")
    assert lab.room.desk.poll(ended) == ended
