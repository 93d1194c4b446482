"""기업 회원 로그인 from outside."""

from __future__ import annotations

import base64
import json
import re

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.credentials.certificates import RegisteredCertificates, SignedWith
from idp.credentials.models import certificates
from idp.house import House
from idp.members import store as members
from idp.signin.certificate import SimpleCertificate
from idp.verification.simulated.people import certificate
from tests.builders import an_enterprise, link, register, withdrawing
from tests.protocol.oidc.lab import AGENCIES, VOUCHER, Browser, Provider, csrf, heard
from tests.protocol.recovery.lab import Site, sign_in
from tests.protocol.verification.conftest import Person, tx_id

GILDONG, SECOND, THIRD = "1237894566", "1108100010", "2208600103"
REFUSED = "이 사업자등록번호와 인증서로는 로그인할 수 없습니다."
NOTE = "통합회원 가입 및 마이페이지에서 인증서 등록 후 이용 가능합니다."


@pytest.fixture
def company(house: House) -> Site:
    """Two enterprises; the first registered its certificate."""
    register(house, *AGENCIES)
    member_id = an_enterprise(house, GILDONG)
    an_enterprise(house, SECOND)
    site = Site(house, create_app(house.settings, instead=house), member_id)
    keep(site, certificate("gildong", house.clock.now().date()))
    link(house, member_id, "voucher", "openid", "enterprise")
    return site


def keep(site: Site, proof: SignedWith, member_id: str | None = None) -> None:
    """Register a certificate."""
    registered = RegisteredCertificates(site.house.cipher, site.house.randomness)
    with site.house.database.transaction() as connection:
        row = members.find(connection, member_id or site.member_id)
        assert row is not None
        assert row.data_key is not None
        registered.register(connection, row.id, row.data_key, proof, name="", at=site.house.clock.now())


def tab(visitor: Person) -> TestResponse:
    """The login page's second tab, by its link."""
    page = visitor.get("/account/")
    found = re.search(r'href="(/signin/[\w-]{22}\?type=enterprise)"', page.text)
    assert found is not None
    return visitor.get(found[1])


def ask(visitor: Person, number: str = GILDONG, method: str = "business_certificate") -> TestResponse:
    """Type the number and choose the certificate."""
    return visitor.post(tab(visitor), "/enterprise", business_number=number, method=method)


def enter(
    visitor: Person, number: str = GILDONG, holder: str = "gildong", method: str = "business_certificate"
) -> TestResponse:
    """Type the number, choose the certificate, be verified with it."""
    return visitor.choose(ask(visitor, number, method), holder)


def test_offers_both_tabs_at_addresses_of_their_own(company: Site) -> None:
    """REQ-37: the labels of §2-2 and §2-3, as links."""
    visitor = company.visitor()
    person, enterprise = visitor.get("/account/"), tab(visitor)
    for page in (person, enterprise):
        for label in ("일반 회원 로그인", "기업 회원 로그인", "홈페이지로 돌아가기", "통합회원가입"):
            assert label in page.text
    for label in ("아이디 찾기", "비밀번호 재설정", "아이디 저장", "아이디를 입력하세요", "비밀번호를 입력하세요"):
        assert label in person.text
    for label in ("사업자등록번호를 입력하세요", "인증서 로그인", "기업 간편인증서", "기업인증서", NOTE):
        assert label in enterprise.text
    assert 'name="password"' not in enterprise.text


def test_signs_an_enterprise_in_by_its_number_and_registered_certificate(company: Site) -> None:
    """REQ-41, C11: the audit knows which certificate; the session is of level 3."""
    visitor = company.visitor()
    assert "나의 정보" in enter(visitor).text
    (record,) = company.audited("sign_in.succeeded")
    with company.house.database.reading() as connection:
        row = connection.execute(select(certificates)).one()
    assert (record["member_id"], record["method"], record["certificate"]) == (
        company.member_id,
        "business_certificate",
        row.id,
    )
    assert row.last_used_at == company.house.clock.now()


