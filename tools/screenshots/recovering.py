"""아이디 찾기, 비밀번호 재설정, the proof of an e-mail address."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import verify

_LOGIN_ID = "gildong.go"
"""Who joined on the first walk of joining."""


def find_way_back(camera: Camera) -> None:
    """Both recoveries, by verification and by letter, each with its refusal."""
    camera.open("/recovery/login-id")
    camera.shoot("recovery-login-id")
    verify(camera, "Any-ID", "go_gildong")
    camera.shoot("recovery-login-id-found")
    camera.open("/recovery/login-id")
    verify(camera, "Any-ID", "nam_gildong")
    camera.shoot("recovery-login-id-none")
    camera.open("/recovery/password")
    camera.shoot("recovery-password")
    camera.press("다음")
    camera.shoot("recovery-password-empty")
    camera.type(login_id=_LOGIN_ID)
    camera.press("다음")
    camera.shoot("recovery-password-ways")
    verify(camera, "Any-ID", "nam_gildong")
    camera.shoot("recovery-password-refused")
    camera.open("/recovery/password")
    camera.type(login_id=_LOGIN_ID)
    camera.press("다음")
    verify(camera, "Any-ID", "go_gildong")
    camera.shoot("recovery-password-new")
    camera.press("비밀번호 바꾸기")
    camera.shoot("recovery-password-new-refused")
    camera.page.get_by_label("새 비밀번호", exact=True).fill("Anew!Pass26")
    camera.page.get_by_label("새 비밀번호 확인", exact=True).fill("Anew!Pass26")
    camera.press("비밀번호 바꾸기")
    camera.shoot("recovery-password-done")
    camera.open(camera.site.link_in_letter("email_proof", "/recovery/"))
    camera.shoot("email-proof")
    camera.press("내 이메일 주소가 맞습니다")
    camera.shoot("email-proven")
    camera.open("/recovery/password")
    camera.type(login_id=_LOGIN_ID)
    camera.press("다음")
    camera.press("이메일로 링크 받기")
    camera.shoot("recovery-password-sent")
    camera.open("/demo/outbox")
    camera.shoot("outbox")
