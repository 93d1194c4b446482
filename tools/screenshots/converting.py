"""Converting voucher's old accounts: its notice, the warning of the other type, the six steps, and the arrival."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import agree_to_terms, choose_type, give_details, give_password, verify


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


def convert_as_member(camera: Camera) -> None:
    """Somebody who is a member already: asked to sign in, signed in as another, and as who was verified.

    Nothing is agreed to: the account is for the walk that converts it.
    """
    _legacy_login(camera, "testId2")
    camera.follow("중기원패스 전환 바로가기")
    _be_verified(camera)
    camera.shoot("convert-member-sign-in")
    camera.press("통합로그인")
    give_password(camera, "gildong.go")
    camera.shoot("convert-member-agree")
    another = camera.another()
    another.open("/account/")
    give_password(another)
    _legacy_login(another, "testId2")
    another.follow("중기원패스 전환 바로가기")
    another.shoot("convert-member-signed-in")
    another.press("다른 회원으로 전환하기")
    _be_verified(another)
    another.shoot("convert-member-another")


def _be_verified(camera: Camera) -> None:
    """As 고길동, who joined on a walk before."""
    choose_type(camera, "person")
    agree_to_terms(camera)
    verify(camera, "Any-ID", "go_gildong")


def _legacy_login(camera: Camera, login_id: str) -> None:
    camera.open(f"{camera.site.party('voucher')}/legacy-login")
    camera.type(login_id=login_id, password="Voucher!2026")
    with camera.page.expect_navigation():
        camera.page.locator("form.login button").click()
