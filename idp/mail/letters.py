"""The letters there are, each a dataclass of exactly what its words need.

No field can carry what somebody typed: a letter goes out under our name, to people who trust it. Codes are digits,
links are paths under our own issuer, names of persons come masked, and the rest is checked to hold nothing that a mail
program would turn into a link.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from idp.mail.guardian_letters import GuardianConsent, GuardianDecided, GuardianRights, TurnedFourteen
from idp.mail.letter_form import (
    ADDRESS,
    BOTH,
    CODE,
    EMAIL,
    MASKED,
    MASKED_CONTACT,
    PATH,
    UNPRINTABLE,
    WORDS,
    Letter,
    require,
)
from idp.mail.recipients import Channel


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
class VerificationCode:
    """A one-time code, to prove that an address or a number is its owner's."""

    letter: ClassVar[Letter] = Letter.VERIFICATION_CODE
    channels: ClassVar[frozenset[Channel]] = BOTH
    code: str = field(repr=False)
    purpose: Purpose
    valid_until: datetime

    def __post_init__(self) -> None:
        require(CODE, "code", self.code)


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """The link under which a new password can be set."""

    letter: ClassVar[Letter] = Letter.PASSWORD_RESET
    channels: ClassVar[frozenset[Channel]] = EMAIL
    path: str = field(repr=False)
    valid_until: datetime

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """That the password was changed; `path` is where somebody goes who did not do it."""

    letter: ClassVar[Letter] = Letter.PASSWORD_CHANGED
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    path: str

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """That e-mail address or number became these, `masked`; `path` is where somebody goes who did not do it."""

    letter: ClassVar[Letter] = Letter.CONTACT_CHANGED
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    masked: tuple[str, ...]
    path: str

    def __post_init__(self) -> None:
        for value in self.masked:
            require(MASKED_CONTACT, "masked", value)
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class AccountLocked:
    """That too many attempts locked the account; `path` leads back in, `until` is when it opens by itself (REQ-40)."""

    letter: ClassVar[Letter] = Letter.ACCOUNT_LOCKED
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    path: str
    until: datetime | None = None

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class NewSignIn:
    """That somebody signed in from a device not seen before; `device` in words of ours, such as `Chrome · Windows`, and
    `address` masked. `path` is where somebody goes whose device it is not."""

    letter: ClassVar[Letter] = Letter.NEW_SIGN_IN
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    device: str
    path: str = field(repr=False)
    address: str = "-"

    def __post_init__(self) -> None:
        require(WORDS, "device", self.device)
        require(PATH, "path", self.path)
        require(ADDRESS, "address", self.address)


@dataclass(frozen=True, slots=True)
class SecondStepChanged:
    """That the second step was turned on or off; `path` is where somebody goes who did not do it."""

    letter: ClassVar[Letter] = Letter.SECOND_STEP_CHANGED
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    turned_on: bool
    path: str

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class CertificateChanged:
    """That a certificate was registered or removed; `path` is where the member sees which there are."""

    letter: ClassVar[Letter] = Letter.CERTIFICATE_CHANGED
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    registered: bool
    path: str

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class PasskeyChanged:
    """That a passkey was registered or removed; `path` is where the member sees which there are."""

    letter: ClassVar[Letter] = Letter.PASSKEY_CHANGED
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    registered: bool
    path: str

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class LoginIdReminder:
    """The 아이디 that was asked for, masked; `path` is the sign-in page."""

    letter: ClassVar[Letter] = Letter.LOGIN_ID_REMINDER
    channels: ClassVar[frozenset[Channel]] = BOTH
    masked_login_id: str
    path: str

    def __post_init__(self) -> None:
        require(MASKED, "masked_login_id", self.masked_login_id)
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class Welcome:
    """That the membership began; `path` is the member's own page."""

    letter: ClassVar[Letter] = Letter.WELCOME
    channels: ClassVar[frozenset[Channel]] = EMAIL
    at: datetime
    path: str

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class EmailProof:
    """The link that proves an address to be read by the member who gave it."""

    letter: ClassVar[Letter] = Letter.EMAIL_PROOF
    channels: ClassVar[frozenset[Channel]] = EMAIL
    path: str = field(repr=False)
    valid_until: datetime

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The receipt of a withdrawal, with the names of the agencies that are told. It belongs to no member any more."""

    letter: ClassVar[Letter] = Letter.WITHDRAWN
    channels: ClassVar[frozenset[Channel]] = BOTH
    at: datetime
    agencies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(UNPRINTABLE.search(name) for name in self.agencies):
            raise ValueError("agencies: control characters")


AnyLetter = (
    VerificationCode
    | PasswordReset
    | PasswordChanged
    | ContactChanged
    | AccountLocked
    | NewSignIn
    | CertificateChanged
    | SecondStepChanged
    | PasskeyChanged
    | LoginIdReminder
    | Welcome
    | EmailProof
    | Withdrawn
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
