"""계정 연결 중단, 통합회원 탈퇴, and the receipts of both."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import MEMBER, PASSWORD, give_password

_LOOKS = 150
_BETWEEN_LOOKS = 200


def leave(camera: Camera) -> None:
    """The sample member leaves one agency, then all; what voucher says then."""
    camera.open(f"{camera.site.party('voucher')}/login")
    give_password(camera, MEMBER)
    _agree(camera)
    camera.open(f"{camera.site.party('kamp')}/login")
    _agree(camera)
    _unlink(camera)
    _withdraw(camera)
    for _each in range(_LOOKS):
        camera.open(f"{camera.site.party('voucher')}/")
        if camera.page.locator("[data-ended]").count():
            break
        camera.page.wait_for_timeout(_BETWEEN_LOOKS)
    camera.shoot("voucher-after-withdrawal")


def _agree(camera: Camera) -> None:
    if camera.page.locator("#consent-title").count():
        camera.press("동의하고 계정 연결")


def _unlink(camera: Camera) -> None:
    camera.open("/account/agencies/kamp/unlink")
    camera.press("계정 연결 중단")
    camera.shoot("unlinked")
    camera.follow("연결 중단 확인증 보기")
    _told(camera)
    camera.shoot("receipt-unlink")


def _withdraw(camera: Camera) -> None:
    camera.open("/account/withdraw")
    camera.page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    camera.page.get_by_text("안내 사항을 모두 확인했으며, 탈퇴에 동의합니다.").click()
    camera.press("탈퇴하기 >")
    camera.shoot("withdrawn")
    camera.follow("탈퇴 확인증 보기")
    _told(camera)
    camera.shoot("receipt-withdrawal")


def _told(camera: Camera) -> None:
    """The receipt once no agency of it still waits to be told."""
    for _each in range(_LOOKS):
        if not camera.page.get_by_text("통지 대기", exact=True).count():
            return
        camera.page.wait_for_timeout(_BETWEEN_LOOKS)
        camera.page.reload()
