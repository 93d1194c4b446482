"""The sample relying parties' pages, signed out and in, and signing out."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import give_password


def visit_parties(camera: Camera) -> None:
    """Each of the three, in that order."""
    voucher = camera.site.party("voucher")
    camera.open(f"{voucher}/")
    camera.shoot("voucher-signed-out")
    camera.open(f"{voucher}/legacy-login")
    camera.shoot("voucher-login")
    camera.open(f"{voucher}/login")
    give_password(camera)
    _agree_if_asked(camera)
    camera.shoot("voucher-signed-in")
    for party in ("kamp", "smtech"):
        camera.open(f"{camera.site.party(party)}/")
        camera.follow("통합로그인")
        _agree_if_asked(camera)
        camera.shoot(f"{party}-signed-in")
    camera.open(f"{voucher}/")
    camera.press("로그아웃")
    camera.shoot("voucher-after-sign-out")
    camera.open("/account/")
    give_password(camera)
    camera.open("/oidc/logout")
    camera.shoot("sign-out-confirm")
    camera.press("로그아웃")
    camera.shoot("signed-out")


def _agree_if_asked(camera: Camera) -> None:
    if camera.page.locator("#consent-title").count():
        camera.press("동의하고 계정 연결")
    camera.page.locator("#signed-in").wait_for()