def test_tells_the_relying_party_how_strong_it_was(company: Site) -> None:
    """REQ-92: `acr` and `amr` of a certificate; issue 4: nobody takes a simulated one for a real one."""
    browser = Browser(company.app.test_client())
    visitor = Person(browser.client)
    asked = browser.authorize(VOUCHER, scope="openid enterprise").headers["Location"]
    form = {"business_number": GILDONG, "method": "business_certificate"}
    found = visitor.post(visitor.get(f"{asked}?type=enterprise"), "/enterprise", **form)
    sent = {"csrf_token": csrf(found), "holder": "gildong", "outcome": "approve"}
    answered = browser.client.post(f"/verification/{tx_id(found)}/simulator", data=sent)
    code = heard(browser.pages(answered), VOUCHER)["code"]
    provider = Provider(company.house, company.app)
    id_token = provider.redeem(VOUCHER, code).get_json()["id_token"]
    claims = json.loads(base64.urlsafe_b64decode(id_token.split(".")[1] + "=="))
    assert (claims["acr"], claims["amr"]) == ("urn:onepass:acr:3:sim", ["swk"])
    assert claims["member_type"] == "enterprise"


@pytest.mark.parametrize(
    ("number", "holder", "method"),
    [
        (SECOND, "second", "business_certificate"),
        (THIRD, "third", "business_certificate"),
        (GILDONG, "gildong", "business_simple_certificate"),
    ],
    ids=["unregistered", "no member", "another method"],
)
def test_refuses_what_was_never_registered(company: Site, number: str, holder: str, method: str) -> None:
    """REQ-41, REQ-42: one sentence with the note, whether the number or the certificate is unknown."""
    visitor = company.visitor()
    if method == "business_simple_certificate":
        waiting = ask(visitor, number, method)
        phone = visitor.get(f"/verification/{tx_id(waiting)}/simulator")
        visitor.choose(phone, holder)
        page = visitor.post(waiting, "/poll")
    else:
        page = enter(visitor, number, holder, method)
    assert page.status_code == 401
    assert REFUSED in page.text
    assert NOTE in page.text
    assert "login-title" in visitor.get("/account/").text


def test_takes_the_simple_certificate_of_who_registered_it(company: Site) -> None:
    """REQ-42: by joining with it or on one's own pages; it counts for the number it was proven for."""
    keep(company, SimpleCertificate("simulator", "business_simple_certificate"))
    visitor = company.visitor()
    waiting = ask(visitor, GILDONG, "business_simple_certificate")
    phone = visitor.get(f"/verification/{tx_id(waiting)}/simulator")
    visitor.choose(phone, "gildong")
    assert "나의 정보" in visitor.post(waiting, "/poll").text
    assert company.audited("sign_in.succeeded")[-1]["method"] == "business_simple_certificate"


def test_refuses_a_valid_certificate_of_another_company(company: Site) -> None:
    """REQ-41: also one that is registered, by that other company."""
    keep(company, certificate("second", company.house.clock.now().date()), _id_of(company, SECOND))
    visitor = company.visitor()
    page = enter(visitor, GILDONG, "second")
    assert "입력한 사업자등록번호와 인증된 사업자가 다릅니다." in page.text
    assert "login-title" in visitor.get("/account/").text
    assert company.audited("sign_in.succeeded") == []


