"""Passkeys at the demonstration itself, which `IDP_ISSUER=http://localhost:…` gives a host with a name (issue 4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import OpenBrowser
from tests.journeys.pages import follow, looked_over, press
from tests.journeys.person import Person
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Sight
from tests.journeys.test_second_factors import AUTHENTICATOR

HONG = Person("honggildong", "honggildong@example.com", "01000000001")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with raised(tmp_path_factory.mktemp("named-stage"), {}, named=True) as stage:
        yield stage


def test_signs_in_at_a_relying_party_with_a_passkey(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 4, what to show: a passkey by a virtual authenticator: made at my pages, used at KAMP, which is told level
    2; an app is then added by it, and the password alone no longer opens the way to one."""
    tab = open_browser(stage)
    page = tab.page
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    added = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    assert stage.provider.startswith("http://localhost:")
    page.goto(f"{stage.provider}/account/second-step")
    tab.give_password(HONG)
    looked_over(page)
    press(page, "패스키 등록")
    page.locator("#name").fill("내 노트북")
    press(page, "저장")
    expect(page.get_by_role("heading", name="내 노트북")).to_be_visible()
    looked_over(page)
    page.context.clear_cookies(name="idp_session")
    devices.send("WebAuthn.setAutomaticPresenceSimulation", {**added, "enabled": False})
    page.goto(f"{stage.party('kamp')}/login?acr=2")
    expect(page.get_by_role("button", name="패스키로 로그인")).to_be_visible()
    looked_over(page)
    devices.send("WebAuthn.setAutomaticPresenceSimulation", {**added, "enabled": True})
    with page.expect_navigation(url="**/signin/**"):
        page.get_by_role("button", name="패스키로 로그인").click()
    assert tab.sight is Sight.CONSENT
    tab.agree()
    assert (tab.at, tab.sight) == (stage.party("kamp"), Sight.SIGNED_IN)
    (told,) = stage.query("SELECT detail FROM audit_records WHERE action = 'sign_in.answered'")
    assert "urn:onepass:acr:2" in str(told.detail)
    assert "hwk user mfa" in str(told.detail)
    page.goto(f"{stage.provider}/account/second-step")
    follow(page, "인증 앱 등록")
    expect(page.locator("code.secret")).to_be_visible()
    page.context.clear_cookies(name="idp_session")
    devices.send("WebAuthn.setAutomaticPresenceSimulation", {**added, "enabled": False})
    page.goto(f"{stage.provider}/account/second-step")
    tab.give_password(HONG)
    follow(page, "인증 앱 등록")
    expect(page.locator("code.secret")).to_have_count(0)
    page.get_by_label("비밀번호", exact=True).fill(HONG.password)
    page.get_by_label("아이디", exact=True).fill(HONG.login_id)
    with page.expect_navigation():
        page.get_by_role("button", name="로그인", exact=True).click()
    expect(page.get_by_role("button", name="패스키로 확인")).to_be_visible()
    looked_over(page)
    follow(page, "패스키를 쓸 수 없나요?")
    expect(page.locator("main")).to_contain_text("두 번째 확인을 대신합니다")
    looked_over(page)
