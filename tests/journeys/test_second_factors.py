"""Passkeys, second steps and levels in a real browser, whose authenticator is Chromium's virtual one (issue 4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from idp.app import create_app
from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.house import House
from idp.sections import SecondStep
from idp.storage.database import Database
from relying_parties.kamp.kamp_site import open_kamp
from tests.builders import a_house, a_person, register
from tests.journeys.pages import PASSWORD, follow, looked_over, press
from tests.ports import reserved_ports
from tests.protocol.recovery.lab import HONG

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Place:
    """A provider whose host has a name, which passkeys need, and the sample KAMP."""

    house: House
    provider: str
    kamp: str
    page: Page
    authenticator: Any
    """The browser's, by its own protocol."""
    authenticator_id: str

    def presence(self, *, given: bool) -> None:
        """Whether somebody touches the authenticator as soon as it asks."""
        chosen = {"authenticatorId": self.authenticator_id, "enabled": given}
        self.authenticator.send("WebAuthn.setAutomaticPresenceSimulation", chosen)

    def sign_in(self) -> None:
        """By password."""
        self.page.locator("#login_id").fill("honggildong")
        self.page.locator("#password").fill(PASSWORD)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="로그인", exact=True).click()

    def leave(self) -> None:
        """Lose the session, and nothing else the browser has."""
        self.page.context.clear_cookies(name="idp_session")

    def told(self) -> list[str]:
        """The levels that relying parties were told."""
        with self.house.database.reading() as connection:
            query = select(audit_records.c.detail).where(audit_records.c.action == "sign_in.answered")
            return [detail["acr"] for detail in connection.execute(query.order_by(audit_records.c.seq)).scalars()]


@pytest.fixture
def ports() -> Iterator[list[int]]:
    with reserved_ports(2) as ports:
        yield ports


@pytest.fixture
def place(database: Database, keys_dir: Path, tmp_path: Path, chromium: Browser, ports: list[int]) -> Iterator[Place]:
    here, there = ports
    provider, kamp = f"http://localhost:{here}", f"http://127.0.0.1:{there}"
    url = database.engine.url.render_as_string(hide_password=False)
    # As few as one may set: nobody waits six times ten minutes for the usual thirty.
    second_step = SecondStep(wrong_codes_per_day=5)
    house = a_house(url, keys_dir, SystemClock(), issuer=provider, second_step=second_step)
    party = {
        "id": "kamp",
        "protocol": "oidc",
        "token_endpoint_auth_method": "none",
        "redirect_uris": [f"{kamp}/oidc/callback"],
        "scope": "openid profile offline_access",
        "grant_types": ["authorization_code", "refresh_token"],
    }
    register(house, {"id": "kamp", "name": "KAMP", "relying_party": [party]})
    a_person(house, ci=HONG.ci, identity_verified=True)
    environment = {"KAMP_URL": kamp, "KAMP_ISSUER": provider, "KAMP_DATABASE": str(tmp_path / "kamp.db")}
    servers = [
        make_server("localhost", here, create_app(house.settings, instead=house), threaded=True),
        make_server("127.0.0.1", there, open_kamp(environment).app, threaded=True),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    context = chromium.new_context(locale="ko-KR", reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    added = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield Place(house, provider, kamp, page, devices, added["authenticatorId"])
    context.close()
    for server in servers:
        server.shutdown()
        server.server_close()
    house.close()


def test_signs_in_with_a_passkey_made_before(place: Place) -> None:
    """Issue 4, what to show: a passkey registered by a virtual authenticator and used, by autofill and by button."""
    page = place.page
    page.goto(f"{place.provider}/account/second-step")
    place.sign_in()
    looked_over(page)
    press(page, "패스키 등록")
    looked_over(page)
    page.locator("#name").fill("내 노트북")
    press(page, "저장")
    expect(page.get_by_role("heading", name="내 노트북")).to_be_visible()
    place.leave()
    with page.expect_navigation(url="**/account/"):
        page.goto(f"{place.provider}/account/")
    place.leave()
    place.presence(given=False)
    page.goto(f"{place.provider}/account/")
    expect(page.locator("#login_id")).to_have_attribute("autocomplete", "username webauthn")
    looked_over(page)
    place.presence(given=True)
    with page.expect_navigation(url="**/account/"):
        page.get_by_role("button", name="패스키로 로그인").click()
    follow(page, "로그인 기록")
    expect(page.locator("main")).to_contain_text("패스키")
    follow(page, "2단계 인증")
    follow(page, "삭제")
    looked_over(page)
    press(page, "삭제")
    expect(page.locator("main")).to_contain_text("등록한 패스키가 없습니다")


def test_steps_up_where_a_relying_party_asks(place: Place) -> None:
    """Issue 4, what to show: from level 1 to 2 by an app, and to 3 by certificate; a demand that is not met says so."""
    page = place.page
    page.goto(f"{place.kamp}/login")
    place.sign_in()
    press(page, "동의하고 계정 연결")
    page.goto(f"{place.provider}/account/second-step/app")
    looked_over(page)
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    press(page, "등록")
    looked_over(page)
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    place.leave()
    page.goto(f"{place.provider}/account/")
    place.sign_in()
    looked_over(page)
    page.locator("#code").fill("000000")
    press(page, "확인")
    expect(page.locator("#code")).to_be_focused()
    looked_over(page)
    page.locator("label[for=spare]").click()
    page.locator("#code").fill(codes[0])
    press(page, "확인")
    place.leave()
    page.goto(f"{place.kamp}/login")
    place.sign_in()
    page.goto(f"{place.kamp}/login?acr=2")
    expect(page.locator("main")).to_contain_text("한 번 더 확인해 달라고")
    page.locator("#code").fill(codes[1])
    press(page, "확인")
    page.goto(f"{place.kamp}/login?acr=3&essential=1")
    looked_over(page)
    press(page, "취소")
    expect(page.locator("main")).to_contain_text("필요한 수준으로 본인을 확인하지 못해")
    page.goto(f"{place.kamp}/login?acr=3")
    press(page, "공동인증서")
    page.locator("select[name=holder]").select_option("hong_gildong")
    press(page, "결과 보내기")
    levels = [acr.removeprefix("urn:onepass:acr:") for acr in place.told()]
    assert levels == ["1", "1", "2", "3:sim"]
    page.goto(f"{place.provider}/account/history")
    expect(page.locator("main")).to_contain_text("2단계 인증을 묻지 않는 기기")
    looked_over(page)


def test_closes_codes_for_the_day_and_leaves_other_ways(place: Place) -> None:
    """Issue 4: after the day's wrong codes the page takes none, says what else there is, and verification gets in."""
    page = place.page
    page.goto(f"{place.provider}/account/second-step/app")
    place.sign_in()
    page.goto(f"{place.provider}/account/second-step/app")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    press(page, "등록")
    place.leave()
    page.goto(f"{place.provider}/account/")
    place.sign_in()
    for _ in range(5):
        page.locator("#code").fill("000000")
        press(page, "확인")
    page.reload()
    expect(page.locator("#code")).to_have_count(0)
    expect(page.locator("#failure")).to_contain_text("오늘은 코드로 확인할 수 없습니다")
    looked_over(page)
    follow(page, "본인인증으로 확인하기")
    looked_over(page)
    press(page, "공동인증서")
    page.locator("select[name=holder]").select_option("hong_gildong")
    press(page, "결과 보내기")
    expect(page).to_have_url(f"{place.provider}/account/")
