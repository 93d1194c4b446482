"""Converting voucher's old accounts: its notice, the warning of the other type, the six steps, and the arrival."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import agree_to_terms, choose_type, give_details, verify


def convert(camera: Camera) -> None:
    """A person's account, and the start of an enterprise's."""
    _legacy_login(camera, "testId2")
    camera.shoot("voucher-notice", whole=False)
    camera.follow("중기원패스 전환 바로가기")
    camera.shoot("convert-1-type")
    request = camera.page.url
    choose_type(camera, "enterprise")
    camera.shoot("convert-1-other-type")
    camera.open(request)
    choose_type(camera, "person")
    agree_to_terms(camera)
    camera.shoot("convert-person-3-identity")
    verify(camera, "Any-ID", "kim_gildong")
    camera.shoot("convert-person-4-details")
    give_details(camera, "kimgildong")
    camera.press("다음")
    camera.shoot("convert-person-5-agencies")
    camera.press("다음")
    camera.shoot("convert-person-6-done")
    camera.follow("유관기관 서비스로 이동하기")
    camera.shoot("voucher-converted")
    camera.follow("마이페이지")
    camera.shoot("voucher-my-page")
    company = camera.another()
    _legacy_login(company, "testId1")
    company.follow("중기원패스 전환 바로가기")
    choose_type(company, "enterprise")
    agree_to_terms(company)
    company.type(business_number="1108100010")
    verify(company, "사업자 간편인증서", "second")
    company.shoot("convert-enterprise-4-details")
    give_details(company, "gildong.second", founded_on="2001-02-03")
    company.press("다음")
    company.shoot("convert-enterprise-5-agencies")
    company.press("다음")
    company.shoot("convert-enterprise-6-done")


def _legacy_login(camera: Camera, login_id: str) -> None:
    camera.open(f"{camera.site.party('voucher')}/legacy-login")
    camera.type(login_id=login_id, password="Voucher!2026")
    with camera.page.expect_navigation():
        camera.page.locator("form.login button").click()
