"""A child and a guardian, each at a browser of their own, and the letters between them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenBrowser
from tests.journeys.pages import PASSWORD, agree_to_terms, follow, give_details, looked_over, press, verify
from tests.journeys.patience import eventually
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Sight

CHILD, GUARDIAN, ADDRESS = "child_gildong", "kim_gildong", "guardian@hong.example"
TO_THE_GUARDIAN, TO_THE_CHILD = "guardian_consent", "guardian_decided"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of this module's own: there is only one fictitious child."""
    with raised(tmp_path_factory.mktemp("under-14-stage"), {}) as stage:
        yield stage


def letters(stage: Stage, letter: str, count: int) -> list[dict[str, Any]]:
    """The letters of this kind in the file outbox, once so many have been sent."""
    outbox = Path(stage.told.environment["IDP_MAIL__OUTBOX_DIR"])

    def look() -> list[dict[str, Any]] | None:
        kept = [json.loads(path.read_text("utf-8")) for path in sorted(outbox.glob("*.json"))]
        found = [each for each in kept if each["letter"] == letter]
        return found if len(found) >= count else None

    found = eventually(look)
    assert len(found) == count
    return found


def link_in(letter: dict[str, Any], stage: Stage) -> str:
    """The link that a letter carries, on our own host."""
    found = re.search(re.escape(stage.provider) + r"/guardian/[\w-]{43}", letter["text"])
    assert found is not None
    return found[0]


def to_the_guardian(page: Page, stage: Stage) -> None:
    """A verified child's page that asks for the guardian."""
    page.goto(f"{stage.provider}/join/")
    press(page, "만14세 미만 회원가입")
    agree_to_terms(page)
    verify(page, "공동인증서", CHILD)
    expect(page.get_by_role("heading", name="보호자의 동의가 필요해요")).to_be_visible()


def ask(page: Page, name: str, contact: str) -> None:
    page.get_by_label("보호자 이름").fill(name)
    page.get_by_label("보호자 연락처").fill(contact)
    press(page, "동의 요청 보내기")


def decide(page: Page, holder: str) -> None:
    """Read, tick, say who one is, and be verified."""
    for box in page.locator("input[type=checkbox][name]").all():
        box.set_checked(True, force=True)
    page.locator("label[for=relation-mother]").click()
    verify(page, "공동인증서", holder)


def test_needs_a_guardian_to_join(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-82…85: refused once, asked again, agreed to by the right one, joined and signed in."""
    child, guardian = open_browser(stage), open_browser(stage)
    for tab in (child, guardian):
        tab.watch.expect(400, 404, 409, 429)
    to_the_guardian(child.page, stage)
    _refused(child.page, guardian.page, stage)
    to_the_guardian(child.page, stage)
    _asked_again(child.page, stage)
    _agreed(child.page, guardian.page, stage)
    _joined(child.page)
    child.page.context.clear_cookies()
    assert child.visit("kamp") is Sight.SIGNED_OUT
    assert child.press_sign_in() is Sight.PASSWORD
    child.page.get_by_label("아이디", exact=True).fill("childgildong")
    child.page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    press(child.page, "로그인")
    expect(child.page.locator("#consent-title, #signed-in").first).to_be_visible()


def _refused(child: Page, guardian: Page, stage: Stage) -> None:
    looked_over(child)
    ask(child, "", "02-123-4567")
    expect(child.locator("[aria-invalid=true]").first).to_be_focused()
    looked_over(child)
    ask(child, "김길동", "010-0000-0002")
    expect(child.get_by_text("보호자의 동의를 기다리고 있어요")).to_be_visible()
    looked_over(child)
    [letter] = letters(stage, TO_THE_GUARDIAN, 1)
    assert (letter["channel"], letter["recipient"]) == ("sms", "01000000002")
    guardian.goto(link_in(letter, stage))
    looked_over(guardian)
    press(guardian, "동의하지 않음")
    looked_over(guardian)
    press(guardian, "동의하지 않음")
    expect(guardian.get_by_role("heading", name="회원가입에 동의하지 않았습니다")).to_be_visible()
    looked_over(guardian)
    follow(child, "동의했는지 확인하기")
    expect(child.get_by_role("heading", name="보호자가 가입에 동의하지 않았습니다")).to_be_visible()
    looked_over(child)
    assert "동의하지 않아" in letters(stage, TO_THE_CHILD, 1)[0]["text"]


def _asked_again(child: Page, stage: Stage) -> None:
    ask(child, "김길동", ADDRESS)
    follow(child, "보호자 정보 고치기")
    looked_over(child)
    assert child.get_by_label("보호자 연락처").input_value() == ADDRESS
    press(child, "동의 요청 보내기")
    expect(child.get_by_text("동의 요청을 너무 자주 보냈어요")).to_be_visible()
    looked_over(child)
    child.goto(f"{stage.provider}/join/")
    press(child, "이어서 진행하기")
    expect(child.get_by_text("보호자의 동의를 기다리고 있어요")).to_be_visible()


def _agreed(child: Page, guardian: Page, stage: Stage) -> None:
    letter = letters(stage, TO_THE_GUARDIAN, 2)[-1]
    assert (letter["channel"], letter["recipient"]) == ("email", ADDRESS)
    assert "아**동" in letter["text"]
    assert "아이길동" not in letter["text"] + letter["html"]
    guardian.goto(link_in(letter, stage))
    press(guardian, "공동인증서")
    expect(guardian.locator("[aria-invalid=true]").first).to_be_focused()
    looked_over(guardian)
    for holder, said in ((CHILD, "아동 본인"), ("nam_gildong", "만 19세 이상"), ("go_gildong", "이름과 다른 분")):
        decide(guardian, holder)
        expect(guardian.get_by_role("alert")).to_contain_text(said)
    looked_over(guardian)
    decide(guardian, GUARDIAN)
    expect(guardian.get_by_role("heading", name="회원가입에 동의했습니다")).to_be_visible()
    looked_over(guardian)
    assert letters(stage, TO_THE_CHILD, 2)[-1]["recipient"] == "01000000005"


def _joined(child: Page) -> None:
    follow(child, "동의했는지 확인하기")
    expect(child.get_by_text("보호자(김*동)가 가입에 동의했어요.")).to_be_visible()
    looked_over(child)
    press(child, "다음")
    give_details(child, "childgildong")
    press(child, "다음")
    expect(child.get_by_text("중기 통합회원 가입이 완료되었습니다")).to_be_visible()


def test_moves_on_whoever_is_14(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-82: 14 today, in Korea: told so, and shown the ordinary way."""
    tab = open_browser(stage)
    tab.watch.expect(409)
    tab.page.goto(f"{stage.provider}/join/")
    press(tab.page, "만14세 미만 회원가입")
    agree_to_terms(tab.page)
    verify(tab.page, "공동인증서", "young_gildong")
    expect(tab.page.get_by_text("만 14세 이상은 일반 회원가입을 이용해 주세요.")).to_be_visible()
    looked_over(tab.page)
    follow(tab.page, "일반 회원가입으로 이동")
    expect(tab.page.get_by_role("heading", name="1단계")).to_be_visible()
