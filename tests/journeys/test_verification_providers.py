"""Proving who one is by providers, which a simulator plays; the tester has its phone in another tab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenBrowser
from tests.journeys.joining import Newcomer
from tests.journeys.pages import follow, looked_over, press
from tests.journeys.stage import Stage, raised

BANNER = "모의 인증 (시험용) — 실제 본인확인이 아닙니다"
KAMP = "인공지능중소벤처 제조플랫폼(KAMP)"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A demonstration with its simulator, and nobody joined."""
    with raised(tmp_path_factory.mktemp("providers-stage"), {}, simulator=True) as stage:
        yield stage


def phone_of(stage: Stage) -> str:
    return stage.told.environment["SIMULATOR_URL"]


def ask_for_push(page: Page, name: str, birthday: str, number: str) -> None:
    """개인 간편인증서, with what is typed sent to the app."""
    press(page, "개인 간편인증서")
    page.get_by_label("네이버 (모의)").check(force=True)
    page.get_by_label("이름").fill(name)
    page.get_by_label("생년월일").fill(birthday)
    page.get_by_label("휴대전화 번호").fill(number)
    press(page, "인증 요청 보내기")
    expect(page.get_by_role("heading", name="인증 앱에서 승인해 주세요")).to_be_visible()


def answer(phone: Page, stage: Stage, label: str) -> None:
    """On the phone, in a tab of its own."""
    phone.goto(f"{phone_of(stage)}/")
    expect(phone.get_by_text(BANNER)).to_be_visible()
    press(phone, label)


def test_a_person_refuses_on_the_phone_then_approves_and_joins(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue, what to show: an app-push approval and refusal on the simulator's phone; REQ-14, REQ-16, REQ-90."""
    tab = open_browser(stage)
    page, newcomer = tab.page, Newcomer(tab)
    newcomer.come_directly()
    newcomer.be("개인회원")
    newcomer.agree()
    newcomer.at(3, "개인인증 및 등록")
    phone = page.context.new_page()

    ask_for_push(page, "고길동", "19780228", "010-0000-0003")
    looked_over(page)
    press(page, "인증 완료")
    expect(page.locator("main")).to_contain_text("아직 승인되지 않았습니다.")
    phone.goto(f"{phone_of(stage)}/")
    looked_over(phone)
    answer(phone, stage, "거절")
    press(page, "인증 완료")
    expect(page.locator("main")).to_contain_text("인증 요청이 거절되었습니다.")
    expect(page.locator("main")).to_contain_text(BANNER)
    follow(page, "이전 화면으로 돌아가기")

    ask_for_push(page, "고길동", "19780228", "010-0000-0003")
    answer(phone, stage, "승인")
    press(page, "인증 완료")
    newcomer.at(4, "정보입력")
    expect(page.locator("main")).to_contain_text("고길동")
    newcomer.type_in("gildong.push")
    newcomer.connect(KAMP)
    rows = stage.query("select detail from audit_records where action like 'verification.%' order by seq")
    assert ["simulator-oacx" in str(row.detail) and "simulated" in str(row.detail) for row in rows] == [True, True]


def test_a_business_approves_in_an_app_and_a_person_in_a_window(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue: 사업자 간편인증, re-verified by the server, and 휴대폰 본인확인 by redirect."""
    tab = open_browser(stage)
    page, newcomer = tab.page, Newcomer(tab)
    newcomer.come_directly()
    newcomer.be("기업회원")
    newcomer.agree()
    page.get_by_label("사업자등록번호").fill("1108100010")
    press(page, "사업자 간편인증서")
    follow(page, "인증기관으로 이동")
    expect(page.get_by_text(BANNER)).to_be_visible()
    looked_over(page)
    press(page, "휴대전화에서 승인하기")
    expect(page.get_by_role("heading", name="인증 앱에서 승인해 주세요")).to_be_visible()
    answer(page.context.new_page(), stage, "승인")
    press(page, "인증 완료")
    newcomer.at(4, "정보입력")
    expect(page.get_by_label("회사명")).to_have_value("둘째길동상사")
    expect(page.locator("main")).to_contain_text("기업인증으로 확인된 번호입니다.")

    other = open_browser(stage)
    person = Newcomer(other)
    person.come_directly()
    person.be("개인회원")
    person.agree()
    press(other.page, "휴대폰 인증")
    follow(other.page, "인증기관으로 이동")
    other.page.get_by_label("인증할 대상").select_option("kim_gildong")
    press(other.page, "결과 보내기")
    person.at(4, "정보입력")
    expect(other.page.locator("main")).to_contain_text("김길동")