@pytest.mark.parametrize(
    ("number", "method", "sentence"),
    [
        ("", "business_certificate", "사업자등록번호를 입력해 주세요."),
        ("1237894560", "business_certificate", "사업자등록번호 10자리를 다시 확인해 주세요."),
        ("0000000000", "business_certificate", "사업자등록번호 10자리를 다시 확인해 주세요."),
        ("123-45", "business_certificate", "사업자등록번호 10자리를 다시 확인해 주세요."),
        ("길동상사🙂", "business_certificate", "사업자등록번호 10자리를 다시 확인해 주세요."),
        ("1" * 5000, "business_certificate", "너무 깁니다"),
        ("1237894566\x00", "business_certificate", "사용할 수 없는 문자"),
        (GILDONG, "", "로그인에 쓸 인증서를 선택해 주세요."),
        (GILDONG, "joint_certificate", "로그인에 쓸 인증서를 선택해 주세요."),
    ],
)
def test_says_in_its_field_what_is_wrong(company: Site, number: str, method: str, sentence: str) -> None:
    """REQ-41: the number alone does not do; issue 3: errors in place, what was typed kept."""
    page = ask(company.visitor(), number, method)
    assert page.status_code == 400
    assert sentence in page.text
    assert 'aria-invalid="true"' in page.text


@pytest.mark.parametrize("typed", ["123-78-94566", "１２３７８９４５６６", " 123 78 94566 "])
def test_takes_a_number_however_it_is_typed(company: Site, typed: str) -> None:
    """Issue 3: hyphens, blanks, full-width digits."""
    assert "나의 정보" in enter(company.visitor(), typed).text


def test_comes_back_when_the_certificate_was_refused(company: Site) -> None:
    """Issue 3: the verification's page says why, its way back is this tab."""
    visitor = company.visitor()
    page = visitor.choose(ask(visitor), "gildong", "cancel")
    back = re.search(r'href="(/signin/[\w-]{22}/enterprise)"', page.text)
    assert back is not None
    assert "인증서 로그인" in visitor.get(back[1]).text


def test_signs_in_once_by_one_proof(company: Site) -> None:
    """REQ-15: evidence is used once; the address of its return, loaded again, signs nobody in."""
    visitor = company.visitor()
    page = ask(visitor)
    proof = tx_id(page)
    visitor.choose(page, "gildong")
    visitor.post(visitor.get("/account/"), "/account/sign-out")
    pending = re.search(r"/signin/([\w-]{22})", tab(visitor).text)
    assert pending is not None
    assert "인증서 로그인" in visitor.get(f"/signin/{pending[1]}/enterprise?verification={proof}").text
    assert len(company.audited("sign_in.succeeded")) == 1


def test_signs_nobody_in_who_left(company: Site) -> None:
    """REQ-80: a number without a member is unknown, certificate or not."""
    withdrawing(company.house)(company.member_id)
    assert REFUSED in enter(company.visitor()).text


def test_is_bound_to_the_browser_it_began_in(company: Site) -> None:
    """Login CSRF: a link into somebody else's sign-in opens nothing here."""
    visitor, other = company.visitor(), company.visitor()
    page = ask(visitor)
    pending = re.search(r"/signin/([\w-]{22})", tab(visitor).text)
    assert pending is not None
    proof = tx_id(page)
    other.get("/account/")
    assert other.get(f"/signin/{pending[1]}/enterprise?verification={proof}").status_code == 404
    assert other.get(f"/verification/{proof}").status_code == 404


def test_takes_no_post_from_elsewhere(company: Site) -> None:
    """OWASP CSRF Prevention."""
    visitor = company.visitor()
    pending = re.search(r"/signin/([\w-]{22})", tab(visitor).text)
    assert pending is not None
    sent = {"business_number": GILDONG, "method": "business_certificate"}
    assert visitor.client.post(f"/signin/{pending[1]}/enterprise", data=sent).status_code == 400


def test_signs_no_person_in_by_a_business_certificate(site: Site, visitor: Person) -> None:
    """§2-2, §2-3: two kinds of member, two ways in; a person's number on file opens nothing here."""
    assert REFUSED in enter(visitor).text
    assert "나의 정보" in sign_in(visitor, "Onepass!2026").text


def _id_of(site: Site, number: str) -> str:
    with site.house.database.reading() as connection:
        found = site.house.directory.enterprise_id(connection, number)
    assert found is not None
    return found
