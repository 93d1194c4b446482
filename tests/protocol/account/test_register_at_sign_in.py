"""A certificate of the enterprise that is not registered, at its sign-in: renewed, registered with proof, or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.members.profile import EnterpriseProfile
from tests.builders import EMAIL, NAME, PASSWORD, a_person, an_enterprise, joining
from tests.protocol.account.lab import Site, form_of
from tests.protocol.account.test_certificates import NUMBER, OTHER_NUMBER, own, vouch
from tests.protocol.oidc.lab import csrf, is_a_page
from tests.races import race

ADDRESS = re.compile(r'action="(/signin/[^"]+/certificate)"')


@dataclass(frozen=True)
class Former:
    """A certificate that was registered before."""

    not_after: datetime
    sha256: str = "f" * 64
    issuer: str = "CN=Former CA"
    serial: str = "1"
    policy: str = "1.2.410.200005.1.1.5"


@pytest.fixture
def company(site: Site) -> str:
    """길동상사, with 아이디 and 비밀번호, and no certificate yet."""
    join = joining(site.house)
    uuid = join.admit.new_enterprise_uuid()
    profile = EnterpriseProfile(uuid, NUMBER, "길동상사", NAME, "2001-02-03", EMAIL, None, login_id="gildong")
    hashed = site.house.hasher.hash(PASSWORD)
    with site.house.database.transaction() as connection:
        return join.admit.enterprise(connection, profile, hashed, at=site.clock.now(), actor="test")


def ends(site: Site, member_id: str, days: int, *, name: str = "회계팀 인증서") -> str:
    """Register one that ends so many days from now."""
    return own(site).vouched(member_id, Former(site.clock.now() + timedelta(days=days)), name=name, actor="test")


def arrive(site: Site, method: str = "business_certificate") -> tuple[FlaskClient, TestResponse]:
    """A browser that has just proved to be of the company."""
    client, begun = begin(site, method)
    return client, vouch(client, begun, "gildong")


def begin(site: Site, method: str) -> tuple[FlaskClient, TestResponse]:
    """A browser that is sent to prove it."""
    client = site.app.test_client()
    started = client.get("/account/").headers["Location"]
    page = client.get(f"{started}?type=enterprise")
    form = re.search(r'action="(/signin/[^"]+/enterprise)"', page.text)
    assert form is not None
    fields = {"csrf_token": csrf(page), "business_number": NUMBER, "method": method}
    return client, client.post(unescape(form[1]), data=fields)


def send(client: FlaskClient, page: TestResponse, **fields: str) -> TestResponse:
    """Fill in the form of the page that registers."""
    action = ADDRESS.search(page.text)
    assert action is not None, page.text
    sent = {**form_of(page, action[1]), **fields}
    return client.post(action[1], data=sent, follow_redirects=True)


def failures(site: Site, member_id: str) -> list[object]:
    return [detail.get("failure") for action, detail in site.actions(member_id) if action == "sign_in.failed"]


def test_says_that_it_is_not_registered(site: Site, company: str) -> None:
    """REQ-42: refused, with what to do; the log has its own code; nothing is registered by itself."""
    client, page = arrive(site)
    assert is_a_page(page, 401)
    assert "인증서 등록 후 이용 가능합니다" in page.text
    assert "갱신 등록" not in page.text
    assert failures(site, company) == ["certificate_not_registered"]
    assert client.get("/account/").status_code == 303
    assert own(site).listed(company) == []


def test_registers_with_the_enterprises_password(site: Site, company: str) -> None:
    """Issue 4: the way to register, with proof; registered and signed in, which the audit says."""
    client, page = arrive(site)
    answer = send(client, page, login_id="gildong", password=PASSWORD)
    assert answer.request.path == "/account/"
    (row,) = own(site).listed(company)
    assert row.last_used_at == site.clock.now()
    actions = dict(site.actions(company))
    assert actions["certificate.registered"]["certificate"] == row.id
    assert actions["sign_in.succeeded"] == {
        "method": "business_certificate",
        "simulated": True,
        "certificate": row.id,
    }


@pytest.mark.parametrize(
    ("login_id", "password"), [("gildong", "Wrong!2026"), ("nobody", PASSWORD), ("honggildong", PASSWORD)]
)
def test_takes_no_others_password(site: Site, company: str, login_id: str, password: str) -> None:
    """A wrong one, an unknown 아이디 and another member's right one look alike (REQ-39)."""
    a_person(site.house)
    client, page = arrive(site)
    answer = send(client, page, login_id=login_id, password=password)
    assert is_a_page(answer, 401)
    assert "아이디 또는 비밀번호가 일치하지 않습니다" in answer.text
    assert password not in answer.text
    assert own(site).listed(company) == []
    assert client.get("/account/").status_code == 303


def test_asks_for_both(site: Site, company: str) -> None:
    """Bad input: said at each field."""
    client, page = arrive(site)
    answer = send(client, page, login_id="", password="")
    assert is_a_page(answer, 400)
    assert answer.text.count('aria-invalid="true"') == 2
    assert own(site).listed(company) == []


def test_counts_guesses(site: Site, company: str) -> None:
    """REQ-40: a certificate is no way around the lock."""
    client, page = arrive(site)
    for _ in range(site.house.settings.sign_in.attempts_per_account):
        assert send(client, page, login_id="gildong", password="Wrong!2026").status_code == 401
    answer = send(client, page, login_id="gildong", password=PASSWORD)
    assert is_a_page(answer, 429)
    assert own(site).listed(company) == []


