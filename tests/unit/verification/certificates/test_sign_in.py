"""기업 회원 로그인 with a real certificate, from the login page to the session (issue: enterprise login)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.commands.certificates import own_certificates
from idp.house import House
from idp.settings import Settings
from idp.verification.certificates.x509_values import read
from tests.builders import a_house, an_enterprise
from tests.protocol.recovery.lab import Site
from tests.protocol.recovery.test_enterprise import NOTE, REFUSED, ask
from tests.unit.verification.certificates.authority import BUSINESS
from tests.unit.verification.certificates.conftest import OpenMember
from tests.unit.verification.certificates.test_posting import readable


@pytest.fixture
def company(house: House, lab_settings: Settings, member: OpenMember) -> Iterator[Site]:
    """길동상사, which registered one of its certificates, at a provider that trusts the lab."""
    url = house.database.engine.url.render_as_string(hide_password=False)
    trusting = a_house(url, house.settings.keys_dir, house.clock, certificates=lab_settings.certificates)
    member_id = an_enterprise(trusting, "1237894566")
    own_certificates(trusting).vouched(member_id, read(member("business").der).kept(BUSINESS), name="", actor="test")
    yield Site(trusting, create_app(trusting.settings, instead=trusting), member_id)
    trusting.close()


def enter(company: Site, member: OpenMember, folder: str) -> TestResponse:
    """Type the number, sign with the certificate in `folder`."""
    visitor = company.visitor()
    page = ask(visitor)
    return visitor.post(page, "/answer", **member(folder).answer(readable(page)))


def test_signs_in_with_the_registered_certificate(company: Site, member: OpenMember) -> None:
    """Issue: 사업자등록번호 + a registered certificate; the certificate used is in the audit."""
    assert "나의 정보" in enter(company, member, "business").text
    (record,) = company.audited("sign_in.succeeded")
    (registered,) = company.audited("certificate.registered")
    assert (record["method"], record["certificate"]) == ("business_certificate", registered["certificate"])


def test_signs_in_however_its_key_file_was_locked(company: Site, member: OpenMember) -> None:
    """One certificate, four locks."""
    for folder in ("business-old-seed", "business-pbes2-seed", "business-pbes2-aes"):
        assert "나의 정보" in enter(company, member, folder).text


def test_refuses_a_good_certificate_that_was_not_registered(company: Site, member: OpenMember) -> None:
    """REQ-41, REQ-42: it proves the company, and still opens nothing."""
    page = enter(company, member, "business-second")
    assert page.status_code == 401
    assert NOTE in page.text
    assert REFUSED.split(".")[0] in page.text
    assert company.audited("sign_in.succeeded") == []


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("business-other-company", "입력한 사업자등록번호의 인증서가 아닙니다."),
        ("business-revoked", "폐지되었거나 효력이 정지된 인증서입니다."),
        ("business-expired", "유효기간이 지난 인증서입니다."),
    ],
)
def test_refuses_what_is_not_good(company: Site, member: OpenMember, folder: str, sentence: str) -> None:
    """Issue, what to show: another company's, a revoked, an expired one."""
    assert sentence in enter(company, member, folder).text
    assert company.audited("sign_in.succeeded") == []
