"""인증서 관리, from outside, with the stand-ins vouching (REQ-42, C12)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.account.own_certificates import OwnCertificates
from idp.commands.certificates import own_certificates
from idp.credentials.certificates import RegisteredCertificate
from idp.mail.models import outgoing_messages
from idp.signin.register_certificate import MOST
from idp.verification.evidence import Certificate
from idp.verification.simulated.people import people
from tests.builders import a_person, an_enterprise
from tests.protocol.account.lab import Site, Visit, form_of
from tests.protocol.oidc.lab import csrf, is_a_page
from tests.races import race

PATH = "/account/certificates"
NUMBER, OTHER_NUMBER = "1237894566", "1108100010"
HONG = people(date(2026, 3, 2))["hong_gildong"]


@pytest.fixture
def company(site: Site) -> Visit:
    return site.signed_in(an_enterprise(site.house, NUMBER))


@pytest.fixture
def hong(site: Site) -> Visit:
    return site.signed_in(a_person(site.house, ci=HONG.ci))


def own(site: Site) -> OwnCertificates:
    return own_certificates(site.house)


def listed(site: Site, visit: Visit) -> list[RegisteredCertificate]:
    return own(site).listed(visit.member_id)


def prove(visit: Visit, method: str, holder: str, outcome: str = "approve") -> TestResponse:
    """Choose a method and let the tester's window answer, up to where it leads."""
    page = visit.post(f"{PATH}/register", method=method)
    return vouch(visit.client, page, holder, outcome)


def vouch(client: FlaskClient, begun: TestResponse, holder: str, outcome: str = "approve") -> TestResponse:
    """Go through the verification that `begun` leads to, and on."""
    where = begun.headers["Location"]
    assert where.startswith("/verification/"), where
    simulator = f"{where}/simulator"
    client.get(where)
    sent = {"csrf_token": csrf(client.get(simulator)), "holder": holder, "outcome": outcome}
    answer = client.post(simulator, data=sent, follow_redirects=True)
    if answer.request.path == simulator:
        # The method waits for an app: the page asks whether it has answered.
        waiting = client.get(where)
        form = re.search(r'action="([^"]+/poll)"', waiting.text)
        assert form is not None, waiting.text
        answer = client.post(unescape(form[1]), data={"csrf_token": csrf(waiting)}, follow_redirects=True)
    return answer


def test_registers_names_and_lists(site: Site, company: Visit) -> None:
    """Proven on the server, then named by the member; the list shows what one knows it by."""
    page = prove(company, "business_certificate", "gildong")
    assert page.request.path.endswith("/name")
    assert "인증서를 등록했습니다" in page.text
    row = listed(site, company)[0]
    assert company.filled(f"{PATH}/{row.id}/name", name="회계팀 인증서").headers["Location"] == PATH
    shown = company.get(PATH).text
    for word in ("회계팀 인증서", "Simulated CA", row.said.serial, "사용 기록 없음", "2027-"):
        assert word in shown
    said = {"certificate": row.id, "method": "business_certificate", "simulated": True}
    assert ("certificate.registered", said) in site.actions(company.member_id)
    assert letters(site) == ["certificate_changed"]


def letters(site: Site) -> list[str]:
    """The names of what waits to be sent."""
    with site.house.database.reading() as connection:
        return list(connection.execute(select(outgoing_messages.c.letter).distinct()).scalars())


def sign_in_by(site: Site, method: str) -> int:
    """What 나의 정보 answers a new browser that signs in by a certificate of the company's."""
    client = site.app.test_client()
    started = client.get("/account/").headers["Location"]
    page = client.get(f"{started}?type=enterprise")
    form = re.search(r'<form[^>]*action="(/signin/[^"]+/enterprise)"', page.text)
    assert form is not None, page.text
    fields = {"csrf_token": csrf(page), "business_number": NUMBER, "method": method}
    return vouch(client, client.post(unescape(form[1]), data=fields), "gildong").status_code


def test_signs_in_with_what_was_registered_until_it_is_removed(site: Site, company: Visit) -> None:
    """REQ-42: refused before, with the note; registering it in My page makes login work; removed, it is refused."""
    assert sign_in_by(site, "business_certificate") == 401
    prove(company, "business_certificate", "gildong")
    assert sign_in_by(site, "business_certificate") == 200
    assert sign_in_by(site, "business_simple_certificate") == 401
    row = listed(site, company)[0]
    assert row.last_used_at == site.clock.now()
    company.filled(f"{PATH}/{row.id}/remove", understood="y")
    assert sign_in_by(site, "business_certificate") == 401


