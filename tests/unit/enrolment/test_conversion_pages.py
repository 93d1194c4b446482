"""Converting an account, page by page: the way in, the warning, what is made, and who hears of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import OctKey
from sqlalchemy import select

from idp.house import House
from idp.links.accounts import AgencyAccounts
from idp.links.models import agency_accounts
from idp.links.offered_account import OfferedAccount
from idp.signals.models import outbox
from idp.verification.simulated.people import people
from tests.fakes import FrozenClock
from tests.unit.enrolment.walk import ENTERPRISE, Site, Walker, site as build

SECRET = "demo-voucher-secret-not-for-production"
COMPANY = "1237894566"


def request_of(house: House, **other: Any) -> str:
    """Voucher's request for testId1, in an address of ours."""
    now = int(house.clock.now().timestamp())
    said = {
        "iss": "voucher",
        "aud": house.settings.issuer,
        "iat": now,
        "exp": now + 600,
        "jti": house.randomness.octets(16).hex(),
        "account": "testId1",
        "account_name": "홍길동 (testId1)",
        "roles": ["기관 마스터"],
        **other,
    }
    key = OctKey.import_key(hashlib.sha256(SECRET.encode()).hexdigest().encode())
    header = {"alg": "HS256", "typ": "onepass-conversion+jwt"}
    return f"/convert?request={jws.serialize_compact(header, json.dumps(said).encode(), key)}"


def told(house: House, relying_party: str = "voucher") -> list[dict[str, Any]]:
    """What a relying party will be told."""
    with house.database.reading() as connection:
        return list(
            connection.execute(select(outbox.c.payload).where(outbox.c.relying_party_id == relying_party)).scalars()
        )


@pytest.fixture
def site(house: House) -> Site:
    return build(house)


def to_step_5(walker: Walker, *, enterprise: bool = True, login_id: str = "gildong") -> Walker:
    """From step 1 on."""
    walker.press("다음", kind="enterprise" if enterprise else "person").agree_to_terms()
    if enterprise:
        walker.press("기업인증서", business_number=COMPANY).choose("gildong")
    else:
        walker.verify("공동인증서", "hong_gildong")
    return walker.give_details(login_id, ENTERPRISE)


def test_opens_as_a_conversion(site: Site, house: House) -> None:
    """REQ-05, C2: its own heading, the type that the relying party named, its texts, no under-14 conversion."""
    walker = site.browser().open(request_of(house))
    assert walker.step == 1
    assert walker.document.xpath("string(//h1)") == "중기원패스 회원 전환"
    assert walker.sees("기업회원 전환 대상으로 안내한 계정입니다.")
    assert walker.document.xpath("//input[@checked]/@value") == ["enterprise"]
    assert walker.sees("정책 정보를 자유롭게 탐색하고 예비창업 지원을 준비하세요.")
    assert walker.sees("사업자 정보로 지원사업 신청과 관리를 한 번에 해결하세요.")


def test_converts_the_account_that_was_named(site: Site, house: House) -> None:
    """REQ-34, REQ-35, C9: the link is made with the account of the request, and voucher is told which."""
    walker = to_step_5(site.browser().open(request_of(house)))
    assert walker.step == 5
    assert walker.sees("전환하는 계정: 홍길동 (testId1)")
    walker.press("다음")
    assert walker.step == 6
    assert walker.sees("중기 통합회원(기업) 전환을 완료하였습니다.")
    assert walker.sees("모든 중소벤처기업부의 유관기관 서비스를 한곳에서 편리하게 이용해 보세요!")
    assert walker.sees("전환완료")
    way_on = walker.document.xpath("//a[contains(., '유관기관 서비스로 이동하기')]/@href")
    assert way_on == ["http://127.0.0.1:8101/login"]
    assert walker.client.get_cookie("idp_session") is not None
    [event] = told(house)
    assert (event["current_status"], event["reason"], event["agency_account"]) == ("linked", "conversion", "testId1")
    assert "agency_accounts" not in event


def test_tells_the_relying_party_at_userinfo_too(site: Site, house: House) -> None:
    """REQ-35: the browser may arrive before the event; nobody else learns of the account."""
    walker = to_step_5(site.browser().open(request_of(house)))
    walker.press("다음", agency="voucher")
    assert _userinfo(site, walker)["agency_accounts"] == ["testId1"]


