"""Whom a letter can reach. Only these types name a recipient, and only a well-formed one can be made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from idp.errors import BadRequest

# Dot-atoms only: quoted local parts and address literals are legal, used by nobody, and where injection hides.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*\Z")
_MOBILE = re.compile(r"01[016789][0-9]{7,8}\Z")
_BETWEEN_DIGITS = re.compile(r"[ -]")


class Channel(StrEnum):
    """How a letter travels."""

    EMAIL = "email"
    SMS = "sms"


class UnusableRecipient(BadRequest):
    """Nothing can be sent there. Says not what was given: it is personal data."""

    code = "unusable_recipient"


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as SMTP takes it; a domain in other letters than ASCII becomes its A-labels. RFC 5321 §4.1.2."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        """Hold it to its form.

        Raises:
            UnusableRecipient: it is no address we can send to.
        """
        local, _, domain = self.text.rpartition("@")
        try:
            domain = domain.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise UnusableRecipient("no e-mail address") from None
        if not _LOCAL.match(local) or not _DOMAIN.match(domain) or len(local) > 64 or len(local) + len(domain) > 253:
            raise UnusableRecipient("no e-mail address")
        object.__setattr__(self, "text", f"{local}@{domain}")

    @property
    def channel(self) -> Channel:
        return Channel.EMAIL


@dataclass(frozen=True, slots=True)
class MobileNumber:
    """A Korean mobile number in digits; hyphens, blanks and the country code +82 are taken too."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        """Hold it to its form.

        Raises:
            UnusableRecipient: it is no number that gets SMS.
        """
        digits = _BETWEEN_DIGITS.sub("", self.text)
        if digits.startswith("+82"):
            digits = "0" + digits[3:].removeprefix("0")
        if not _MOBILE.match(digits):
            raise UnusableRecipient("no mobile number")
        object.__setattr__(self, "text", digits)

    @property
    def channel(self) -> Channel:
        return Channel.SMS


Recipient = EmailAddress | MobileNumber
