"""The six steps of joining, for a person and for an enterprise."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import agree_to_terms, choose_type, give_details, verify


def join_person(camera: Camera) -> None:
    """From voucher's button to the end of the six steps, with the refusals on the way."""
    camera.open(f"{camera.site.party('voucher')}/login")
    camera.follow("통합회원가입")
    camera.shoot("join-1-type")
    camera.press("다음")
    camera.shoot("join-1-type-refused")
    choose_type(camera, "person")
    camera.shoot("join-2-terms")
    camera.press("다음")
    camera.shoot("join-2-terms-refused")
    camera.page.locator("summary").first.click()
    camera.shoot("join-2-terms-open")
    agree_to_terms(camera)
    camera.shoot("join-person-3-identity")
    camera.press("다음")
    camera.shoot("join-person-3-identity-refused")
    verify(camera, "Any-ID", "go_gildong")
    camera.shoot("join-person-4-details")
    camera.press("다음")
    camera.shoot("join-person-4-details-refused")
    give_details(camera, "gildong.go")
    camera.shoot("join-person-4-details-filled")
    camera.press("다음")
    camera.shoot("join-person-5-agencies")
    camera.press("다음")
    camera.shoot("join-person-6-done")
    again = camera.another()
    again.open("/join/")
    choose_type(again, "person")
    agree_to_terms(again)
    verify(again, "Any-ID", "go_gildong")
    again.shoot("join-person-known")


def join_enterprise(camera: Camera) -> None:
    """An enterprise's steps where they differ, and the page of whoever comes back to unfinished ones."""
    camera.open("/join/")
    choose_type(camera, "enterprise")
    agree_to_terms(camera)
    camera.shoot("join-enterprise-3-identity")
    camera.type(business_number="1237894560")
    camera.press("사업자 간편인증서")
    camera.shoot("join-enterprise-3-identity-refused")
    camera.type(business_number="2208600103")
    verify(camera, "사업자 간편인증서", "third")
    camera.shoot("join-enterprise-4-details")
    camera.press("다음")
    camera.shoot("join-enterprise-4-details-refused")
    camera.open("/join/")
    camera.shoot("join-resume")
    camera.press("이어서 진행하기")
    give_details(camera, "gildong.corp", founded_on="2001-02-03")
    camera.press("다음")
    camera.shoot("join-enterprise-5-agencies")
    camera.press("다음")
    camera.shoot("join-enterprise-6-done")
