"""The last step under hurry and rivalry, and what is written when it is done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select

from idp.clock import SystemClock
from idp.credentials.models import certificates
from idp.house import House
from idp.links.accounts import AgencyAccounts
from idp.links.connect import Connect
from idp.links.models import agency_accounts, consents, links, provisionings
from idp.links.offered_account import OfferedAccount
from idp.signals.models import outbox
from idp.signals.outbox import DELIVERED
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore
from idp.terms.models import terms_answers
from idp.verification.simulated.people import people
from tests.builders import a_house
from tests.fakes import FrozenClock
from tests.races import RACERS, race
from tests.unit.enrolment.joining import NUMBER, at_agencies, at_details, at_identity, members_of, send_last
from tests.unit.enrolment.walk import ENTERPRISE, PERSON, Site, Walker, site as build

TAKEN = "이미 사용 중이거나 사용할 수 없는 아이디입니다."


@pytest.fixture
def any_site(any_database: Database, keys_dir: Path) -> Site:
    """The application on each kind of database, by the machine's own clock: racers take their time."""
    url = any_database.engine.url.render_as_string(hide_password=False)
    return build(a_house(url, keys_dir, SystemClock()))


def last_step(walker: Walker, *agencies: str) -> tuple[dict[str, str], dict[str, object]]:
    """The cookies and the form of whoever is before step 5."""
    cookie = walker.client.get_cookie("idp_form")
    assert cookie is not None
    token = walker.document.forms[0].fields["csrf_token"]
    return {"idp_form": cookie.value}, {"csrf_token": token, "agency": list(agencies)}


def post(site: Site, path: str, prepared: tuple[dict[str, str], dict[str, object]]) -> tuple[int, str]:
    """Send it from a client of one's own, as a browser's further request is."""
    client = site.app.test_client()
    for name, value in prepared[0].items():
        client.set_cookie(name, value)
    answer = client.post(path, data=prepared[1])
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_makes_one_account_of_one_draft(any_site: Site, kind: str) -> None:
    """REQ-18, issue 3: sixteen submissions of the last step, one account, and every one of them is shown the end."""
    walker = at_agencies(any_site, kind)
    prepared = last_step(walker, "kamp", "voucher")
    answers = race(lambda _: post(any_site, walker.path, prepared))
    assert set(answers) == {(303, f"/join/{walker.draft_id}/6")}
    assert members_of(any_site.house) == 1
    assert walker.open(f"/join/{walker.draft_id}/6").sees("중기 통합회원 가입이 완료되었습니다")
    with any_site.house.database.reading() as connection:
        assert len(connection.execute(select(links)).fetchall()) == 2
        assert len(connection.execute(select(outbox.c.jti)).fetchall()) == 2


def test_gives_a_login_id_to_one_of_two(any_site: Site) -> None:
    """REQ-22: both found it free; the database decides, the other is told at its field and loses nothing."""
    rivals = [at_agencies(any_site, holder=holder) for holder in ("hong_gildong", "kim_gildong")]
    prepared = [last_step(each) for each in rivals]
    answers = race(lambda n: post(any_site, rivals[n].path, prepared[n]), racers=2)
    assert members_of(any_site.house) == 1
    ended = [location[-1] for _status, location in answers]
    assert sorted(ended) == ["4", "6"]
    loser = rivals[ended.index("4")].open(answers[ended.index("4")][1])
    assert (loser.step, loser.sees(TAKEN)) == (4, True)
    assert loser.document.xpath("string(//input[@name='email_local']/@value)") == PERSON["email_local"]
    loser.give_details("another.id")
    assert send_last(loser).step == 6


def test_gives_a_business_number_to_one_of_many(any_site: Site) -> None:
    """REQ-18: several browsers, each with its own verification of the same 사업자등록번호."""
    rivals = [at_agencies(any_site, "enterprise", login_id=f"gildong.e{n}") for n in range(4)]
    prepared = [last_step(each) for each in rivals]
    answers = race(lambda n: post(any_site, rivals[n].path, prepared[n]), racers=4)
    assert sorted(status for status, _location in answers) == [303, 409, 409, 409]
    assert members_of(any_site.house) == 1


def test_makes_one_account_of_one_person(any_site: Site) -> None:
    """REQ-36, issue 4: the same person at sixteen browsers, under as many 아이디; whoever comes late is shown the ways
    to the membership there is."""
    rivals = [at_agencies(any_site, login_id=f"gildong.h{n}") for n in range(RACERS)]
    prepared = [last_step(each) for each in rivals]
    answers = race(lambda n: post(any_site, rivals[n].path, prepared[n]))
    assert sorted(status for status, _location in answers) == [303] + [409] * (RACERS - 1)
    assert members_of(any_site.house) == 1
    loser = rivals[[status for status, _location in answers].index(409)]
    assert loser.press("다음").sees("이미 통합회원으로 가입되어 있습니다. 아이디 찾기로 아이디를 확인해 주세요.")
    assert loser.document.xpath("//main//a[contains(., '아이디 찾기')]/@href") == ["/recovery/login-id"]


