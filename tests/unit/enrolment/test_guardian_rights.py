"""What a guardian may do later, and that nobody else may."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.enrolment.guardian_record import GuardianRecords
from idp.enrolment.guardian_request import LinkIsOver
from idp.enrolment.guardian_rights import GuardiansRights
from idp.house import House
from idp.links.stop import ReleaseAllLinks
from idp.mail.guardian_letters import GuardianRights
from idp.mail.models import outgoing_messages
from idp.members.models import members as table
from idp.members.withdraw import Withdraw
from idp.storage.database import Database
from idp.terms import store as terms
from idp.terms.change_answer import ChangeAnswer
from idp.verification.simulated.people import people
from tests.builders import a_house
from tests.fakes import FrozenClock
from tests.races import race
from tests.unit.enrolment.children import child
from tests.unit.enrolment.test_guardian_pages import Scene, agree, asked, scene
from tests.unit.enrolment.walk import Site, Walker

__all__ = ["asked", "scene"]
METHOD, GUARDIAN = "Any-ID", "kim_gildong"
TOKEN = "t" * 43
HERE = f"/guardian/rights/{TOKEN}"
DELETE, FOR_GOOD = "동의 철회하고 회원 정보 삭제", "철회하고 삭제"
OVER = "사용할 수 없는 링크입니다"


@pytest.fixture
def member(site: Site, house: House) -> str:
    """A child of 김길동's, who agreed to everything."""
    ci = people(house.clock.now().date())[GUARDIAN].ci
    documents = house.terms().asked_of("person", child=True)
    return child(house, "2030-01-01", guardian_ci=ci, link=TOKEN, documents=documents)


def status(house: House) -> str:
    with house.database.reading() as connection:
        found: str = connection.execute(select(table.c.status)).scalar_one()
    return found


def verified(site: Site, holder: str = GUARDIAN) -> Walker:
    """Somebody at the link who verified."""
    return site.browser().open(HERE).verify(METHOD, holder)


def test_writes_to_the_guardian_once_the_child_is_a_member(asked: Scene) -> None:
    """Issue 3, §2.4: a link of their own, where they were asked; it names nobody and leads to their verification."""
    agree(asked.guardian())
    child_page = asked.child.open(f"/join/{asked.child.draft_id}/3").press("다음")
    assert not [letter for _to, letter in asked.letters() if isinstance(letter, GuardianRights)]
    child_page.give_details("childgildong").press("다음")
    [(to, letter)] = [each for each in asked.letters() if isinstance(each[1], GuardianRights)]
    assert to == "guardian@example.com"
    assert isinstance(letter, GuardianRights)
    page = asked.site.browser().open(letter.path).verify(METHOD, GUARDIAN)
    assert page.sees("법정대리인 동의 내용 관리")
    assert page.sees("아**동")


def test_writes_to_the_guardian_in_the_language_they_read(asked: Scene) -> None:
    """Issue 3: complete English; the child who finishes reads Korean."""
    guardian = asked.guardian()
    guardian.client.set_cookie("idp_language", "en")
    boxes = guardian.open(asked.links()[-1]).document.xpath("//input[@type='checkbox' and @name]/@name")
    ticked: dict[str, str | bool] = dict.fromkeys(boxes, True)
    guardian.press("Joint certificate", relation="mother", **ticked).choose(GUARDIAN)
    asked.child.open(f"/join/{asked.child.draft_id}/3").press("다음").give_details("childgildong").press("다음")
    with asked.site.house.database.reading() as connection:
        rows = connection.execute(select(outgoing_messages).where(outgoing_messages.c.letter == "guardian_rights"))
        assert [row.language for row in rows] == ["en"]


def test_says_nothing_of_the_child_before_verification(site: Site, member: str) -> None:
    """Issue 3: whoever finds the letter learns nothing, and can do nothing."""
    page = site.browser().open(HERE)
    assert page.status == 200
    for secret in ("아이길동", "아**동", "김길동", member, "모", "2026"):
        assert secret not in page.words.replace("모의", "").replace("모두", "").replace("모바일", "")
    for action in ("withdraw_one", "delete", "delete_for_good"):
        token = page.document.forms[0].fields["csrf_token"]
        answer = page.client.post(HERE, data={"csrf_token": token, "action": action, "document": "marketing"})
        assert answer.status_code == 400
    assert status(site.house) == "active"


@pytest.mark.parametrize("holder", ["hong_gildong", "child_gildong"])
def test_bars_everybody_but_the_guardian_who_agreed(site: Site, member: str, holder: str) -> None:
    """Architecture §11.3: the CI decides, also against a person of the family."""
    page = verified(site, holder)
    assert page.status == 409
    assert page.sees("이 링크를 받은 법정대리인 본인으로 확인되지 않았습니다.")
    assert not page.sees("아**동")
    assert not page.open(HERE).sees("아**동")


