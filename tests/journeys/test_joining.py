"""Becoming a member, from a relying party's button to being signed in there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from playwright.sync_api import expect

from idp.commands.terms import terms
from tests.journeys.conftest import OpenBrowser
from tests.journeys.joining import NUMBER, PASSWORD, Newcomer
from tests.journeys.pages import looked_over
from tests.journeys.patience import eventually
from tests.journeys.person import Person
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Sight, Tab

LINKED = (1, "linked")
VOUCHER, KAMP = "중소기업혁신플랫폼(혁신바우처)", "인공지능중소벤처 제조플랫폼(KAMP)"


def account_at(tab: Tab, agency: str) -> str | None:
    """How far the account at an agency has come, on the last page as it is now."""
    tab.page.reload()
    row = tab.page.locator(".connected > li").filter(has_text=agency)
    return row.locator(".badges > span").nth(1).text_content()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of this module's own: of each fictitious person only one can be a member."""
    with raised(tmp_path_factory.mktemp("joining-stage"), {}) as stage:
        yield stage


def test_a_person_joins_from_voucher_and_is_signed_in_there(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-08, REQ-10 to REQ-14, REQ-20, REQ-31 to REQ-34, REQ-45; requirements §3."""
    tab = open_browser(stage)
    newcomer = Newcomer(tab)
    newcomer.come_from("voucher")
    newcomer.be("개인회원")
    newcomer.agree()
    newcomer.at(3, "개인인증 및 등록")
    newcomer.verify("공동인증서", "go_gildong")
    newcomer.at(4, "정보입력")
    expect(tab.page.locator("main")).to_contain_text("고길동")
    newcomer.type_in("gildong.go")
    # REQ-32: the agency they came from is part of it and cannot be taken out.
    came_from = tab.page.get_by_label(VOUCHER)
    assert came_from.is_checked()
    assert came_from.is_disabled()
    newcomer.connect(KAMP)
    expect(tab.page.locator(".connected")).to_contain_text(VOUCHER)
    # 선택한 유관기관에 회원가입 됩니다: KAMP has its account made by SCIM, voucher makes its own.
    eventually(lambda: account_at(tab, KAMP) == "가입 완료")
    assert account_at(tab, VOUCHER) == "첫 로그인 때 가입"
    looked_over(tab.page)
    newcomer.go_and_sign_in()
    assert tab.sight is Sight.PASSWORD
    # What they agreed to at step 5 is not asked a second time.
    person = Person("gildong.go", "gildong.go@naver.com", "01000000003", password=PASSWORD)
    assert tab.give_password(person) is Sight.SIGNED_IN
    assert tab.at == stage.party("voucher")
    assert tab.shown_name == "고길동"
    stage.heard_until("voucher", tab.subject, [LINKED])
    tab.visit("kamp")
    assert tab.press_sign_in() is Sight.SIGNED_IN
    subject = tab.subject
    stage.heard_until("kamp", subject, [LINKED])
    expect(tab.page.locator("[data-made-for-member]")).to_be_visible()
    eventually(lambda: stage.query("SELECT 1 FROM links GROUP BY member_id HAVING count(*) = 2"))
    tab.page.goto(f"{stage.provider}/account/agencies")
    for agency in (KAMP, VOUCHER):
        expect(tab.page.locator(".agencies > li").filter(has_text=agency)).to_contain_text("가입 완료")
    looked_over(tab.page)
    # Whoever leaves keeps the account there: it is the agency's.
    tab.page.goto(f"{stage.provider}/account/agencies/kamp/unlink")
    tab.page.get_by_role("button", name="계정 연결 중단").click()
    stage.heard_until("kamp", subject, [LINKED, (2, "unlinked")])
    made = requests.get(f"{stage.party('kamp')}/state", timeout=5).json()["made_accounts"]
    assert made == [{"external_id": subject, "active": True}]


def test_an_enterprise_joins_from_voucher_and_is_signed_in_there(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-14, REQ-17, REQ-20, REQ-34, REQ-41: by the certificate it was verified with."""
    tab = open_browser(stage)
    newcomer = Newcomer(tab)
    newcomer.come_from("voucher")
    newcomer.be("기업회원")
    newcomer.agree()
    newcomer.at(3, "기업인증 및 등록")
    newcomer.verify("기업인증서", "gildong", NUMBER)
    newcomer.at(4, "정보입력")
    newcomer.type_in("gildong.sangsa", 설립일="2001-02-03")
    newcomer.connect()
    newcomer.go_and_sign_in()
    tab.page.get_by_label("사업자등록번호").fill(NUMBER)
    tab.page.locator("label").filter(has_text="기업인증서").last.click()
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="로그인", exact=True).click()
    tab.page.locator("#holder").select_option("gildong")
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="결과 보내기").click()
    assert tab.sight is Sight.SIGNED_IN
    assert tab.at == stage.party("voucher")
    stage.heard_until("voucher", tab.subject, [LINKED])


