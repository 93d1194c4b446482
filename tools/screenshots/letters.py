"""The letters that the walks before caused, as a mail program or a telephone shows them."""

from __future__ import annotations

from tools.screenshots.camera import Camera

_BY_MAIL = (
    "new_sign_in",
    "contact_changed",
    "second_step_changed",
    "passkey_changed",
    "certificate_changed",
    "email_proof",
    "password_changed",
    "guardian_consent",
)


def read_letters(camera: Camera) -> None:
    """Each by its look; an SMS as the outbox shows it."""
    for letter in _BY_MAIL:
        camera.open(f"{camera.site.address_of_letter(letter, 'email')}/look")
        camera.shoot(f"letter-{letter.replace('_', '-')}")
    camera.open(camera.site.address_of_letter("verification_code", "sms"))
    camera.shoot("sms-verification-code")
