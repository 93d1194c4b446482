"""통합회원 탈퇴 and its receipt."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import MEMBER, PASSWORD, give_password


def leave(camera: Camera) -> None:
    """The sample member goes; what voucher says then."""
    camera.open(f"{camera.site.party('voucher')}/login")
    give_password(camera, MEMBER)
    if camera.page.locator("#consent-title").count():
        camera.press("동의하고 계정 연결")
    camera.open("/account/withdraw")
    camera.page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    camera.page.get_by_text("안내 사항을 모두 확인했으며, 탈퇴에 동의합니다.").click()
    camera.press("탈퇴하기 >")
    camera.shoot("withdrawn")
    for _each in range(100):
        camera.open(f"{camera.site.party('voucher')}/")
        if camera.page.locator("[data-ended]").count():
            break
        camera.page.wait_for_timeout(200)
    camera.shoot("voucher-after-withdrawal")
