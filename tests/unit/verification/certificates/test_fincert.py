"""금융인증서: signed on the page of who keeps it, fetched by the server, weighed by the same verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from idp.errors import ConfigurationError
from idp.sections.providers import AnyProvider
from idp.settings import Settings
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from idp.verification.certificates.configured import method_by
from idp.verification.evidence import Assurance, Holder
from idp.verification.lab.make import Lab
from idp.verification.method import Redirect
from idp.verification.providers.configured import configured_methods
from idp.verification.providers.fincert import FinCert
from idp.verification.providers.wire import Reply, Wire
from idp.verification.state import State
from idp.verification.transactions import PageExpired, Transaction
from simulator.keys import FINCERT_ORGANISATION, new_keys
from simulator.site import open_site
from tests.fakes import FixedRandomness, FrozenClock
from tests.races import race
from tests.unit.verification.certificates.conftest import OpenMember
from tests.unit.verification.lab import ALL, BUSINESS, Room, room as a_room
from tests.unit.verification.providers.lab import means_on

URL, BACK = "https://fincert.example", "https://id.example.test"
PAPER = {
    "shape": "fincert", "method": "financial_certificate", "name": "kftc", "label": "금융인증서", "holder": "business",
    "org_code": "ORG1", "api_key": "k" * 32, "base_url": URL,
}  # fmt: skip


@dataclass
class Vendor:
    """Keeps certificates: `signs` is what its page makes of a text."""

    signs: Callable[[str], Mapping[str, Any]] = lambda _text: {}
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def answer(self, target: str, body: bytes | None) -> Mapping[str, Any]:
        content = json.loads(body or b"{}")
        if target.endswith("/sign"):
            self.asked.append(content)
            return {"resultCode": "000000", "signId": str(len(self.asked)), "pageUrl": f"{URL}/page/1"}
        said = self.asked[int(content["signId"]) - 1]
        return {"resultCode": "000000", **self.signs(said["content"]["plainText"])}


@dataclass(frozen=True, slots=True)
class _ToVendor(Wire):
    vendor: Vendor | None = None

    def _ask(self, _verb: str, target: str, body: bytes | None, _headers: Mapping[str, str]) -> Reply:
        assert self.vendor is not None
        return Reply(200, json.dumps(self.vendor.answer(target, body)).encode())


@dataclass(frozen=True)
class Desk:
    room: Room
    vendor: Vendor

    def begun(self, browser: str = "mark-of-this-browser") -> Transaction:
        path = self.room.desk.begin("financial_certificate", BUSINESS, browser)
        return self.room.desk.look(path.removeprefix("/verification/"), browser)

    def moved(self, signs: Callable[[str], Mapping[str, Any]]) -> Transaction:
        self.vendor.signs = signs
        return self.room.desk.answer(self.begun(), {})

    def ended(self, signs: Callable[[str], Mapping[str, Any]]) -> str:
        moved = self.moved(signs)
        return moved.failure or str(moved.state)


@pytest.fixture
def made(
    database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness, lab_settings: Settings
) -> Desk:
    store = DatabaseExpiringStore(database, frozen_clock)
    signing = method_by(lab_settings, store, frozen_clock, fixed_randomness)
    means = means_on(store, frozen_clock, fixed_randomness, signing)
    (method,) = configured_methods(ALL, TypeAdapter(list[AnyProvider]).validate_python([PAPER]), means)
    vendor = Vendor()
    wire = _ToVendor("kftc", URL, frozenset({"fincert.example"}), 5, vendor=vendor)
    room = a_room(database, store, frozen_clock, fixed_randomness)
    return Desk(room.with_methods(replace(method, wire=wire)), vendor)  # type: ignore[type-var]


def signing_as(member: OpenMember, name: str, **instead: str) -> Callable[[str], Mapping[str, Any]]:
    """What the vendor hands out when the holder of this certificate signs."""

    def signs(text: str) -> Mapping[str, Any]:
        answer = member(name).answer(text)
        return {"certSeqNum": "1", "signedVals": answer["cms"], "vidRandom": answer["r"], **instead}

    return signs


def test_makes_evidence_of_a_signature_that_the_verdict_accepts(made: Desk, member: OpenMember) -> None:
    """korean-identity §3.5: one server verifier serves both; L3, with the certificate."""
    made.vendor.signs = signing_as(member, "business-financial")
    begun = made.begun()
    assert begun.step == Redirect(f"{URL}/page/1")
    (asked,) = made.vendor.asked
    assert asked["content"]["plainText"].startswith("중기통합회원 기업 확인|")
    assert asked["signFormat"] == {"type": "CMS", "CMSInfo": {"includeR": True}}
    moved = made.room.desk.answer(begun, {"signedVals": "forged", "certSeqNum": "9"})
    assert moved.state is State.VERIFIED
    evidence = made.room.collect(moved)
    assert (evidence.provider, evidence.method, evidence.assurance) == ("kftc", "financial_certificate", Assurance.L3)
    assert (evidence.business_number, evidence.company_name) == ("1237894566", "길동상사")
    assert evidence.certificate is not None
    assert evidence.simulated, "a lab's certificate vouches for nobody"


def test_asks_for_no_persons_r(made: Desk) -> None:
    """korean-identity §1.3: with VID it tells a 주민등록번호, and nothing here needs it."""
    begun = made.begun()
    method = made.room.desk.method_of(begun)
    assert isinstance(method, FinCert)
    replace(method, offer=replace(method.offer, holder=Holder.PERSON)).begin(begun.context)
    assert made.vendor.asked[-1]["signFormat"]["CMSInfo"] == {"includeR": False}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("business-other-company", "certificate_vid_mismatch"),
        ("business-revoked", "certificate_revoked"),
        ("business-expired", "certificate_expired"),
        ("business-wrong-policy", "certificate_policy_unknown"),
    ],
)
def test_refuses_what_the_verdict_refuses(made: Desk, member: OpenMember, name: str, code: str) -> None:
    """Issue, bad input: another company's, a revoked, an expired one; each its own log code."""
    moved = made.moved(signing_as(member, name))
    assert (moved.state, moved.failure) == (State.FAILED, code)
    with pytest.raises(PageExpired):
        made.room.collect(moved)