def test_goes_on_where_a_power_cut_left_it(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 3: a draft survives the restart, in the same browser and in no other."""
    tab = open_browser(stage)
    newcomer = Newcomer(tab)
    newcomer.come_directly()
    newcomer.be("개인회원")
    newcomer.agree()
    newcomer.verify("개인 간편인증서", "kim_gildong")
    newcomer.at(4, "정보입력")
    address = tab.page.url
    stage.processes.kill("idp")
    stage.processes.restart("idp")
    tab.page.reload()
    newcomer.at(4, "정보입력")
    expect(tab.page.locator("main")).to_contain_text("김길동")
    other = open_browser(stage)
    other.watch.expect(404)
    other.page.goto(address)
    assert other.sight is Sight.NOTICE
    newcomer.type_in("gildong.kim")
    newcomer.connect()


def test_asks_again_when_the_terms_have_changed(stage: Stage, open_browser: OpenBrowser, tmp_path: Path) -> None:
    """REQ-13: at the next sign-in, also of a member who is signed in; and once."""
    person, tab = stage.newcomer(), open_browser(stage)
    tab.first_sign_in("voucher", person)
    folder = tmp_path / "terms"
    shutil.copytree("config/terms", folder)
    service = folder / "service.ko.md"
    service.write_text(service.read_text(encoding="utf-8") + "\n### 제5조\n새로 더한 조항입니다.\n", encoding="utf-8")
    applied = CliRunner(env=dict(stage.told.environment)).invoke(terms, ["apply", str(folder)], catch_exceptions=False)
    assert applied.output == "service: a new version is in force\n"
    tab.visit("kamp")

    def asked() -> bool:
        # A running server looks at the terms every few seconds.
        tab.page.goto(tab.question_of("kamp"))
        return tab.page.locator("#terms-title").count() == 1

    eventually(asked)
    tab.page.locator("summary").first.click()
    expect(tab.page.locator(".terms-text").first).to_contain_text("새로 더한 조항입니다.")
    tab.watch.expect(400)
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="동의하고 계속하기").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("필수 약관에 모두 동의해야 계속할 수 있습니다.")
    # What did not change was answered already, and is not asked again.
    expect(tab.page.locator("input[type=checkbox][name]")).to_have_count(1)
    tab.page.locator('label[for="terms-service"]').click()
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="동의하고 계속하기").click()
    assert tab.sight is Sight.CONSENT
    answers = stage.query(
        "SELECT document_id, version, channel FROM terms_answers WHERE member_id = :id ORDER BY seq", id=person.id
    )
    assert [tuple(row) for row in answers if row.document_id == "service"] == [
        ("service", 1, "operator"),
        ("service", 2, "sign_in"),
    ]
    later = replace(person, id="")
    again = open_browser(stage)
    again.visit("voucher")
    assert again.press_sign_in() is Sight.PASSWORD
    assert again.give_password(later) is Sight.SIGNED_IN
