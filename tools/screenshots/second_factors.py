"""인증 앱, 패스키, 복구 코드, what is asked at sign-in, and what a relying party asks on top."""

from __future__ import annotations

import pyotp

from tools.screenshots.camera import Camera
from tools.screenshots.steps import give_password

_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def use_second_factors(camera: Camera) -> None:
    """The sample member turns both on, signs in with them, and turns them off again for the walks that follow."""
    devices = camera.page.context.new_cdp_session(camera.page)
    devices.send("WebAuthn.enable")
    added = devices.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
    camera.open("/account/second-step")
    give_password(camera)
    camera.shoot("second-step")
    camera.follow("인증 앱 등록")
    camera.shoot("second-step-app")
    camera.type(code="000000")
    camera.press("등록")
    camera.shoot("second-step-app-refused")
    secret = camera.page.locator("code.secret").inner_text().replace(" ", "")
    camera.type(code=pyotp.TOTP(secret).now())
    camera.press("등록")
    camera.shoot("recovery-codes")
    codes = camera.page.locator(".recovery-codes code").all_inner_texts()
    camera.open("/account/second-step")
    camera.press("패스키 등록")
    camera.shoot("passkey-name")
    camera.type(name="내 노트북")
    camera.press("저장")
    camera.shoot("second-step-on")
    # Or the login page would sign in by itself, with what the authenticator confirms at once.
    presence = {"authenticatorId": added["authenticatorId"], "enabled": False}
    devices.send("WebAuthn.setAutomaticPresenceSimulation", presence)
    _be_asked(camera, codes)
    camera.open("/account/second-step")
    camera.page.locator("a[href$='/remove'][href*='passkeys']").click()
    camera.shoot("passkey-remove")
    camera.press("삭제")
    camera.open("/account/second-step/app/remove")
    camera.shoot("second-step-remove")
    camera.press("해제")


def _be_asked(camera: Camera, codes: list[str]) -> None:
    camera.page.context.clear_cookies(name="idp_session")
    camera.open("/account/second-step")
    give_password(camera)
    camera.shoot("sign-in-second-step")
    camera.type(code="000000")
    camera.press("확인")
    camera.shoot("sign-in-second-step-refused")
    camera.follow("코드를 받을 수 없나요?")
    camera.shoot("sign-in-second-step-by-identity")
    camera.follow("이전")
    camera.page.locator("label[for=spare]").click()
    camera.type(code=codes[0])
    camera.press("확인")
    camera.open("/account/history")
    camera.shoot("history-devices")
    kamp = camera.site.party("kamp")
    camera.open(f"{kamp}/login?acr=2")
    if camera.page.locator("#consent-title").count():
        camera.press("동의하고 계정 연결")
    camera.open(f"{kamp}/login?acr=3")
    camera.shoot("step-up")
    camera.press("확인하지 않고 계속")
