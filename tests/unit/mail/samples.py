"""One of every letter, and an address and a number that nobody has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from idp.mail.guardian_letters import GuardianConsent, GuardianDecided, GuardianRights, TurnedFourteen
from idp.mail.letters import (
    AccountLocked,
    AnyLetter,
    CertificateChanged,
    ContactChanged,
    EmailProof,
    LeavingSoon,
    LinkStopped,
    LoginIdReminder,
    NewPasswordRequired,
    NewSignIn,
    PasskeyChanged,
    PasswordChanged,
    PasswordReset,
    Purpose,
    SecondStepChanged,
    StandingChanged,
    VerificationCode,
    Welcome,
    Withdrawn,
)
from idp.mail.recipients import EmailAddress, MobileNumber

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TOKEN = "q3VxkT0c1bW9hZ2xlY3Rpb24tc2FtcGxlLXRva2VuLTEy"
EMAIL = EmailAddress("honggildong@example.com")
MOBILE = MobileNumber("010-1234-1234")
CODE = VerificationCode("482913", Purpose.JOIN, LATER)

LETTERS: tuple[AnyLetter, ...] = (
    CODE,
    PasswordReset(f"/recovery/reset/{TOKEN}", LATER),
    PasswordChanged(NOW, "/recovery"),
    ContactChanged(NOW, ("ho*********@e***", "010-****-1234"), "/recovery/password"),
    AccountLocked(NOW, "/recovery", LATER),
    AccountLocked(NOW, "/recovery"),
    CertificateChanged(NOW, registered=True, path="/account/certificates"),
    CertificateChanged(NOW, registered=False, path="/account/certificates"),
    SecondStepChanged(NOW, turned_on=True, path="/recovery/password"),
    StandingChanged(NOW, suspended=True),
    StandingChanged(NOW, suspended=False),
    NewPasswordRequired(NOW, "/recovery/password"),
    PasskeyChanged(NOW, registered=True, path="/account/second-step"),
    PasskeyChanged(NOW, registered=False, path="/account/second-step"),
    NewSignIn(NOW, "Chrome · Windows", "/recovery/not-me/once", "203.0.***.10"),
    LoginIdReminder("pe****02", "/account/"),
    Welcome(NOW, "/account/"),
    EmailProof(f"/recovery/email/{TOKEN}", LATER),
    Withdrawn(NOW, ("혁신바우처", "R&D <SMTECH>")),
    Withdrawn(NOW),
    Withdrawn(NOW, ("혁신바우처",), f"/receipts/{TOKEN}"),
    LeavingSoon(NOW, LATER, "/account/"),
    LinkStopped(NOW, "혁신바우처", f"/receipts/{TOKEN}"),
    GuardianConsent("홍*동", f"/join/guardian/{TOKEN}", LATER),
    GuardianDecided(agreed=True, path="/join/child"),
    GuardianDecided(agreed=False, path="/join/child"),
    GuardianRights(f"/guardian/rights/{TOKEN}"),
    TurnedFourteen("/account/"),
)