def test_shows_a_page_while_another_submission_is_at_work(site: Site, house: House) -> None:
    """Issue 3 (double submission): neither refused nor lost; what never came about can be tried again."""
    walker = at_agencies(site)
    page = walker.answer

    def somebody_was_first(store: ExpiringStore, key: str, value: bytes, lifetime: timedelta) -> bool:
        store.put(key, value, lifetime)
        return False

    with patch.object(type(house.store), "add_if_absent", somebody_was_first):
        send_last(walker, ["kamp"])
    assert (walker.status, walker.step) == (200, 6)
    assert walker.sees("회원가입을 처리하고 있습니다")
    assert members_of(house) == 0
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(timedelta(minutes=1))
    walker.answer = page
    assert send_last(walker, ["kamp"]).sees("중기 통합회원 가입이 완료되었습니다")


def test_makes_nobody_when_something_fails_on_the_way(site: Site, house: House) -> None:
    """Architecture §6: everything or nothing; and the draft is there to be finished again."""
    walker = at_agencies(site)
    page = walker.answer

    def breaks(*_given: object, **_named: object) -> None:
        raise RuntimeError("on purpose")

    with patch.object(Connect, "inside", breaks):
        send_last(walker, ["kamp"])
    assert walker.status == 500
    assert members_of(house) == 0
    walker.answer = page
    assert send_last(walker, ["kamp"]).step == 6
    assert members_of(house) == 1


def test_finishes_no_draft_with_an_open_step(site: Site, house: House) -> None:
    """REQ-09 where no page guards it."""
    walker = at_details(site)
    token = walker.document.forms[0].fields["csrf_token"]
    answer = walker.client.post(f"/join/{walker.draft_id}/5", data={"csrf_token": token})
    assert answer.headers["Location"].endswith("/4")
    assert members_of(house) == 0


def test_keeps_every_answer_with_what_it_was_about(site: Site, house: House) -> None:
    """REQ-13: document, version, its hash, purpose by the document, time, address, choice; C15: the recipients."""
    send_last(at_agencies(site), ["kamp", "voucher"])
    with house.database.reading() as connection:
        rows = connection.execute(select(terms_answers).order_by(terms_answers.c.seq)).fetchall()
    current = {document.id: document for document in house.terms().documents}
    assert [(row.document_id, row.agreed) for row in rows] == [
        ("service", True),
        ("privacy", True),
        ("third-party", True),
        ("marketing", False),
    ]
    for row in rows:
        document = current[row.document_id]
        assert (row.version, row.sha256) == (document.version, document.sha256)
        assert document.purpose
        assert (row.at, row.address, row.channel, row.language) == (house.clock.now(), "127.0.0.1", "join", "ko")
    assert rows[2].detail["recipients"] == ["kamp", "voucher"]


def test_links_and_tells_every_chosen_agency(site: Site, house: House) -> None:
    """REQ-33: a membership request to each, in the same transaction; 연결 대기 until it was heard."""
    walker = send_last(at_agencies(site), ["kamp", "voucher"])
    with house.database.reading() as connection:
        linked = connection.execute(select(links.c.agency_id, links.c.state).order_by(links.c.agency_id)).fetchall()
        told = connection.execute(select(outbox.c.relying_party_id).order_by(outbox.c.relying_party_id)).scalars()
        assert [tuple(row) for row in linked] == [("kamp", "linked"), ("voucher", "linked")]
        assert list(told) == ["kamp", "voucher"]
        assert len(connection.execute(select(consents)).fetchall()) == 2
    assert walker.words.count("연결 대기") == 3
    with house.database.transaction() as connection:
        connection.execute(outbox.update().where(outbox.c.relying_party_id == "kamp").values(state=DELIVERED))
    walker.open(walker.path)
    states = walker.document.xpath("//ul[@class='connected']/li/span[2]/span[1]/text()")
    assert sorted(states) == ["계정 연결", "연결 대기"]