def test_refuses_a_signature_over_another_text(made: Desk, member: OpenMember) -> None:
    """Issue, bad input: old or foreign challenge."""
    answer = member("business-financial").answer("중기통합회원 기업 확인|another")
    signed = {"signedVals": answer["cms"], "vidRandom": answer["r"]}
    assert made.ended(lambda _text: signed) == "certificate_challenge_foreign"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"resultCode": "800000"}, "verification_cancelled"),
        ({"resultCode": "800001"}, "verification_denied"),
        ({"resultCode": "800002"}, "verification_expired"),
        ({"resultCode": "800003"}, "verification_result_foreign"),
        ({"resultCode": "800004"}, "verification_result_replayed"),
        ({"resultCode": "900000"}, "verification_provider_failed"),
        ({"resultCode": "unheard of"}, "verification_provider_failed"),
        ({}, "verification_provider_failed"),
        ({"signedVals": "AAAA"}, "certificate_answer_malformed"),
        ({"signedVals": "x" * 60_001}, "verification_provider_failed"),
    ],
)
def test_fails_by_its_own_code(made: Desk, said: dict[str, Any], code: str) -> None:
    """Issue: an adapter with its own failure table; 800000 is what the member's cancelling is called."""
    assert made.ended(lambda _text: said) == code


def test_needs_r_of_a_business(made: Desk, member: OpenMember) -> None:
    """korean-identity §1.6 item 7."""
    assert made.ended(signing_as(member, "business-financial", vidRandom="")) == "certificate_random_missing"


def test_takes_no_signature_after_three_minutes(made: Desk, member: OpenMember, frozen_clock: FrozenClock) -> None:
    """korean-identity §1.6 item 1: the text is good for three minutes, on whosever page."""
    made.vendor.signs = signing_as(member, "business-financial")
    begun = made.begun()
    frozen_clock.advance(timedelta(minutes=3))
    assert made.room.desk.answer(begun, {}).failure == "certificate_challenge_expired"


def test_makes_one_evidence_of_two_callbacks_at_once(made: Desk, member: OpenMember) -> None:
    """Issue, bad input: doubled callbacks."""
    made.vendor.signs = signing_as(member, "business-financial")
    begun = made.begun()
    moved = race(lambda _: made.room.desk.answer(begun, {}), 4)
    assert [each.state for each in moved].count(State.VERIFIED) == 1
    assert [action for action, _ in made.room.audited()] == ["verification.succeeded"]


def simulated(lab: Lab, holder: str, outcome: str) -> Callable[[str], Mapping[str, Any]]:
    """What the simulator's page makes of a text."""
    keys = new_keys()
    app, _ = open_site("http://127.0.0.1:8110", BACK, keys, certificates=lab.directory / "members")
    client, headers = app.test_client(), {"x-api-key": keys.fincert_key}

    def signs(text: str) -> Mapping[str, Any]:
        known = {"orgCode": FINCERT_ORGANISATION, "requestNo": "n"}
        asked = {**known, "content": {"plainText": text}, "returnUrl": f"{BACK}/verification/x/return"}
        number = (client.post("/fincert/v1/sign", json=asked, headers=headers).json or {})["signId"]
        back = client.post(f"/windows/{number}", data={"holder": holder, "outcome": outcome})
        assert back.headers["Location"] == f"{BACK}/verification/x/return?signId={number}"
        return client.post("/fincert/v1/result", json={**known, "signId": number}, headers=headers).json or {}

    return signs


@pytest.mark.parametrize(
    ("holder", "outcome", "code"),
    [
        ("business-financial", "approve", "verified"),
        ("business-pbes2-aes", "approve", "verified"),
        ("business-old-seed", "approve", "verified"),
        ("business-other-company", "approve", "certificate_vid_mismatch"),
        ("business-revoked", "approve", "certificate_revoked"),
        ("business-p256", "approve", "verification_provider_failed"),
        ("business-financial", "forged", "certificate_signature_invalid"),
        ("business-financial", "foreign", "certificate_challenge_foreign"),
        ("business-financial", "replayed", "verification_result_replayed"),
        ("business-financial", "cancel", "verification_cancelled"),
        ("business-financial", "refuse", "verification_denied"),
        ("business-financial", "expire", "verification_expired"),
    ],
)
def test_weighs_what_the_simulators_page_signs(made: Desk, lab: Lab, holder: str, outcome: str, code: str) -> None:
    """Issue: the simulator plays this provider, too, with a laboratory's certificates."""
    assert made.ended(simulated(lab, holder, outcome)) == code


def test_cannot_be_configured_without_authorities(
    database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness
) -> None:
    """Nothing to weigh signatures by: said at the start."""
    means = means_on(DatabaseExpiringStore(database, frozen_clock), frozen_clock, fixed_randomness)
    with pytest.raises(ConfigurationError, match=r"certificates\.roots"):
        configured_methods(ALL, TypeAdapter(list[AnyProvider]).validate_python([PAPER]), means)
