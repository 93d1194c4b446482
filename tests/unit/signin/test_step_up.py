"""Which verifications bring a signed-in member to a higher level."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.commands.certificates import own_certificates
from idp.credentials.certificates import RegisteredCertificates
from idp.house import House
from idp.links.tell_agencies import TellLinkedAgencies
from idp.members.profile import PersonProfile
from idp.signin.certificate import CertificateUnknown
from idp.signin.step_up import StepUp, verification_of
from idp.verification.evidence import Assurance, Certificate, Evidence, Holder
from idp.verification.kept import RenewKept
from tests.builders import EMAIL, NAME, PHONE, a_person

CI = "c" * 86 + "=="


def proved(house: House, sha256: str | None, ci: str | None = None) -> Evidence:
    """By a certificate of this fingerprint, or by none."""
    now = house.clock.now()
    shown = None
    if sha256 is not None:
        shown = Certificate("CN=CA", "1", "1.2.410.200005.1.1.1", sha256, now + timedelta(days=300))
    common = {"provider": "npki", "method": "joint_certificate", "assurance": Assurance.L3, "simulated": False}
    moment = {"tx_id": "t", "verified_at": now, "holder": Holder.PERSON, "raw_hash": "0" * 64}
    return Evidence(**common, **moment, name=NAME, ci=ci, certificate=shown)  # type: ignore[arg-type]


@pytest.fixture
def step_up(house: House) -> StepUp:
    tell = TellLinkedAgencies(house.randomness, house.catalogue)
    renew = RenewKept(house.database, house.clock, house.directory, tell)
    return StepUp(house.database, house.clock, RegisteredCertificates(house.cipher, house.randomness), renew)


def actions(house: House, member_id: str) -> list[tuple[str, dict[str, object]]]:
    with house.database.reading() as connection:
        rows = connection.execute(select(audit_records).where(audit_records.c.member_id == member_id))
        return [(row.action, row.detail) for row in rows]


def test_asks_for_this_members_name_where_there_is_no_ci() -> None:
    """korean-identity §1.6: without UCPID a person's certificate gives a name and possession only."""
    asked = verification_of(PersonProfile("honggildong", NAME, EMAIL, PHONE, ci=CI), "x", "/back", None)
    assert (asked.expects_ci, asked.expects_name) == (CI, NAME)


def test_takes_a_registered_certificate(house: House, step_up: StepUp) -> None:
    """A bound credential: the level is 3, the audit says by which, and when it was last used shows."""
    member_id = a_person(house, ci=CI)
    evidence = proved(house, "a" * 64)
    row = own_certificates(house).register(member_id, evidence, address="203.0.113.5")
    assert step_up(member_id, evidence, address="203.0.113.5").level == 3
    taken = dict(actions(house, member_id))["second_step.taken"]
    assert taken["certificate"] == row
    assert own_certificates(house).listed(member_id)[0].last_used_at == house.clock.now()


def test_takes_no_namesakes(house: House, step_up: StepUp) -> None:
    """There are many 홍길동: a certificate that nobody registered proves none of them, nor does another member's."""
    member_id, namesake = a_person(house, ci=CI), a_person(house, "hong.other")
    own_certificates(house).register(namesake, proved(house, "b" * 64), address="203.0.113.5")
    for fingerprint in ("a" * 64, "b" * 64):
        with pytest.raises(CertificateUnknown):
            step_up(member_id, proved(house, fingerprint), address="203.0.113.5")
    failed = [detail for action, detail in actions(house, member_id) if action == "second_step.failed"]
    assert [each["failure"] for each in failed] == ["certificate_not_registered"] * 2


def test_takes_what_identifies_a_person_unregistered(house: House, step_up: StepUp) -> None:
    """Evidence with a CI was compared with the member's: it needs no registration."""
    member_id = a_person(house, ci=CI)
    assert step_up(member_id, proved(house, "a" * 64, ci=CI), address="203.0.113.5").level == 3
