"""What every method must keep, whoever is behind it (korean-identity: begin → poll → finish → Evidence)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from idp.verification.evidence import Assurance, Evidence, Holder
from idp.verification.failures import every_failure
from idp.verification.simulated.outcome import Outcome
from idp.verification.simulated.people import COMPANIES, people
from idp.verification.state import State
from idp.verification.transactions import PageExpired
from tests.unit.verification.lab import ALL, BUSINESS, Room

FAILURES = {
    Outcome.REFUSE: (State.DENIED, "verification_denied"),
    Outcome.CANCEL: (State.DENIED, "verification_cancelled"),
    Outcome.EXPIRE: (State.EXPIRED, "verification_expired"),
    Outcome.OTHER_HOLDER: (State.FAILED, "verification_name_mismatch"),
    Outcome.PROVIDER_ERROR: (State.FAILED, "verification_provider_failed"),
    Outcome.NO_ANSWER: (State.FAILED, "verification_provider_unavailable"),
    Outcome.FORGED: (State.FAILED, "verification_result_forged"),
    Outcome.REPLAYED: (State.FAILED, "verification_result_replayed"),
    Outcome.FOREIGN: (State.FAILED, "verification_result_foreign"),
    Outcome.LATE: (State.FAILED, "verification_result_stale"),
}


@pytest.fixture(params=ALL)
def method(request: pytest.FixtureRequest) -> str:
    code: str = request.param
    return code


def test_makes_evidence_that_says_where_it_comes_from(room: Room, method: str) -> None:
    """REQ-16; issue: `simulated` travels in the evidence."""
    transaction = room.verified(method)
    evidence = room.collect(transaction)
    code = next(each for each in room.desk.enabled if each.code == method)
    assert (evidence.method, evidence.provider, evidence.simulated) == (method, "simulator", True)
    assert (evidence.holder, evidence.assurance) == (code.holder, code.assurance)
    assert (evidence.tx_id, evidence.verified_at) == (transaction.id, room.clock.now())
    assert len(evidence.raw_hash) == 64
    assert (evidence.certificate is not None) == (evidence.assurance is Assurance.L3)


def test_names_whom_the_provider_vouched_for(room: Room, method: str) -> None:
    """REQ-15, REQ-26: identity comes from the provider."""
    evidence = room.collect(room.verified(method))
    person = people(room.clock.now().date())["hong_gildong"]
    assert evidence.name == person.name
    if evidence.holder is Holder.BUSINESS:
        assert (evidence.business_number, evidence.company_name) == ("1237894566", "길동상사")
        assert evidence.ci is None
    else:
        assert (evidence.birth_date, evidence.phone, evidence.ci) == (person.birth_date, person.phone, person.ci)
        assert (len(evidence.ci or ""), len(evidence.di or "")) == (88, 64)


@pytest.mark.parametrize("outcome", FAILURES)
def test_fails_by_its_own_code_and_without_evidence(room: Room, method: str, outcome: Outcome) -> None:
    """Korean identity §3.6: every failure mode of a provider."""
    state, code = FAILURES[outcome]
    if outcome is Outcome.OTHER_HOLDER and method.startswith("business"):
        code = "verification_business_mismatch"
    begun = room.begun(method)
    ended = room.answered(begun, outcome=outcome)
    assert (ended.state, ended.failure) == (state, code)
    assert dict(ended.memory) == {}
    with pytest.raises(PageExpired):
        room.collect(begun)
    assert room.audited() == [
        (
            "verification.failed",
            {"method": method, "provider": "simulator", "simulated": True, "purpose": "enrolment", "failure": code},
        )
    ]


def test_knows_every_way_to_fail() -> None:
    """The table above leaves none out."""
    assert set(FAILURES) == set(Outcome) - {Outcome.APPROVE}


def test_waits_until_the_provider_has_an_answer(room: Room, method: str) -> None:
    """korean-identity §3.6: poll → pending."""
    begun = room.begun(method)
    assert room.desk.poll(begun) == begun
    assert begun.state is State.SENT
    assert room.answered(begun).state is State.VERIFIED


def test_makes_nothing_of_what_only_a_browser_says(room: Room, method: str) -> None:
    """Architecture §11.3: the browser's name, CI and 사업자등록번호 decide nothing."""
    begun = room.begun(method)
    said = {"handle": "x" * 22, "code": "000000", "name": "홍길동", "ci": "c" * 88, "business_number": "1237894566"}
    ended = room.desk.answer(begun, said)
    assert ended.state is State.FAILED
    assert ended.failure == "verification_result_forged"
    with pytest.raises(PageExpired):
        room.collect(begun)


def test_ignores_what_a_browser_adds_to_a_good_answer(room: Room, method: str) -> None:
    """Architecture §11.3."""
    begun = room.begun(method)
    chosen = "second" if method.startswith("business") else "kim_gildong"
    asked = begun.request.holder
    if asked is Holder.BUSINESS:
        begun = room.begun(method, replace(BUSINESS, business_number=COMPANIES[1].business_number))
    handle = room.provider.send(begun.nonce, asked, chosen, Outcome.APPROVE)
    added = {"handle": handle, "name": "홍길동", "ci": "c" * 88, "business_number": "1237894566", "holder": "gildong"}
    moved = room.desk.answer(begun, added)
    if moved.state is State.SENT:
        moved = room.desk.answer(moved, {**added, "code": str(moved.memory["code"])})
    evidence = room.collect(moved)
    assert evidence.name == "김길동"
    assert evidence.business_number in {None, COMPANIES[1].business_number}


def test_answers_one_request_with_that_requests_result_only(room: Room, method: str) -> None:
    """korean-identity §3.6: a result of another session."""
    mine, theirs = room.begun(method), room.begun(method, browser="another-browser")
    stolen = room.provider.send(theirs.nonce, theirs.request.holder, "hong_gildong", Outcome.APPROVE)
    ended = room.desk.answer(mine, {"handle": stolen})
    assert ended.state is State.FAILED
    assert ended.failure in {"verification_result_foreign", "verification_result_forged"}


def test_evidence_survives_packing(room: Room, method: str) -> None:
    """It is sealed as octets and comes back equal."""
    evidence = room.collect(room.verified(method))
    assert Evidence.unpacked(evidence.packed()) == evidence


def test_writes_no_personal_data_into_audit_or_representation(room: Room, method: str) -> None:
    """Architecture §11.7."""
    evidence = room.collect(room.verified(method))
    (action, detail), *rest = room.audited()
    assert (action, rest) == ("verification.succeeded", [])
    assert detail == {"method": method, "provider": "simulator", "simulated": True, "purpose": "enrolment"}
    personal = {evidence.name, evidence.phone, evidence.ci, evidence.di, evidence.company_name} - {None}
    for text in (repr(evidence), json.dumps(detail, ensure_ascii=False)):
        assert not [each for each in personal if each and each in text]


def test_every_failure_says_what_to_do_next_in_its_own_words() -> None:
    """Architecture §11.8; each code once."""
    tree = list(every_failure())
    assert len({failure.code for failure in tree}) == len(tree)
    for failure in tree:
        assert failure.sentence.endswith("다.")
        assert failure.next_step.endswith(("주세요.", "합니다."))
