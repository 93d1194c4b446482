"""What every adapter must keep, over real sockets against the simulator (korean-identity §3.6)."""

from __future__ import annotations

import json

import pytest

from idp.verification.evidence import Assurance, Evidence, Holder
from idp.verification.state import State
from idp.verification.transactions import PageExpired
from simulator.outcome import Outcome
from simulator.people import people
from simulator.phone import outcomes
from tests.races import race
from tests.unit.verification.providers.lab import METHODS, PUSHED, Lab

_ENDS: dict[Outcome, tuple[State, str]] = {
    Outcome.REFUSE: (State.DENIED, "denied"),
    Outcome.CANCEL: (State.DENIED, "cancelled"),
    Outcome.EXPIRE: (State.EXPIRED, "expired"),
    Outcome.OTHER_HOLDER: (State.FAILED, "name_mismatch"),
    Outcome.FORGED: (State.FAILED, "result_forged"),
    Outcome.REPLAYED: (State.FAILED, "result_replayed"),
    Outcome.FOREIGN: (State.FAILED, "result_foreign"),
    Outcome.LATE: (State.FAILED, "result_stale"),
    Outcome.EARLY: (State.FAILED, "result_stale"),
    Outcome.PROVIDER_ERROR: (State.FAILED, "provider_failed"),
    Outcome.GARBAGE: (State.FAILED, "provider_failed"),
    Outcome.NETWORK: (State.FAILED, "provider_unavailable"),
    Outcome.SLOW: (State.FAILED, "provider_unavailable"),
}
_OTHERWISE = {
    ("ezauth", Outcome.OTHER_HOLDER): (State.FAILED, "business_mismatch"),
    # These two tell us that the member has no session there, not why.
    ("openid", Outcome.EXPIRE): (State.DENIED, "denied"),
    ("profile", Outcome.EXPIRE): (State.DENIED, "denied"),
}
FAILURES = [
    (shape, outcome, *_OTHERWISE.get((shape, outcome), _ENDS[outcome]))
    for shape in METHODS
    for outcome in outcomes(shape)
    if outcome in _ENDS and outcome is not Outcome.SLOW
]


@pytest.fixture(params=METHODS)
def shape(request: pytest.FixtureRequest) -> str:
    code: str = request.param
    return code


@pytest.mark.parametrize(("shape", "outcome", "state", "code"), FAILURES)
def test_fails_by_its_own_code_and_without_evidence(
    lab: Lab, shape: str, outcome: Outcome, state: State, code: str
) -> None:
    """Issue, bad input: each its own log code, no evidence made."""
    begun = lab.begun(shape)
    ended = lab.answered(shape, begun, outcome)
    assert (ended.state, ended.failure) == (state, f"verification_{code}")
    assert dict(ended.memory) == {}
    with pytest.raises(PageExpired):
        lab.room.collect(begun)
    ((action, detail),) = lab.room.audited()
    assert (action, detail["failure"]) == ("verification.failed", f"verification_{code}")
    assert detail["simulated"] is True


def test_waits_for_a_slow_provider_no_longer_than_it_is_told(impatient: Lab, shape: str) -> None:
    """Issue, bad input: provider slow."""
    ended = impatient.answered(shape, impatient.begun(shape), Outcome.SLOW)
    assert (ended.state, ended.failure) == (State.FAILED, "verification_provider_unavailable")


def test_knows_every_way_to_fail() -> None:
    """The table leaves none of the tester's choices out."""
    assert set(_ENDS) == set(Outcome) - {Outcome.APPROVE, Outcome.DELAY}


