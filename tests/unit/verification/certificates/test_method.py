"""A member signs our challenge with a certificate (issue: 공동인증서 / 기업인증서; korean-identity §1.6)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.verification.evidence import Assurance, Evidence, Holder
from idp.verification.failures import Replayed, VerificationFailure
from idp.verification.method import ClientSign, step_packed, step_unpacked
from idp.verification.request import VerificationRequest
from idp.verification.state import State
from idp.verification.transactions import PageExpired, Transaction
from tests.fakes import FrozenClock
from tests.races import race
from tests.unit.verification.certificates.conftest import OpenMember
from tests.unit.verification.certificates.signing import Signer, signed_data
from tests.unit.verification.lab import BUSINESS, PERSON, Room

GOOD = [
    "business",
    "business-old-seed",
    "business-pbes2-seed",
    "business-pbes2-aes",
    "business-second",
    "business-p256",
    "business-rsa-3072",
    "business-financial",
]
BAD = {
    "business-expired": "certificate_expired",
    "business-not-yet-valid": "certificate_not_yet_valid",
    "business-revoked": "certificate_revoked",
    "business-limited": "certificate_policy_disabled",
    "business-wrong-policy": "certificate_policy_unknown",
    "business-other-company": "certificate_vid_mismatch",
    "person": "verification_holder_mismatch",
}


def asked(transaction: Transaction) -> ClientSign:
    assert isinstance(transaction.step, ClientSign)
    return transaction.step


def answered(room: Room, signer: Signer, method: str = "business_certificate", **instead: str) -> Transaction:
    begun = room.begun(method)
    return room.desk.answer(begun, signer.answer(asked(begun).readable, **instead))


def test_asks_for_a_signature_over_a_text_that_can_be_read(certificate_room: Room, frozen_clock: FrozenClock) -> None:
    """§1.6 step 1: nonce, 사업자등록번호 and time; three minutes."""
    step = asked(certificate_room.begun("business_certificate"))
    title, nonce, number, time = step.readable.split("|")
    assert (title, number, time) == ("중기통합회원 기업 확인", BUSINESS.business_number, "2026-03-02T09:00:00Z")
    assert len(nonce) == 43
    assert base64.b64decode(step.challenge).decode() == step.readable
    assert step.ends_at == (frozen_clock.now() + timedelta(minutes=3)).isoformat()
    assert step.holder == "business"
    assert "1.2.410.200005.1.1.5" in step.accepted
    assert "1.2.410.200005.1.1.1" not in step.accepted
    assert step_unpacked(json.loads(json.dumps(step_packed(step)))) == step


@pytest.mark.parametrize("folder", GOOD)
def test_knows_a_business_by_its_certificate(certificate_room: Room, member: OpenMember, folder: str) -> None:
    """§1.6 steps 2 to 8, whichever way the key file was locked; RSA and ECDSA."""
    signer = member(folder)
    evidence = certificate_room.collect(answered(certificate_room, signer))
    assert (evidence.method, evidence.holder, evidence.assurance) == (
        "business_certificate",
        Holder.BUSINESS,
        Assurance.L3,
    )
    assert (evidence.business_number, evidence.company_name, evidence.name) == ("1237894566", "길동상사", None)
    assert evidence.ci is None
    assert evidence.provider == "npki"
    certificate = evidence.certificate
    assert certificate is not None
    assert certificate.serial == str(signer.certificate.serial_number)
    assert certificate.not_after == signer.certificate.not_valid_after_utc
    assert "LABsign" in certificate.issuer
    assert len(certificate.sha256) == 64
    assert Evidence.unpacked(evidence.packed()) == evidence


def test_takes_a_signature_beside_its_certificate(certificate_room: Room, member: OpenMember) -> None:
    """The other shape: `signature` and `certificate`."""
    for folder in ("business", "business-p256"):
        begun = certificate_room.begun("business_certificate")
        moved = certificate_room.desk.answer(begun, member(folder).raw_answer(asked(begun).readable))
        assert moved.state is State.VERIFIED


def test_takes_a_signature_that_leaves_the_text_out(certificate_room: Room, member: OpenMember) -> None:
    """Detached CMS: the text is ours, we have it."""
    begun = certificate_room.begun("business_certificate")
    octets = signed_data(member("business"), asked(begun).readable.encode(), enclosed=False)
    answer = {"cms": base64.b64encode(octets).decode(), "r": member("business").random.hex()}
    assert certificate_room.desk.answer(begun, answer).state is State.VERIFIED


def test_proves_only_name_and_possession_of_a_person(certificate_room: Room, member: OpenMember) -> None:
    """§1.6 end: without UCPID a personal certificate is a credential to be registered; R is not asked for."""
    asked_for = replace(PERSON, expects_ci="c" * 88, expects_name="홍길동")
    begun = certificate_room.begun("joint_certificate", asked_for)
    moved = certificate_room.desk.answer(begun, member("person").answer(asked(begun).readable, r=""))
    evidence = certificate_room.collect(moved)
    assert (evidence.holder, evidence.name, evidence.ci, evidence.di) == (Holder.PERSON, "홍길동", None, None)
    assert (evidence.business_number, evidence.company_name) == (None, None)
    assert evidence.certificate is not None
    assert evidence.certificate.policy == "1.2.410.200005.1.1.1"


@pytest.mark.parametrize(
    ("folder", "request_", "code"),
    [
        ("person", PERSON, "verification_not_identified"),
        ("person", replace(PERSON, expects_ci="c" * 88), "verification_not_identified"),
        ("person-second", replace(PERSON, expects_name="홍길동"), "verification_name_mismatch"),
        ("person-expired", PERSON, "certificate_expired"),
        ("person-revoked", PERSON, "certificate_revoked"),
    ],
)
def test_does_not_take_a_name_for_a_person(
    certificate_room: Room, member: OpenMember, folder: str, request_: VerificationRequest, code: str
) -> None:
    """§1.6 end: not 본인확인, so nobody joins, recovers or vouches for a child by it."""
    begun = certificate_room.begun("joint_certificate", request_)
    ended = certificate_room.desk.answer(begun, member(folder).answer(asked(begun).readable, r=""))
    assert (ended.state, ended.failure) == (State.FAILED, code)


@pytest.mark.parametrize("folder", BAD)
def test_refuses_by_its_own_code_and_without_evidence(certificate_room: Room, member: OpenMember, folder: str) -> None:
    """§1.6: each failure its own log code; issue, bad input."""
    ended = answered(certificate_room, member(folder))
    assert (ended.state, ended.failure) == (State.FAILED, BAD[folder])
    with pytest.raises(PageExpired):
        certificate_room.collect(ended)
    assert certificate_room.audited()[-1][1]["failure"] == BAD[folder]


def test_refuses_a_business_where_a_person_is_asked(certificate_room: Room, member: OpenMember) -> None:
    """§1.6 step 4: the policy of the requested kind of holder."""
    assert answered(certificate_room, member("business"), "joint_certificate").failure == "verification_holder_mismatch"


@pytest.mark.parametrize(
    ("random", "code"),
    [
        ("", "certificate_random_missing"),
        ("00" * 20, "certificate_vid_mismatch"),
        ("zz", "certificate_answer_malformed"),
    ],
)
def test_refuses_another_r(certificate_room: Room, member: OpenMember, random: str, code: str) -> None:
    """§1.6 step 7."""
    assert answered(certificate_room, member("business"), r=random).failure == code


def test_refuses_the_signature_of_another_challenge(certificate_room: Room, member: OpenMember) -> None:
    """§1.6 step 6: exactly our challenge."""
    other, mine = (certificate_room.begun("business_certificate") for _ in range(2))
    stolen = member("business").answer(asked(other).readable)
    assert certificate_room.desk.answer(mine, stolen).failure == "certificate_challenge_foreign"
    raw = member("business").raw_answer(asked(other).readable)
    again = certificate_room.begun("business_certificate")
    assert certificate_room.desk.answer(again, raw).failure == "certificate_signature_invalid"


def test_refuses_an_old_challenge(certificate_room: Room, member: OpenMember, frozen_clock: FrozenClock) -> None:
    """§1.6 step 1: at most three minutes."""
    begun = certificate_room.begun("business_certificate")
    answer = member("business").answer(asked(begun).readable)
    frozen_clock.advance(timedelta(minutes=3))
    assert certificate_room.desk.answer(begun, answer).failure == "certificate_challenge_expired"


def test_spends_a_challenge_once(certificate_room: Room, member: OpenMember) -> None:
    """Architecture §11.1: sixteen racers, one winner, also where the desk does not stand in between."""
    begun = certificate_room.begun("business_certificate")
    method = certificate_room.desk.method_of(begun)
    answer = member("business").answer(asked(begun).readable)

    def finish(_racer: int) -> str:
        try:
            method.finish(begun.context, begun.memory, answer)
        except Replayed as error:
            return error.code
        return "evidence"

    assert sorted(race(finish)) == ["evidence", *["verification_result_replayed"] * 15]


def test_refuses_a_foreign_key_under_a_good_certificate(certificate_room: Room, member: OpenMember) -> None:
    """A certificate is public: whoever has it has not its key."""
    good, other = member("business"), member("business-second")
    forged = Signer(good.certificate, other.key, good.random)
    assert answered(certificate_room, forged).failure == "certificate_signature_invalid"


@pytest.mark.parametrize("r", ["00112233445566778899aabbccddeeff00112233", "not hex", "ab" * 500])
def test_keeps_r_out_of_everything_that_is_kept(
    certificate_room: Room, member: OpenMember, r: str, caplog: pytest.LogCaptureFixture
) -> None:
    """§1.3: R and VID together tell a 주민등록번호; no memory, audit, log or exception has R."""
    ended = answered(certificate_room, member("business"), r=r)
    kept = [repr(ended), json.dumps(certificate_room.audited()), caplog.text, repr(ended.memory)]
    method = certificate_room.desk.method_of(ended)
    begun = certificate_room.begun("business_certificate")
    with pytest.raises(VerificationFailure) as caught:
        method.finish(begun.context, begun.memory, member("business").answer(asked(begun).readable, r=r))
    kept += [repr(caught.value), str(caught.value.__cause__), str(caught.value.__context__)]
    assert not [each for each in kept if r in each]


def test_says_that_a_lab_vouches_for_nobody(certificate_room: Room, member: OpenMember) -> None:
    """REQ-16: `simulated` travels in the evidence."""
    assert certificate_room.collect(answered(certificate_room, member("business"))).simulated is True
