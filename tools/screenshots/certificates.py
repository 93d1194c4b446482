"""인증서로 전자서명, and what stands between a certificate that is not registered and signing in with it."""

from __future__ import annotations

from pathlib import Path

from tools.screenshots.camera import Camera

_COMPANY = "1237894566"
"""길동상사, the sample enterprise."""
_PASSWORD = "LabCert!2026"


def sign_with_certificates(camera: Camera) -> None:
    """The page that opens files, what can go wrong on it, and the company's own pages afterwards."""
    _go_to_sign(camera)
    camera.shoot("certificate-sign")
    camera.push("전자서명")
    camera.shoot("certificate-sign-empty")
    _choose(camera, "business-expired")
    _type_password(camera, _PASSWORD)
    camera.push("전자서명")
    camera.shoot("certificate-sign-expired")
    camera.page.locator("#certificate-folder").set_input_files(camera.site.certificates)
    camera.page.locator("[data-row]").nth(3).wait_for()
    camera.shoot("certificate-sign-folder")
    _choose(camera, "business")
    _type_password(camera, "Wrong!2026")
    camera.push("전자서명")
    camera.page.locator("#certificate-said").wait_for()
    camera.shoot("certificate-sign-wrong-password")
    _choose(camera, "business-revoked")
    _sign(camera)
    camera.shoot("certificate-refused")
    late = camera.another()
    late.page.clock.install()
    _go_to_sign(late)
    late.page.clock.fast_forward("01:00:00")
    late.page.locator("#certificate-said").wait_for()
    late.shoot("certificate-sign-late")
    plain = camera.another(scripts=False)
    _go_to_sign(plain)
    plain.shoot("certificate-sign-without-scripts")
    _meet_unregistered(camera)
    _look_at_own(camera)


def _meet_unregistered(camera: Camera) -> None:
    """Another certificate of the same company; then the same where the registered one has run out."""
    another = _somebody_who_signs(camera, "business-second")
    another.shoot("certificate-unregistered")
    another.press("등록하고 로그인")
    another.shoot("certificate-unregistered-refused")


def _look_at_own(camera: Camera) -> None:
    """인증서 관리 of a company, then the renewal of what has run out."""
    company = _somebody_who_signs(camera, "business")
    company.open("/account/certificates")
    company.shoot("enterprise-certificates")
    company.follow("이름 변경")
    company.shoot("certificate-name")
    company.open("/account/certificates")
    company.follow("삭제")
    company.shoot("certificate-remove")
    company.press("삭제")
    company.shoot("certificate-remove-refused")
    company.open("/account/")
    company.shoot("enterprise-profile")
    company.open("/account/second-step")
    company.shoot("enterprise-second-step")
    camera.site.let_certificates_end()
    renewing = _somebody_who_signs(camera, "business-second")
    renewing.shoot("certificate-renewal")
    renewing.press("갱신 등록하고 로그인")
    renewing.open("/account/certificates")
    renewing.shoot("certificate-renewed")


def _somebody_who_signs(camera: Camera, member: str) -> Camera:
    other = camera.another()
    _go_to_sign(other)
    _choose(other, member)
    _sign(other)
    return other


def _go_to_sign(camera: Camera) -> None:
    camera.open("/account/")
    camera.follow("기업 회원 로그인")
    camera.type(business_number=_COMPANY)
    camera.page.locator("label[for=method-business_certificate]").click()
    camera.press("로그인")


def _choose(camera: Camera, member: str) -> None:
    folder: Path = camera.site.certificates / member
    camera.page.locator("#certificate-files").set_input_files([folder / "signCert.der", folder / "signPri.key"])
    camera.page.get_by_text("인증서 1개를 찾았습니다.").wait_for()


def _type_password(camera: Camera, password: str) -> None:
    camera.page.get_by_label("인증서 비밀번호").fill(password)


def _sign(camera: Camera) -> None:
    _type_password(camera, _PASSWORD)
    camera.press("전자서명")
