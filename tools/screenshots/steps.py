"""What walks do again and again: sign in, be verified, and the steps of joining."""

from __future__ import annotations

from tools.screenshots.camera import Camera

MEMBER, PASSWORD = "honggildong", "Onepass!2026"


def give_password(camera: Camera, login_id: str = MEMBER) -> None:
    """아이디, 비밀번호, 로그인."""
    camera.type(login_id=login_id, password=PASSWORD)
    camera.press("로그인")


def verify(camera: Camera, method: str, holder: str) -> None:
    """Press a method that leads to the simulator's window, and have it vouch for `holder`."""
    camera.press(method)
    camera.follow("인증기관으로 이동")
    camera.page.locator("#holder").select_option(holder)
    camera.press("결과 보내기")


def choose_type(camera: Camera, kind: str) -> None:
    camera.page.locator(f"label[for=kind-{kind}]").click()
    camera.press("다음")


def tick_all(camera: Camera) -> None:
    for box in camera.page.locator("input[type=checkbox][name]").all():
        box.set_checked(True, force=True)


def agree_to_terms(camera: Camera) -> None:
    tick_all(camera)
    camera.press("다음")


def check_login_id(camera: Camera, login_id: str) -> None:
    """중복확인."""
    camera.type(login_id=login_id)
    camera.page.locator("button[value=check_login_id]").click()
    camera.page.get_by_text("사용할 수 있는 아이디입니다.").wait_for()


def give_details(camera: Camera, login_id: str, **more: str) -> None:
    """Everything of step 4 but its 다음."""
    camera.type(**more)
    check_login_id(camera, login_id)
    camera.type(password=PASSWORD, password_again=PASSWORD, email_local=login_id, email_domain_typed="hong.example")
