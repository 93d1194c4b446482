"""The desk: what is offered, what is asked, and methods that misbehave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from idp.errors import ConfigurationError
from idp.verification.desk import MethodNotOffered
from idp.verification.evidence import Evidence, Holder
from idp.verification.failures import ProviderUnavailable
from idp.verification.method import Context, Memory, Turn, Wait
from idp.verification.request import BusinessNumberRefused, VerificationRequest
from idp.verification.simulated.methods import GUESSES, ByCode, ByRedirect, simulated_methods
from idp.verification.simulated.outcome import Outcome
from idp.verification.simulated.people import people
from idp.verification.state import State
from idp.verification.transactions import PageExpired
from tests.unit.verification.lab import BROWSER, BUSINESS, PERSON, Room


@dataclass(frozen=True, slots=True)
class Odd(ByRedirect):
    """A method of a test, with one thing wrong."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    raises: Exception | None = None
    raises_at_once: Exception | None = None

    def begin(self, _context: Context) -> Turn:
        if self.raises_at_once is not None:
            raise self.raises_at_once
        return Turn(Wait("", ""))

    def finish(self, context: Context, _memory: Memory, _answer: Mapping[str, str]) -> Turn | Evidence:
        if self.raises is not None:
            raise self.raises
        return replace(self._evidence(context, "hong_gildong", b""), **self.changes)


def odd(room: Room, **wrong: Any) -> Room:
    """The room with such a method for Any-ID alone."""
    offer = next(each for each in simulated_methods({"any_id"}, room.provider))
    assert isinstance(offer, ByRedirect)
    return room.with_methods(Odd(offer.offer, room.provider, **wrong))


def test_offers_persons_and_businesses_their_methods_in_the_manuals_words(room: Room) -> None:
    """REQ-14."""
    assert [(each.label, each.simulated) for each in room.desk.methods(Holder.PERSON)] == [
        ("공동인증서", True),
        ("개인 간편인증서", True),
        ("휴대폰 인증", True),
        ("Any-ID", True),
    ]
    assert [each.label for each in room.desk.methods(Holder.BUSINESS)] == ["기업인증서", "사업자 간편인증서"]
    assert all(each.note.endswith("다.") for holder in Holder for each in room.desk.methods(holder))


def test_offers_only_what_is_enabled(room: Room) -> None:
    """REQ-14."""
    some = room.with_methods(*simulated_methods({"any_id", "phone"}, room.provider))
    assert [each.code for each in some.desk.methods(Holder.PERSON)] == ["phone", "any_id"]
    assert some.desk.methods(Holder.BUSINESS) == ()
    with pytest.raises(MethodNotOffered):
        some.desk.begin("joint_certificate", PERSON, BROWSER)


@pytest.mark.parametrize(("code", "asked"), [("business_certificate", PERSON), ("any_id", BUSINESS), ("", PERSON)])
def test_begins_no_method_of_the_other_kind(room: Room, code: str, asked: VerificationRequest) -> None:
    """REQ-14: a posted method code is looked up, not believed."""
    with pytest.raises(MethodNotOffered):
        room.desk.begin(code, asked, BROWSER)


@pytest.mark.parametrize("number", [None, "", "1237894560", "0000000000", "123-78-94566", "１２３７８９４５６６"])
def test_verifies_a_business_for_a_valid_number_only(number: str | None) -> None:
    """REQ-14, REQ-17."""
    with pytest.raises(BusinessNumberRefused):
        VerificationRequest("enrolment", Holder.BUSINESS, "draft-1", "/back", business_number=number)


@pytest.mark.parametrize(
    "path",
    ["", "back", "//evil.example", "/\\evil.example", "https://evil.example/", "/a b", "/a\r\nb", "/a\\b", "/한"],
)
def test_returns_to_our_own_host_only(path: str) -> None:
    """Architecture §11.2: not even a caller's mistake makes an open redirect."""
    with pytest.raises(ConfigurationError):
        replace(PERSON, return_path=path)


@pytest.mark.parametrize("change", [{"purpose": ""}, {"purpose": "Two words"}, {"bound_to": ""}])
def test_is_always_for_something(change: dict[str, Any]) -> None:
    """Evidence bound to nothing could be used for anything."""
    with pytest.raises(ConfigurationError):
        replace(PERSON, **change)


def test_shows_a_provider_that_is_down_on_the_verifications_page(room: Room) -> None:
    """Who begins is sent to a page that says what to do, not to an error of ours."""
    begun = odd(room, raises_at_once=ProviderUnavailable()).begun("any_id")
    assert (begun.state, begun.failure) == (State.FAILED, "verification_provider_unavailable")
    assert room.audited()[0][1]["failure"] == "verification_provider_unavailable"