def test_makes_evidence_of_whom_the_provider_vouched_for(lab: Lab, shape: str) -> None:
    """REQ-15, REQ-16, REQ-26: identity comes from the provider, and that it is simulated travels with it."""
    transaction = lab.verified(shape)
    evidence = lab.room.collect(transaction)
    person = people(lab.today)["hong_gildong"]
    assert (evidence.method, evidence.simulated, evidence.name) == (METHODS[shape], True, person.name)
    assert evidence.provider.startswith("simulator-")
    assert len(evidence.raw_hash) == 64
    if shape == "ezauth":
        assert (evidence.holder, evidence.business_number) == (Holder.BUSINESS, "1237894566")
        assert (evidence.company_name, evidence.ci, evidence.phone) == ("길동상사", None, None)
    else:
        assert evidence.holder is Holder.PERSON
        assert (evidence.birth_date, evidence.gender) == (person.birth_date, person.gender)
        assert (evidence.phone, evidence.ci) == (person.phone, person.ci)
    assert evidence.assurance is (Assurance.L1 if shape in ("openid", "profile") else Assurance.L2)
    assert Evidence.unpacked(evidence.packed()) == evidence


def test_writes_no_personal_data_into_audit_or_representation(lab: Lab, shape: str) -> None:
    """Architecture §11.7."""
    transaction = lab.verified(shape)
    evidence = lab.room.collect(transaction)
    ((action, detail),) = lab.room.audited()
    assert action == "verification.succeeded"
    personal = {evidence.name, evidence.phone, evidence.ci, evidence.di, evidence.company_name} - {None}
    for text in (repr(evidence), repr(transaction), json.dumps(detail, ensure_ascii=False)):
        assert not [each for each in personal if each and each in text]


def test_makes_nothing_of_what_only_a_browser_says(lab: Lab, shape: str) -> None:
    """Architecture §11.3: handles that nobody gave out, and claims beside them, prove nothing."""
    begun = lab.begun(shape)
    said = {
        "handle": "x" * 22, "web_transaction_id": "x", "ssob": "x", "code": "x", "state": "x", "errno": "0",
        "name": "홍길동", "ci": "c" * 88, "businessNumber": "1237894566", "resultCode": "0000",
    }  # fmt: skip
    ended = lab.room.desk.answer(begun, said)
    assert ended.state in (State.FAILED, State.SENT)
    with pytest.raises(PageExpired):
        lab.room.collect(begun)


@pytest.mark.parametrize("shape", [each for each in METHODS if each not in (*PUSHED, "ezauth")])
def test_answers_one_request_with_that_requests_result_only(lab: Lab, shape: str) -> None:
    """Issue, bad input: another session's result. What a browser carries for one is refused for another."""
    mine, theirs = lab.begun(shape), lab.begun(shape, browser="another-browser")
    ended = lab.room.desk.answer(mine, lab.carried(theirs, Outcome.APPROVE))
    assert (ended.state, ended.failure) == (State.FAILED, "verification_result_foreign")


def test_makes_one_evidence_of_two_callbacks_at_once(lab: Lab, shape: str) -> None:
    """Issue, bad input: doubled callbacks. The provider, who hands a result out once, is asked once."""
    begun = lab.begun(shape)
    if shape in PUSHED:
        lab.decide(begun, Outcome.APPROVE)
        moved = race(lambda _: lab.room.desk.poll(begun), 6)
    else:
        carried = lab.carried(begun, Outcome.APPROVE)
        moved = race(lambda _: lab.room.desk.answer(begun, carried), 6)
    assert [each.failure for each in moved] == [None] * 6
    assert [each.state for each in moved].count(State.VERIFIED) == 1
    assert [action for action, _ in lab.room.audited()] == ["verification.succeeded"]
    assert lab.room.collect(begun).name == "홍길동"


def test_takes_no_second_callback(lab: Lab, shape: str) -> None:
    """Issue, bad input: a callback that is sent again after it was weighed."""
    begun = lab.begun(shape)
    verified = lab.answered(shape, begun, Outcome.APPROVE)
    again = lab.room.desk.poll(verified) if shape in PUSHED else lab.room.desk.answer(verified, {})
    assert again == verified
    assert len(lab.room.audited()) == 1