@pytest.mark.parametrize("days", [-200, 0, 30])
def test_renews_one_that_ends(site: Site, company: str, days: int) -> None:
    """korean-identity §1.5: renewal gives a new serial and a new R; the account stays with the 사업자등록번호 that VID
    shows. The new one takes the place and the name of the old."""
    former = ends(site, company, days)
    client, page = arrive(site)
    assert "갱신 등록하면 바로 로그인할 수 있습니다" in page.text
    answer = send(client, page, renew="yes")
    assert answer.request.path == "/account/"
    (row,) = own(site).listed(company)
    assert (row.said.name, row.id != former) == ("회계팀 인증서", True)
    registered = [detail for action, detail in site.actions(company) if action == "certificate.registered"]
    assert registered[-1]["renews"] == former


def test_renews_none_that_lasts(site: Site, company: str) -> None:
    """Many people of a company have certificates: while a registered one is good, another needs the password, whatever
    is posted."""
    ends(site, company, 31)
    client, page = arrive(site)
    assert "갱신 등록" not in page.text
    answer = send(client, page, renew="yes")
    assert answer.request.args["type"] == "enterprise"
    assert len(own(site).listed(company)) == 1
    assert client.get("/account/").status_code == 303


def test_renews_by_none_that_ends_sooner(site: Site, company: str) -> None:
    """A successor outlasts whom it succeeds."""
    site.clock.advance(timedelta(days=300))
    ends(site, company, 20)
    site.clock.advance(timedelta(days=-300))
    assert "갱신 등록" not in arrive(site)[1].text


def test_registers_a_way_with_the_password(site: Site, company: str) -> None:
    """기업 간편인증서 shows no certificate, so that it renews none; the way itself is registered."""
    ends(site, company, -1)
    client, page = arrive(site, "business_simple_certificate")
    assert "갱신 등록" not in page.text
    assert send(client, page, login_id="gildong", password=PASSWORD).request.path == "/account/"
    assert own(site).listed(company)[-1].said.policy == "business_simple_certificate"


def test_tells_who_is_no_member_so(site: Site) -> None:
    """REQ-41: only who proved the number hears that nobody joined with it; another log code."""
    an_enterprise(site.house, OTHER_NUMBER)
    _client, page = arrive(site)
    assert is_a_page(page, 401)
    assert "인증서 등록 후 이용 가능합니다" in page.text
    assert "등록하고 로그인" not in page.text


def test_belongs_to_its_browser_and_is_spent(site: Site, company: str) -> None:
    """Architecture §11.1: neither another browser nor a second use gets anything out of what was proved."""
    client, page = arrive(site)
    action = ADDRESS.search(page.text)
    assert action is not None
    stranger = site.app.test_client()
    assert is_a_page(stranger.get(action[1]), 404)
    assert client.get(action[1]).status_code == 200
    send(client, page, login_id="gildong", password=PASSWORD)
    assert is_a_page(client.get(action[1]), 404)
    assert len(own(site).listed(company)) == 1


def test_forgets_what_was_proved_in_ten_minutes(site: Site, company: str) -> None:
    """Issue 4: evidence is good for ten minutes at most."""
    client, page = arrive(site)
    site.clock.advance(timedelta(minutes=10, seconds=1))
    answer = send(client, page, login_id="gildong", password=PASSWORD)
    assert is_a_page(answer, 404)
    assert own(site).listed(company) == []


def test_counts_the_ten_minutes_from_the_proof(site: Site, company: str) -> None:
    """Issue 4: whoever comes back late with their evidence has what is left of them, and no ten minutes more."""
    client, begun = begin(site, "business_certificate")
    where = begun.headers["Location"]
    client.get(where)
    sent = {"csrf_token": csrf(client.get(f"{where}/simulator")), "holder": "gildong", "outcome": "approve"}
    client.get(client.post(f"{where}/simulator", data=sent).headers["Location"])
    site.clock.advance(timedelta(minutes=9))
    page = client.get(where, follow_redirects=True)
    assert is_a_page(page, 401)
    site.clock.advance(timedelta(minutes=2))
    assert is_a_page(send(client, page, login_id="gildong", password=PASSWORD), 404)
    assert own(site).listed(company) == []


def test_registers_once_however_often_pressed(site: Site, company: str) -> None:
    """A double press: one certificate, no error page with a stack trace."""
    ends(site, company, -1)
    client, page = arrive(site)
    action = ADDRESS.search(page.text)
    assert action is not None
    values = {**form_of(page, action[1]), "renew": "yes"}
    cookies = list((client._cookies or {}).values())  # werkzeug shows them no other way

    def press(_racer: int) -> int:
        other = site.app.test_client()
        for cookie in cookies:
            other.set_cookie(cookie.key, cookie.value)
        return other.post(action[1], data=values).status_code

    assert set(race(press, 2)) <= {303, 404}
    assert len(own(site).listed(company)) == 1


def test_takes_one_place_once(site: Site, company: str) -> None:
    """Many people of a company have certificates: one that ended lets in one successor without a password, and nobody
    after it."""
    former = ends(site, company, -1)
    client, page = arrive(site)
    assert send(client, page, renew="yes").request.path == "/account/"
    (successor,) = own(site).listed(company)
    assert successor.id != former
    own(site).remove(company, successor.id, understood=True, address="test")
    assert "갱신 등록" not in arrive(site)[1].text


def test_finds_the_place_taken(site: Site, company: str) -> None:
    """A page from before offers a place that is gone by now."""
    former = ends(site, company, -1)
    client, page = arrive(site)
    own(site).remove(company, former, understood=True, address="test")
    assert send(client, page, renew="yes").request.args["type"] == "enterprise"
    assert own(site).listed(company) == []
    assert client.get("/account/").status_code == 303
