"""The login page, what can go wrong on it, consent, terms that changed, and pages that say no."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from tools.screenshots.camera import Camera
from tools.screenshots.demonstration import ROOT
from tools.screenshots.steps import MEMBER, PASSWORD, give_password, tick_all


def sign_in(camera: Camera) -> None:
    """From voucher's button to its page, a picture of every question on the way."""
    camera.open("/")
    camera.shoot("home")
    camera.open(f"{camera.site.party('voucher')}/login")
    camera.shoot("login")
    camera.type(login_id=MEMBER, password="Wrong!2026")
    camera.press("로그인")
    camera.shoot("login-refused")
    camera.press("로그인")
    camera.shoot("login-empty")
    camera.follow("기업 회원 로그인")
    camera.shoot("login-enterprise")
    camera.type(business_number="1237894560")
    camera.press("로그인")
    camera.shoot("login-enterprise-refused")
    camera.follow("일반 회원 로그인")
    camera.follow("English")
    camera.shoot("login-english")
    camera.follow("한국어")
    give_password(camera)
    camera.page.locator("#consent-title").wait_for()
    camera.shoot("consent")
    camera.press("동의하고 계정 연결")


def meet_errors(camera: Camera) -> None:
    """Pages that say no, and terms that changed."""
    camera.open("/nowhere", 404)
    camera.shoot("error-not-found")
    camera.open("/oidc/authorize?client_id=nobody", 400)
    camera.shoot("error-unknown-party")
    camera.open("/recovery/password/" + "x" * 43, 404)
    camera.shoot("error-spent-link")
    _ask_again(camera)


def _ask_again(camera: Camera) -> None:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "terms"
        shutil.copytree(ROOT / "config" / "terms", folder)
        service = folder / "service.ko.md"
        service.write_text(service.read_text("utf-8") + "\n### 부칙\n이 약관은 게시한 날부터 적용합니다.\n", "utf-8")
        camera.site.command("terms", "apply", str(folder))
    for _each in range(20):
        # A running server looks at the terms every few seconds.
        time.sleep(1)
        camera.page.context.clear_cookies()
        camera.open("/account/")
        camera.type(login_id=MEMBER, password=PASSWORD)
        camera.press("로그인")
        if camera.page.locator("#terms-title").count():
            break
    camera.shoot("terms-changed")
    camera.press("동의하고 계속하기")
    camera.shoot("terms-changed-refused")
    tick_all(camera)
    camera.press("동의하고 계속하기")