def test_registers_a_simple_certificate_as_its_way(site: Site, company: Visit) -> None:
    """기업 간편인증서: no certificate is seen, so the way itself is registered."""
    prove(company, "business_simple_certificate", "gildong")
    assert [row.said.policy for row in listed(site, company)] == ["business_simple_certificate"]
    assert "기업 간편인증서" in company.get(PATH).text


def test_registers_a_persons_own(site: Site, hong: Visit) -> None:
    """공동인증서 of the person with this CI."""
    prove(hong, "joint_certificate", "hong_gildong")
    assert len(listed(site, hong)) == 1


@pytest.mark.parametrize(("method", "holder"), [("joint_certificate", "kim_gildong")])
def test_registers_no_other_persons(site: Site, hong: Visit, method: str, holder: str) -> None:
    """Somebody else's certificate is not this member's, whoever is signed in."""
    page = prove(hong, method, holder)
    assert "/verification/" in page.request.path
    assert listed(site, hong) == []


def test_registers_no_other_companys(site: Site, company: Visit) -> None:
    """REQ-41: a valid certificate of another company fails."""
    prove(company, "business_certificate", "second")
    assert listed(site, company) == []


@pytest.mark.parametrize("method", ["", "phone", "any_id", "simple_certificate", "business_certificate", "nothing"])
def test_offers_a_person_certificates_only(site: Site, hong: Visit, method: str) -> None:
    """A phone is no certificate, and a company's is none of a person's."""
    assert is_a_page(hong.post(f"{PATH}/register", method=method), 400)
    assert listed(site, hong) == []


def test_offers_nothing_to_somebody_nobody_verified(site: Site) -> None:
    """Without a CI to compare with, anybody's certificate would do; so none does, and the page says why."""
    visit = site.signed_in(a_person(site.house))
    assert "확인할 정보가 없기 때문입니다" in visit.get(PATH).text
    assert is_a_page(visit.post(f"{PATH}/register", method="joint_certificate"), 400)


def test_registers_the_same_once(site: Site, company: Visit) -> None:
    """A second time it is said that it is there already."""
    prove(company, "business_certificate", "gildong")
    page = prove(company, "business_certificate", "gildong")
    assert "이미 등록한 인증서입니다" in page.text
    assert len(listed(site, company)) == 1


