"""What a membership keeps of later verifications (issue 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.house import House
from idp.links.tell_agencies import TellLinkedAgencies
from idp.members import store as members
from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.members.verification_kept import VerificationKept
from idp.verification.evidence import Assurance, Evidence, Holder
from idp.verification.kept import RenewKept, kept_of, renewed
from tests.builders import a_person

CI = "c" * 86 + "=="
LONG_AGO = "2025-01-02T03:04:05Z"
KEPT = VerificationKept("phone", "kt", "L2", False, LONG_AGO, "tx-1", ("name", "birthdate", "phone_number"))
HONG = PersonProfile(
    "honggildong",
    "홍길동",
    "hong@example.kr",
    "01012345678",
    birth_date="1990-05-17",
    ci=CI,
    phone_verified=True,
    verification=KEPT,
)
PROVED = Evidence(
    provider="kakao",
    method="simple_certificate",
    assurance=Assurance.L2,
    simulated=False,
    tx_id="tx-2",
    verified_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    holder=Holder.PERSON,
    raw_hash="0" * 64,
    name="홍길동",
    birth_date=date(1990, 5, 17),
    phone="01012345678",
    ci=CI,
)


def test_keeps_a_verification_that_proves_as_much() -> None:
    """The time, the way and the process are the later one's."""
    found = renewed(HONG, PROVED)
    assert found == kept_of(PROVED)
    assert (found.at, found.method, found.process) == ("2026-03-02T09:00:00Z", "simple_certificate", "tx-2")


@pytest.mark.parametrize(
    "less",
    [
        {"assurance": Assurance.L1},
        {"simulated": True},
        {"birth_date": None},
        {"phone": None},
        {"phone": "01099999999"},
        {"name": "홍길순"},
        {"ci": "d" * 86 + "=="},
        {"ci": None},
        {"verified_at": datetime(2024, 1, 1, tzinfo=UTC)},
    ],
)
def test_keeps_nothing_that_proves_less(less: dict[str, Any]) -> None:
    """A weaker means, a stand-in, a claim that is not the profile's, another person, somebody of the same name, an
    older one."""
    assert renewed(HONG, replace(PROVED, **less)) is None


def test_does_not_ask_for_a_number_that_nobody_vouches_for_any_more() -> None:
    """The member gave another telephone since: what was proved of the former one is not told, and not missed."""
    moved = replace(HONG, phone="01087654321", phone_verified=False)
    found = renewed(moved, PROVED)
    assert found is not None
    assert found.of == ("name", "birthdate")


def test_takes_a_provider_in_place_of_a_stand_in() -> None:
    """And a stronger means in place of a weaker."""
    found = renewed(replace(HONG, verification=replace(KEPT, simulated=True)), replace(PROVED, assurance=Assurance.L3))
    assert found is not None
    assert (found.simulated, found.assurance) == (False, "L3")


def test_keeps_an_enterprise_by_its_number() -> None:
    """Whoever represents it, the number is what was proved."""
    company = EnterpriseProfile("uuid", "1237894566", "길동상사", "홍길동", "2001-02-03", "a@example.kr")
    proved = replace(PROVED, holder=Holder.BUSINESS, business_number="1237894566", ci=None)
    found = renewed(company, proved)
    assert found is not None
    assert found.of == ("business_number",)
    assert renewed(company, replace(proved, business_number="2208600103")) is None


def test_writes_it_down_once(any_house: House) -> None:
    """Sealed with the profile, and in the audit; the same evidence again changes nothing."""
    house = any_house
    member_id = a_person(house, ci=CI, birth_date="1990-05-17", verification=replace(KEPT, of=("name", "birthdate")))
    renew = RenewKept(
        house.database, house.clock, house.directory, TellLinkedAgencies(house.randomness, house.catalogue)
    )
    assert [renew(member_id, PROVED, address="192.0.2.1") for _ in range(2)] == [True, False]
    with house.database.reading() as connection:
        row = members.find(connection, member_id)
        actions = connection.execute(select(audit_records.c.action)).scalars().all()
    assert row is not None
    profile = house.directory.profile(row)
    assert profile is not None
    assert profile.verification is not None
    assert profile.verification.at == "2026-03-02T09:00:00Z"
    assert actions.count("identity.verified_again") == 1
