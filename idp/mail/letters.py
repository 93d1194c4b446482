"""The letters there are, each a dataclass of exactly what its words need.

No field can carry what somebody typed: a letter goes out under our name, to people who trust it. Codes are digits,
links are paths under our own issuer, names of persons come masked, and the rest is checked to hold nothing that a mail
program would turn into a link.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from idp.mail.guardian_letters import GuardianConsent, GuardianDecided, GuardianRights, TurnedFourteen
from idp.mail.letter_form import (
    EMAIL,
    Code,
    Letter,
    LetterForm,
    Masked,
    MaskedAddress,
    MaskedContact,
    Path,
    Printable,
    Words,
)


class Language(StrEnum):
    """What a letter is written in."""

    KO = "ko"
    EN = "en"


class Purpose(StrEnum):
    """What a code is asked for; its words stand in `templates/<language>/purposes.txt`."""

    JOIN = "join"
    CONVERT = "convert"
    SIGN_IN = "sign_in"
    FIND_LOGIN_ID = "find_login_id"
    RESET_PASSWORD = "reset_password"
    UNLOCK = "unlock"
    CHANGE_EMAIL = "change_email"
    CHANGE_PHONE = "change_phone"
    GUARDIAN = "guardian"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class VerificationCode(LetterForm):
    """A one-time code, to prove that an address or a number is its owner's."""

    letter = Letter.VERIFICATION_CODE
    code: Code = field(repr=False)
    purpose: Purpose
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class PasswordReset(LetterForm):
    """The link under which a new password can be set."""

    letter = Letter.PASSWORD_RESET
    channels = EMAIL
    path: Path = field(repr=False)
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class PasswordChanged(LetterForm):
    """That the password was changed; `path` is where somebody goes who did not do it."""

    letter = Letter.PASSWORD_CHANGED
    at: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class ContactChanged(LetterForm):
    """That e-mail address or number became these, `masked`; `path` is where somebody goes who did not do it."""

    letter = Letter.CONTACT_CHANGED
    at: datetime
    masked: tuple[MaskedContact, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class AccountLocked(LetterForm):
    """That too many attempts locked the account; `path` leads back in, `until` is when it opens by itself (REQ-40)."""

    letter = Letter.ACCOUNT_LOCKED
    at: datetime
    path: Path
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewSignIn(LetterForm):
    """That somebody signed in from a device not seen before; `device` in words of ours, such as `Chrome · Windows`, and
    `address` masked. `path` is where somebody goes whose device it is not."""

    letter = Letter.NEW_SIGN_IN
    at: datetime
    device: Words
    path: Path = field(repr=False)
    address: MaskedAddress = "-"


@dataclass(frozen=True, slots=True)
class SecondStepChanged(LetterForm):
    """That the second step was turned on or off; `path` is where somebody goes who did not do it."""

    letter = Letter.SECOND_STEP_CHANGED
    at: datetime
    turned_on: bool
    path: Path


@dataclass(frozen=True, slots=True)
class StandingChanged(LetterForm):
    """That an operator suspended the member, or let them in again."""

    letter = Letter.STANDING_CHANGED
    at: datetime
    suspended: bool


@dataclass(frozen=True, slots=True)
class NewPasswordRequired(LetterForm):
    """That the password is good no more; `path` is where the member sets a new one."""

    letter = Letter.NEW_PASSWORD_REQUIRED
    at: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class CertificateChanged(LetterForm):
    """That a certificate was registered or removed; `path` is where the member sees which there are."""

    letter = Letter.CERTIFICATE_CHANGED
    at: datetime
    registered: bool
    path: Path


@dataclass(frozen=True, slots=True)
class PasskeyChanged(LetterForm):
    """That a passkey was registered or removed; `path` is where the member sees which there are."""

    letter = Letter.PASSKEY_CHANGED
    at: datetime
    registered: bool
    path: Path


@dataclass(frozen=True, slots=True)
class LoginIdReminder(LetterForm):
    """The 아이디 that was asked for, masked; `path` is the sign-in page."""

    letter = Letter.LOGIN_ID_REMINDER
    masked_login_id: Masked
    path: Path


@dataclass(frozen=True, slots=True)
class Welcome(LetterForm):
    """That the membership began; `path` is the member's own page."""

    letter = Letter.WELCOME
    channels = EMAIL
    at: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class EmailProof(LetterForm):
    """The link that proves an address to be read by the member who gave it."""

    letter = Letter.EMAIL_PROOF
    channels = EMAIL
    path: Path = field(repr=False)
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn(LetterForm):
    """The receipt of a withdrawal, with the names of the agencies that are told. It belongs to no member any more;
    `path` shows what each agency has heard."""

    letter = Letter.WITHDRAWN
    at: datetime
    agencies: tuple[Printable, ...] = ()
    # A default, for letters that the former release queued.
    path: Path = field(default="/", repr=False)


@dataclass(frozen=True, slots=True)
class LeavingSoon(LetterForm):
    """That the membership will end at `until`; `path` is where somebody signs in who wants to stay."""

    letter = Letter.LEAVING_SOON
    at: datetime
    until: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class LinkStopped(LetterForm):
    """That the link with one agency ended; `path` shows what the agency has heard."""

    letter = Letter.LINK_STOPPED
    channels = EMAIL
    at: datetime
    agency: Printable
    path: Path = field(repr=False)


AnyLetter = (
    VerificationCode
    | PasswordReset
    | PasswordChanged
    | ContactChanged
    | AccountLocked
    | NewSignIn
    | CertificateChanged
    | SecondStepChanged
    | StandingChanged
    | NewPasswordRequired
    | PasskeyChanged
    | LoginIdReminder
    | Welcome
    | EmailProof
    | Withdrawn
    | LinkStopped
    | LeavingSoon
    | GuardianConsent
    | GuardianDecided
    | GuardianRights
    | TurnedFourteen
)


def useless_after(letter: AnyLetter) -> datetime | None:
    """When the letter stops being worth sending; None for news, which keeps."""
    if isinstance(letter, VerificationCode | PasswordReset | EmailProof | GuardianConsent):
        return letter.valid_until
    return None
