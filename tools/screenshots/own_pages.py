"""A member's own pages."""

from __future__ import annotations

from tools.screenshots.camera import Camera
from tools.screenshots.steps import give_password

_PAGES = {
    "profile": "",
    "profile-edit": "profile",
    "profile-password": "password",
    "agencies": "agencies",
    "agencies-unlink": "agencies/voucher/unlink",
    "certificates": "certificates",
    "consents": "consents",
    "history": "history",
    "withdraw": "withdraw",
}


def look_at_own_pages(camera: Camera) -> None:
    """Each of them, of the sample member; of one who signed in a moment ago."""
    camera.open("/account/")
    give_password(camera)
    for name, path in _PAGES.items():
        camera.open(f"/account/{path}")
        camera.shoot(name)
    camera.press("탈퇴하기 >")
    camera.shoot("withdraw-refused")
