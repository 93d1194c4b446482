"""Joining under 14: the child's pages and the guardian's, each at a browser of their own."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import agree_to_terms, give_details, tick_all, verify

_METHOD = "Any-ID"


def join_as_child(camera: Camera) -> None:
    """Refused once, asked again, agreed to, and joined."""
    _to_the_methods(camera)
    camera.shoot("under-14-3-identity")
    verify(camera, _METHOD, "child_gildong")
    camera.shoot("under-14-3-guardian")
    _ask(camera, "", "02-123-4567")
    camera.shoot("under-14-3-guardian-refused")
    _ask(camera, "김길동", "010-0000-0002")
    camera.shoot("under-14-3-guardian-wait")
    guardian = camera.another()
    guardian.open(camera.site.link_in_letter("guardian_consent", "/guardian/"))
    guardian.shoot("guardian-asked")
    guardian.press("동의하지 않음")
    guardian.shoot("guardian-refusing")
    guardian.press("동의하지 않음")
    guardian.shoot("guardian-refused")
    camera.follow("동의했는지 확인하기")
    camera.shoot("under-14-3-guardian-said-no")
    _to_the_methods(camera)
    verify(camera, _METHOD, "child_gildong")
    first = camera.site.link_in_letter("guardian_consent", "/guardian/")
    _ask(camera, "김길동", "guardian@hong.example")
    link = first
    while link == first:
        camera.page.wait_for_timeout(200)
        link = camera.site.link_in_letter("guardian_consent", "/guardian/")
    guardian.open(link)
    guardian.press(_METHOD)
    guardian.shoot("guardian-asked-incomplete")
    tick_all(guardian)
    guardian.page.locator("label[for=relation-mother]").click()
    verify(guardian, _METHOD, "kim_gildong")
    guardian.shoot("guardian-agreed")
    camera.follow("동의했는지 확인하기")
    camera.shoot("under-14-3-guardian-said-yes")
    camera.press("다음")
    camera.shoot("under-14-4-details")
    give_details(camera, "childgildong")
    camera.press("다음")
    camera.press("다음")
    camera.shoot("under-14-6-done")
    _come_back(guardian)


def _come_back(guardian: Camera) -> None:
    """By the guardian's own link, once the child is a member."""
    guardian.open(guardian.site.link_in_letter("guardian_rights", "/guardian/rights/"))
    guardian.shoot("guardian-rights-door")
    verify(guardian, _METHOD, "hong_gildong")
    guardian.shoot("guardian-rights-barred")
    verify(guardian, _METHOD, "kim_gildong")
    guardian.shoot("guardian-rights")
    guardian.press("동의 철회하고 회원 정보 삭제")
    guardian.shoot("guardian-rights-delete")
    guardian.press("철회하고 삭제")
    guardian.shoot("guardian-rights-done")


def _to_the_methods(camera: Camera) -> None:
    camera.open("/join/")
    camera.press("만14세 미만 회원가입")
    agree_to_terms(camera)


def _ask(camera: Camera, name: str, contact: str) -> None:
    camera.page.get_by_label("보호자 이름").fill(name)
    camera.page.get_by_label("보호자 연락처").fill(contact)
    camera.press("동의 요청 보내기")
