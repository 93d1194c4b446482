"""휴대전화 번호 확인 by a code, too many of them, a page whose member changed, and 내가 로그인하지 않았습니다."""

from __future__ import annotations

from tools.screenshots.camera import Camera, NotReady
from tools.screenshots.steps import PASSWORD, give_password

_LOGIN_ID = "phone.gildong"
_MANY = 25


def prove_contacts(camera: Camera) -> None:
    """Of a member whose number nobody has proved."""
    given = {
        "--login-id": _LOGIN_ID,
        "--name": "남길동",
        "--email": "phone.gildong@hong.example",
        "--phone": "010-0000-0004",
    }
    words = [word for pair in given.items() for word in pair]
    camera.site.command(
        "members", "create", "--kind", "person", "--password-stdin", "--agreed-to-terms", *words, typed=PASSWORD
    )
    camera.open("/account/")
    give_password(camera, _LOGIN_ID)
    camera.shoot("profile-unproven")
    camera.press("인증번호 받기")
    camera.shoot("phone-code")
    camera.type(code="000000")
    camera.press("확인")
    camera.shoot("phone-code-refused")
    camera.type(code=camera.site.code_in_letter("verification_code"))
    camera.press("확인")
    camera.shoot("profile-phone-proven")
    _change_contact(camera)
    _change_members(camera)
    _be_somebody_else(camera)


def _change_contact(camera: Camera) -> None:
    camera.open("/account/profile")
    camera.page.locator("#phone").fill("00000008")
    camera.press("저장")
    for _each in range(_MANY):
        camera.open("/account/")
        camera.press("인증번호 받기")
        if "너무" in camera.page.title():
            camera.shoot("error-too-many")
            return
    raise NotReady("nothing bounds the codes that are sent")


def _change_members(camera: Camera) -> None:
    camera.open("/account/profile")
    second = camera.page.context.new_page()
    camera.page.context.clear_cookies(name="idp_session")
    second.goto(f"{camera.site.provider}/account/")
    second.locator("#login_id").fill("honggildong")
    second.locator("#password").fill(PASSWORD)
    with second.expect_navigation():
        second.get_by_role("button", name="로그인", exact=True).click()
    camera.press("저장")
    camera.shoot("error-another-member")


def _be_somebody_else(camera: Camera) -> None:
    stranger = camera.another()
    stranger.open("/account/")
    give_password(stranger, _LOGIN_ID)
    stranger.open(camera.site.link_in_letter("new_sign_in", "/recovery/not-me/"))
    stranger.shoot("not-me")
    stranger.press("내가 아닙니다")
    stranger.shoot("not-me-done")
