"""What stands between choosing a method of verification and its result."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import agree_to_terms, choose_type


def be_verified(camera: Camera) -> None:
    """By redirect, by an app that is asked, the simulator's side of both, and a refusal."""
    camera.open("/join/")
    choose_type(camera, "person")
    agree_to_terms(camera)
    methods = camera.page.url
    camera.press("Any-ID")
    camera.shoot("verification-leave")
    camera.follow("인증기관으로 이동")
    camera.shoot("simulator-window")
    camera.page.locator("#outcome").select_option("refuse")
    camera.press("결과 보내기")
    camera.shoot("verification-refused")
    camera.open(methods)
    camera.press("개인 간편인증서")
    camera.shoot("verification-form")
    camera.press("인증 요청 보내기")
    camera.shoot("verification-form-refused")
    camera.page.get_by_label("이름").fill("홍길동")
    camera.page.get_by_label("생년월일").fill("19900101")
    camera.page.get_by_label("휴대전화 번호").fill("010-0000-0001")
    camera.press("인증 요청 보내기")
    camera.shoot("verification-wait")
    phone = camera.another()
    phone.open(f"{camera.site.party('simulator')}/")
    phone.shoot("simulator-phone")
    camera.press("인증 완료")
    camera.shoot("verification-not-yet")
    phone.press("거절")
    phone.shoot("simulator-phone-answered")
    camera.press("인증 완료")
    camera.shoot("verification-refused-on-phone")