def test_says_how_far_the_account_at_each_agency_has_come(site: Site, house: House) -> None:
    """선택한 유관기관에 회원가입 됩니다: asked for in the same transaction, and joining waits for no agency."""
    walker = send_last(at_agencies(site), ["kamp", "voucher"])

    def said() -> dict[str, str]:
        row = "//ul[@class='connected']/li"
        names = walker.document.xpath(f"{row}/span[1]/text()")
        return dict(zip(names, walker.document.xpath(f"{row}/span[2]/span[2]/text()"), strict=True))

    kamp, voucher = "인공지능중소벤처 제조플랫폼(KAMP)", "중소기업혁신플랫폼(혁신바우처)"
    assert said() == {kamp: "가입 요청됨", voucher: "첫 로그인 때 가입"}
    assert walker.document.xpath("//a[contains(., '진행 상황 다시 보기')]/@href") == [walker.path]
    with house.database.transaction() as connection:
        connection.execute(outbox.update().values(state=DELIVERED))
        connection.execute(provisionings.update().where(provisionings.c.mode == "scim").values(state="created"))
        connection.execute(provisionings.update().where(provisionings.c.mode != "scim").values(state="failed"))
    walker.open(walker.path)
    assert said() == {kamp: "가입 완료", voucher: "확인 필요"}
    assert walker.sees("확인 필요: 자동으로 가입하지 못해 담당자가 확인하고 있습니다.")
    assert not walker.sees("진행 상황 다시 보기")


@pytest.mark.parametrize("method", ["기업인증서", "사업자 간편인증서"])
def test_registers_what_an_enterprise_was_verified_by(site: Site, house: House, method: str) -> None:
    """REQ-41, C12: so that it can sign in with it."""
    walker = at_identity(site, "enterprise").press(method, business_number=NUMBER)
    if walker.sees("시험용 휴대전화 열기"):
        path = walker.path
        walker.open(f"{path}/simulator").choose("gildong").open(path).press("인증 완료")
    else:
        walker.choose("gildong")
    send_last(walker.give_details("gildong.e", ENTERPRISE))
    assert walker.step == 6
    with house.database.reading() as connection:
        assert len(connection.execute(select(certificates)).fetchall()) == 1


# The roster (REQ-31, issue 3)


def offer(house: House, party: str, kind: str, holder: str, reference: str, name: str) -> None:
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    with house.database.transaction() as connection:
        accounts.roster.offer(
            connection, party, (kind, holder), OfferedAccount(reference, name, "마스터"), house.clock.now()
        )


def found(walker: Walker) -> list[str]:
    return [str(each) for each in walker.document.xpath("//label[starts-with(@for, 'account-')]/text()")]


def ci_of(house: House, code: str) -> str:
    return people(house.clock.now().date())[code].ci


def attached(house: House) -> int:
    with house.database.reading() as connection:
        return len(connection.execute(select(agency_accounts)).fetchall())


def test_shows_the_accounts_of_the_verified_person_and_of_nobody_else(site: Site, house: House) -> None:
    """Issue 3: nobody learns of accounts that are not theirs."""
    offer(house, "voucher", "person", ci_of(house, "hong_gildong"), "a1", "testId1")
    offer(house, "voucher", "person", ci_of(house, "kim_gildong"), "a2", "testId2")
    offer(house, "voucher", "enterprise", NUMBER, "a3", "testId3")
    walker = at_agencies(site)
    assert found(walker) == ["testId1 (마스터)"]
    assert walker.document.xpath("//input[@name='account' and @checked]") == []
    assert found(at_agencies(site, "enterprise")) == ["testId3 (마스터)"]


def test_links_the_accounts_that_the_member_ticked(site: Site, house: House) -> None:
    """Issue 3: on the member's choice."""
    ci = ci_of(house, "hong_gildong")
    offer(house, "voucher", "person", ci, "a1", "testId1")
    offer(house, "voucher", "person", ci, "a2", "testId2")
    offer(house, "voucher", "person", ci_of(house, "kim_gildong"), "a3", "testId3")
    foreign = at_agencies(site, holder="kim_gildong", login_id="kim.gildong")
    not_theirs = foreign.document.xpath("//input[@name='account']/@value")
    walker = at_agencies(site)
    ticked = walker.document.xpath("//input[@name='account']/@value")[:1]
    assert send_last(walker, ["voucher"], [*ticked, *not_theirs]).step == 6
    assert attached(house) == 1


def test_wants_the_agency_ticked_with_its_account(site: Site, house: House) -> None:
    """An account cannot be linked where nothing is."""
    offer(house, "voucher", "person", ci_of(house, "hong_gildong"), "a1", "testId1")
    walker = at_agencies(site)
    send_last(walker, ["kamp"], walker.document.xpath("//input[@name='account']/@value"))
    assert (walker.status, walker.step) == (400, 5)
    assert walker.sees("기존 계정을 연결하려면 그 기관도 함께 선택해 주세요.")
    assert walker.document.xpath("//input[@name='account']/@checked")
    assert walker.document.xpath("//input[@name='agency' and @checked]/@value") == ["kamp"]


def test_knows_no_account_before_the_person_is_verified(site: Site, house: House) -> None:
    """Issue 3."""
    offer(house, "voucher", "person", ci_of(house, "hong_gildong"), "a1", "testId1")
    for walker in (at_identity(site), at_details(site)):
        assert "testId1" not in walker.text