def _userinfo(site: Site, walker: Walker) -> dict[str, Any]:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    asked = {
        "client_id": "voucher",
        "redirect_uri": "http://127.0.0.1:8101/oidc/callback",
        "response_type": "code",
        "scope": "openid profile email phone",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    answer = walker.client.get("/oidc/authorize", query_string=asked)
    while answer.status_code == 303 and not answer.location.startswith("http://127.0.0.1:8101"):
        answer = walker.client.get(answer.location)
    assert answer.status_code in (302, 303), answer.text
    code = parse_qs(urlsplit(answer.location).query)["code"][0]
    party = site.app.test_client(use_cookies=False)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"]}
    tokens = party.post("/oidc/token", data={**form, "code_verifier": verifier}, auth=("voucher", SECRET)).get_json()
    said: dict[str, Any] = party.get(
        "/oidc/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    ).get_json()
    return said


def test_warns_of_the_other_type_and_goes_on_when_it_is_confirmed(site: Site, house: House) -> None:
    """REQ-07: a warning, then a confirmation."""
    walker = site.browser().open(request_of(house)).press("다음", kind="person")
    assert (walker.step, walker.status) == (1, 409)
    assert walker.sees("안내받은 회원유형과 다릅니다.")
    walker.open(f"/join/{walker.draft_id}/2")
    assert walker.step == 1
    walker.press("다음", kind="person").press("그래도 개인회원으로 계속하기")
    assert walker.step == 2


def test_refuses_the_other_type_where_the_relying_party_wants_that(house: House) -> None:
    """REQ-07: by its registration; a confirmation typed by hand is none."""
    walker = build(house, refuse_other_kind=True).browser().open(request_of(house)).press("다음", kind="person")
    assert walker.status == 409
    assert not walker.sees("그래도")
    walker.press("다음", kind="person", confirmed="person")
    assert walker.status == 409
    walker.open(f"/join/{walker.draft_id}/2")
    assert walker.step == 1
    assert walker.press("다음", kind="enterprise").step == 2


@pytest.mark.parametrize(
    "other",
    [{"aud": "http://other.example"}, {"iat": 0, "exp": 60}, {"iss": "kamp"}, {"roles": ["손님"]}, {"account": None}],
    ids=str,
)
def test_shows_a_page_for_a_request_that_is_none_and_the_ordinary_way(
    site: Site, house: House, other: dict[str, Any]
) -> None:
    """REQ-06: refused, and joining without it continues."""
    walker = site.browser().open(request_of(house, **other))
    assert walker.status == 400
    assert walker.sees("전환 요청을 확인할 수 없습니다")
    [way_on] = walker.document.xpath("//a[contains(., '전환 없이 통합회원 가입하기')]/@href")
    walker.open(way_on)
    assert (walker.step, walker.document.xpath("string(//h1)")) == (1, "통합회원 회원가입")


def test_takes_a_request_once(site: Site, house: House) -> None:
    """REQ-06: whoever finds it in a browser's history gets nowhere."""
    address = request_of(house)
    assert site.browser().open(address).step == 1
    assert site.browser().open(address).status == 400


def test_joins_the_ordinary_way_without_a_request(site: Site) -> None:
    """REQ-06."""
    walker = site.browser().open("/convert")
    assert (walker.step, walker.document.xpath("string(//h1)")) == (1, "통합회원 회원가입")


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "%F0%9F%98%80", "x" * 9000, "&request=y"])
def test_answers_nonsense_with_a_page(site: Site, token: str) -> None:
    """Issue 3, bad input."""
    walker = site.browser().open(f"/convert?request={token}")
    assert walker.status in (200, 400)


def test_shows_found_accounts_to_the_person_they_belong_to(site: Site, house: House, frozen_clock: FrozenClock) -> None:
    """Issue 3: roster matching by keyed digest of CI; nobody learns of accounts that are not the verified person's."""
    everybody = people(frozen_clock.now().date())
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    with house.database.transaction() as connection:
        for number, whose in enumerate(("hong_gildong", "hong_gildong", "go_gildong"), 1):
            offered = OfferedAccount(f"old{number}", f"옛 계정 {number}", "담당자")
            accounts.roster.offer(connection, "voucher", ("person", everybody[whose].ci), offered, frozen_clock.now())
    theirs = [site.browser().open("/join/"), site.browser().open("/join/")]
    for walker, whose in zip(theirs, ("hong_gildong", "go_gildong"), strict=True):
        walker.press("다음", kind="person").agree_to_terms().verify("공동인증서", whose).give_details(f"{whose}1")
    first, second = theirs
    assert [first.sees(f"옛 계정 {number}") for number in (1, 2, 3)] == [True, True, False]
    assert [second.sees(f"옛 계정 {number}") for number in (1, 2, 3)] == [False, False, True]
    stolen = first.document.xpath("//input[@name='account']/@value")
    second.press("다음", agency="voucher", account=stolen[0])
    assert second.step == 6
    assert _attached(house) == 0
    first.press("다음", agency="voucher", account=stolen)
    assert first.step == 6
    assert _attached(house) == 2
    events = told(house)
    assert [event.get("agency_accounts", event.get("agency_account")) for event in events] == [None, ["old1", "old2"]]
    assert sorted(_userinfo(site, _signed_in(first))["agency_accounts"]) == ["old1", "old2"]


def _signed_in(walker: Walker) -> Walker:
    walker.open("/account/")
    return walker.press("로그인", login_id="hong_gildong1", password="Onepass!2026")


def _attached(house: House) -> int:
    with house.database.reading() as connection:
        return len(connection.execute(select(agency_accounts.c.id)).fetchall())


def test_gives_an_account_to_one_member_only(site: Site, house: House) -> None:
    """Architecture §11.1: a second conversion of the same account is told so, and joins nobody."""
    first = to_step_5(site.browser().open(request_of(house)))
    second = site.browser().open(request_of(house)).press("다음", kind="person").press("그래도").agree_to_terms()
    second.verify("공동인증서", "hong_gildong").give_details("another")
    assert first.press("다음").step == 6
    second.press("다음")
    assert second.status == 409
    assert second.sees("이미 다른 통합회원에 연결되어 있습니다")
    assert _attached(house) == 1