def test_stops_at_the_most_a_member_may_have(site: Site, company: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound on what one member can make us keep."""
    assert MOST == 20
    monkeypatch.setattr("idp.signin.register_certificate.MOST", 1)
    prove(company, "business_simple_certificate", "gildong")
    assert "인증서 수를 넘었습니다" in prove(company, "business_certificate", "gildong").text
    assert len(listed(site, company)) == 1


def test_spends_a_proof_once(site: Site, company: Visit) -> None:
    """Architecture §11.1: the address one came back to, opened again, registers nothing."""
    prove(company, "business_certificate", "gildong")
    row = listed(site, company)[0]
    company.filled(f"{PATH}/{row.id}/remove", understood="y")
    assert company.get(f"{PATH}/verified?verification=" + "A" * 22).headers["Location"] == PATH
    assert company.get(f"{PATH}/verified").headers["Location"] == PATH
    assert listed(site, company) == []


def test_asks_again_who_it_is(site: Site, company: Visit) -> None:
    """Registering, naming and removing need a proof of the last five minutes; looking does not."""
    prove(company, "business_certificate", "gildong")
    row = listed(site, company)[0]
    tied = company.tied()
    site.clock.advance(timedelta(minutes=5, seconds=1))
    assert company.get(PATH).status_code == 200
    for path in (f"{PATH}/{row.id}/name", f"{PATH}/{row.id}/remove"):
        assert company.get(path).headers["Location"].startswith("/signin/")
    for path in (f"{PATH}/register", f"{PATH}/{row.id}/name", f"{PATH}/{row.id}/remove"):
        values = {**tied, "method": "business_certificate", "name": "x", "understood": "y"}
        assert company.client.post(path, data=values).headers["Location"].startswith("/signin/")
    assert [each.said.name for each in listed(site, company)] == [""]


def test_warns_before_the_last_one_of_an_enterprise_goes(site: Site, company: Visit) -> None:
    """Without a certificate it cannot sign in: read and said so first."""
    prove(company, "business_certificate", "gildong")
    prove(company, "business_simple_certificate", "gildong")
    first, second = listed(site, company)
    assert "마지막 인증서" not in company.get(f"{PATH}/{first.id}/remove").text
    assert company.filled(f"{PATH}/{first.id}/remove").headers["Location"] == PATH
    assert "마지막 인증서" in company.get(f"{PATH}/{second.id}/remove").text
    answer = company.filled(f"{PATH}/{second.id}/remove")
    assert is_a_page(answer, 400)
    assert 'aria-invalid="true"' in answer.text
    assert [each.id for each in listed(site, company)] == [second.id]
    assert company.filled(f"{PATH}/{second.id}/remove", understood="y").headers["Location"] == PATH
    assert listed(site, company) == []


def test_does_not_lose_both_of_two_at_once(site: Site, company: Visit) -> None:
    """Two windows remove one each without a warning: the second is warned, since its is the last by then."""
    prove(company, "business_certificate", "gildong")
    prove(company, "business_simple_certificate", "gildong")
    rows = [each.id for each in listed(site, company)]
    pages = [company.get(f"{PATH}/{row}/remove") for row in rows]
    forms = [form_of(page, f"{PATH}/{row}/remove") for page, row in zip(pages, rows, strict=True)]
    cookies = {name: company.client.get_cookie(name) for name in ("idp_session", "idp_form")}

    def remove(racer: int) -> int:
        client = site.app.test_client()
        for name, cookie in cookies.items():
            assert cookie is not None
            client.set_cookie(name, cookie.value)
        return client.post(f"{PATH}/{rows[racer]}/remove", data=forms[racer]).status_code

    assert sorted(race(remove, 2)) == [303, 400]
    assert len(listed(site, company)) == 1


def test_touches_no_other_members(site: Site, company: Visit) -> None:
    """REQ-50 in spirit: another member's certificate is not there for this one."""
    other = site.signed_in(an_enterprise(site.house, OTHER_NUMBER))
    prove(other, "business_certificate", "second")
    theirs = listed(site, other)[0].id
    for row in (theirs, "0" * 26, "x", "%00", "한글"):
        for act in ("name", "remove"):
            assert is_a_page(company.get(f"{PATH}/{row}/{act}"), 404)
            assert is_a_page(company.post(f"{PATH}/{row}/{act}", name="mine", understood="y"), 404)
    assert [each.said.name for each in listed(site, other)] == [""]


@pytest.mark.parametrize("name", ["", "   ", "가" * 41, "a\x00b", "이름\u202e거꾸로", "a\u200bb", "x" * 10_000])
def test_takes_no_name_that_cannot_be_read(site: Site, company: Visit, name: str) -> None:
    """Bad input: said at the field; the former name stands."""
    prove(company, "business_certificate", "gildong")
    row = listed(site, company)[0].id
    answer = company.filled(f"{PATH}/{row}/name", name=name)
    assert is_a_page(answer, 400)
    assert 'aria-invalid="true"' in answer.text
    assert listed(site, company)[0].said.name == ""


def test_shows_a_name_as_text(site: Site, company: Visit) -> None:
    """HTML and emoji in a name are letters."""
    prove(company, "business_certificate", "gildong")
    row = listed(site, company)[0].id
    company.filled(f"{PATH}/{row}/name", name="<b>총무팀</b> 😀")
    page = company.get(PATH).text
    assert "<b>총무팀" not in page
    assert "&lt;b&gt;총무팀&lt;/b&gt; 😀" in page


@pytest.mark.parametrize(("days", "badge"), [(-1, "만료"), (29, "곧 만료"), (31, None)])
def test_marks_what_ends_soon(site: Site, company: Visit, days: int, badge: str | None) -> None:
    """Issue 4, renewal: seen before it is too late, as long before as a successor may take its place."""
    until = site.clock.now() + timedelta(days=days)
    own(site).vouched(company.member_id, Certificate("CN=CA", "1", "1.2", "f" * 64, until), name="", actor="test")
    found = re.findall(r'<span class="krds-badge bg-light-(?:danger|warning)">([^<]+)</span>', company.get(PATH).text)
    assert found == ([badge] if badge else [])
