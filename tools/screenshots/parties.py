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
    _sign_out_by_frames(camera)
    camera.shoot("voucher-after-sign-out")
    camera.open(f"{voucher}/login")
    give_password(camera)
    for party in ("kamp", "smtech"):
        # SMTECH, which nobody tells, still has its former session and would offer no way in.
        camera.open(f"{camera.site.party(party)}/login")
        camera.page.locator("#signed-in").wait_for()
    camera.open("/oidc/logout")
    camera.shoot("sign-out-confirm")
    camera.press("로그아웃")
    camera.page.locator("li[data-state=told]").nth(1).wait_for()
    camera.shoot("signed-out")


def _sign_out_by_frames(camera: Camera) -> None:
    """By way of the page that opens KAMP's and goes on by itself, which is too quick for a picture: held up a while."""
    held = "**/oidc/frontchannel-logout*"
    camera.page.route(held, lambda _route: None)
    camera.page.get_by_role("button", name="로그아웃").first.click(no_wait_after=True)
    camera.page.locator("li[data-state]").first.wait_for()
    camera.shoot_at_once("signing-out")
    camera.page.locator("#signed-out").wait_for()
    camera.page.unroute(held)


def _agree_if_asked(camera: Camera) -> None:
    if camera.page.locator("#consent-title").count():
        camera.press("동의하고 계정 연결")
    camera.page.locator("#signed-in").wait_for()