def test_shows_what_was_agreed_and_records_the_look(site: Site, member: str) -> None:
    """§2.4: the documents as they were read."""
    page = verified(site)
    assert page.sees("아**동")
    assert not page.sees("아이길동")
    assert len(page.document.xpath("//main//details")) == len(site.house.terms().asked_of("person", child=True))
    with site.house.database.reading() as connection:
        seen = connection.execute(select(audit_records).where(audit_records.c.action == "guardian.looked")).one()
    assert seen.member_id == member


def test_withdraws_an_optional_consent_once(site: Site, member: str) -> None:
    """PIPA §37: as easily as it was given; a second press writes nothing, and what is required is not so taken back."""
    page = verified(site)
    label = next(
        each for each in page.document.xpath("//main//button/text()") if "동의 철회" in each and DELETE not in each
    )
    page.press(label.strip())
    assert page.sees("지금은 동의하지 않은 상태입니다.")
    token = page.document.forms[0].fields["csrf_token"]
    for document in ("marketing", "service", "nothing", ""):
        sent = {"csrf_token": token, "action": "withdraw_one", "document": document}
        assert page.client.post(HERE, data=sent).status_code == 303
    with site.house.database.reading() as connection:
        last = terms.last_answers(connection, member)
        rows = terms.answers(connection, member, before=None, limit=100)
    assert {name for name, row in last.items() if not row.agreed} == {"marketing"}
    assert [row.channel for row in rows if not row.agreed] == ["guardian"]


def test_deletes_the_membership_and_says_why(site: Site, member: str) -> None:
    """REQ-76…81: through the one way out, with a reason of its own in the audit; pressing twice is shown the end."""
    page = verified(site).press(DELETE)
    assert page.sees("아**동 회원의 계정과 개인정보를 바로 삭제하고")
    assert status(site.house) == "active"
    token = page.document.forms[0].fields["csrf_token"]
    page.press(FOR_GOOD)
    assert page.sees("동의를 철회하고 회원 정보를 삭제했습니다")
    assert status(site.house) == "withdrawn"
    again = page.client.post(HERE, data={"csrf_token": token, "action": "delete_for_good"})
    assert "삭제했습니다" in again.text
    assert site.browser().open(HERE).sees(OVER)
    with site.house.database.reading() as connection:
        left = connection.execute(select(audit_records).where(audit_records.c.action == "member.withdrew")).one()
    detail = left.detail if isinstance(left.detail, dict) else json.loads(left.detail)
    assert (left.actor, detail["reason"]) == ("guardian", "guardian_withdrew_consent")


def test_knows_no_other_link(site: Site, member: str) -> None:
    """Architecture §11.8: one answer for whatever is no link."""
    for token in ("x", "x" * 43, "길동", "t" * 400):
        page = site.browser().open(f"/guardian/rights/{token}")
        assert (page.status, page.sees(OVER)) == (404, True)


def test_ends_with_the_fourteenth_birthday(site: Site, house: House, frozen_clock: FrozenClock, member: str) -> None:
    """PIPA §22의2: from then on it is the member's own."""
    page = verified(site)
    frozen_clock.advance(timedelta(days=4 * 366))
    late = verified(site)
    assert (late.status, late.sees("회원이 만 14세가 되어")) == (409, True)
    assert not late.sees("아**동")
    assert page.open(HERE).status != 500
    assert status(house) == "active"


def test_forgets_the_verification_soon(site: Site, frozen_clock: FrozenClock, member: str) -> None:
    """A browser that was left open is no guardian for ever."""
    page = verified(site)
    frozen_clock.advance(timedelta(minutes=11))
    assert not page.open(HERE).sees("아**동")


def rights_of(house: House) -> GuardiansRights:
    return GuardiansRights(
        house.database,
        house.clock,
        house.digester,
        house.directory,
        GuardianRecords(house.cipher, house.randomness),
        ChangeAnswer(house.database, house.clock, house.terms),
        Withdraw(house.database, house.clock, ReleaseAllLinks(house.randomness, house.catalogue)),
    )


def test_deletes_once_whoever_presses_at_the_same_moment(any_database: Database, keys_dir: Path) -> None:
    """Issue 3 (double submission): eight presses, one withdrawal in the audit, nobody sees an error of ours."""
    url = any_database.engine.url.render_as_string(hide_password=False)
    with closing(a_house(url, keys_dir, SystemClock())) as house:
        child(house, "2099-01-01", link=TOKEN)
        rights = rights_of(house)

        def press(_racer: int) -> str:
            try:
                rights.delete(TOKEN, address="203.0.113.9")
            except LinkIsOver:
                return "over"
            return "deleted"

        assert set(race(press, racers=8)) <= {"deleted", "over"}
        with house.database.reading() as connection:
            actions = list(connection.execute(select(audit_records.c.action)).scalars())
    assert actions.count("member.withdrew") == 1
