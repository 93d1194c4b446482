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
    "password_reset",
    "password_changed",
    "guardian_consent",
    "guardian_decided",
    "guardian_rights",
    "welcome",
)


def read_letters(camera: Camera) -> None:
    """Each by its look; an SMS as the outbox shows it."""
    for letter in _BY_MAIL:
        camera.open(f"{camera.site.address_of_letter(letter, 'email')}/look")
        camera.shoot(f"letter-{letter.replace('_', '-')}")
    for letter in ("verification_code", "guardian_consent"):
        camera.open(camera.site.address_of_letter(letter, "sms"))
        camera.shoot(f"sms-{letter.replace('_', '-')}")