@pytest.mark.parametrize("moment", ["raises", "raises_at_once"])
def test_ends_a_verification_whose_method_breaks(room: Room, moment: str) -> None:
    """An answer may be spent at the provider: it is never weighed twice."""
    broken = odd(room, **{moment: RuntimeError("bug")})
    with pytest.raises(RuntimeError):
        broken.desk.answer(broken.begun("any_id"), {})
    assert [detail["failure"] for _action, detail in room.audited()] == ["verification_provider_failed"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tx_id": "another"}, "verification_result_foreign"),
        ({"holder": Holder.BUSINESS}, "verification_holder_mismatch"),
        ({"simulated": False}, "verification_provider_failed"),
        ({"method": "phone"}, "verification_provider_failed"),
        ({"name": None}, "verification_provider_failed"),
        ({"name": ""}, "verification_provider_failed"),
    ],
)
def test_weighs_every_methods_evidence_at_the_same_last_gate(room: Room, changes: dict[str, Any], code: str) -> None:
    """A careless adapter makes no evidence; nobody but a real method makes real evidence."""
    careless = odd(room, changes=changes)
    begun = careless.begun("any_id")
    assert careless.desk.answer(begun, {}).failure == code
    with pytest.raises(PageExpired):
        careless.collect(begun)


@pytest.mark.parametrize("minutes", [-10, -600, 2])
def test_takes_no_result_of_another_time(room: Room, minutes: int) -> None:
    """Freshness of ten minutes, and a minute of clock skew."""
    stale = odd(room, changes={"verified_at": room.clock.now() + timedelta(minutes=minutes)})
    assert stale.desk.answer(stale.begun("any_id"), {}).failure == "verification_result_stale"


def test_tells_another_person_from_the_one_this_is_about(room: Room) -> None:
    """Recovery and guardian requests name whom they are about by CI."""
    somebody = people(room.clock.now().date())
    asked = replace(PERSON, expects_ci=somebody["kim_gildong"].ci)
    assert room.answered(room.begun("any_id", asked), "hong_gildong").failure == "verification_person_mismatch"
    assert room.answered(room.begun("any_id", asked), "kim_gildong").state is State.VERIFIED


def test_tells_another_business_from_the_one_that_was_typed(room: Room) -> None:
    """REQ-41: a valid certificate of another company."""
    for code in ("business_certificate", "business_simple_certificate"):
        assert room.answered(room.begun(code), "second").failure == "verification_business_mismatch"


def test_takes_full_width_digits_for_a_code(room: Room) -> None:
    """What a Korean input method types."""
    begun = room.begun("phone")
    handle = room.provider.send(begun.nonce, Holder.PERSON, "hong_gildong", Outcome.APPROVE)
    asked = room.desk.answer(begun, {"handle": handle})
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(asked.memory["code"]))
    assert room.desk.answer(asked, {"code": f" {wide} "}).state is State.VERIFIED


def test_ends_after_too_many_wrong_codes(room: Room) -> None:
    """Six digits can be guessed by whoever may try a million times."""
    begun = room.begun("phone")
    handle = room.provider.send(begun.nonce, Holder.PERSON, "hong_gildong", Outcome.APPROVE)
    asked = room.desk.answer(begun, {"handle": handle})
    right = str(asked.memory["code"])
    wrong = "000000" if right != "000000" else "111111"
    for _guess in range(GUESSES - 1):
        asked = room.desk.answer(asked, {"code": wrong})
        assert asked.state is State.SENT
    ended = room.desk.answer(asked, {"code": wrong})
    assert (ended.state, ended.failure) == (State.FAILED, "verification_code_refused")
    assert room.desk.answer(ended, {"code": right}).state is State.FAILED


def test_counts_every_guess_made_at_once(room: Room) -> None:
    """Two guesses from one picture of the verification: the second counts for nothing and tells nothing."""
    begun = room.begun("phone")
    handle = room.provider.send(begun.nonce, Holder.PERSON, "hong_gildong", Outcome.APPROVE)
    asked = room.desk.answer(begun, {"handle": handle})
    room.desk.answer(asked, {"code": "wrong"})
    assert room.desk.answer(asked, {"code": str(asked.memory["code"])}) == asked


def test_shows_the_code_on_the_testers_phone_only_once_it_was_sent(room: Room) -> None:
    """What the simulator's phone reads."""
    method = next(each for each in room.desk.enabled if each.code == "phone")
    assert isinstance(method, ByCode)
    assert method.message({}) is None
    assert method.message({"code": "123456"}) == "123456"
