"""What a child may be asked of a guardian: a name, and a mobile number or an e-mail address. Pure.

개인정보 보호법 시행령 §17의2②: nothing more may be had from the child before the guardian consents (REQ-84).
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from idp.enrolment.email_address import email_address
from idp.mail.recipients import EmailAddress, MobileNumber, Recipient, UnusableRecipient
from idp.members.phone_number import is_mobile, national

LONGEST_NAME = 60


class Fault(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    NOT_A_NAME = "not_a_name"
    NOT_A_CONTACT = "not_a_contact"


def guardian_name(typed: str) -> str | Fault:
    """The name in its one spelling, as it is compared with the one a verification gives."""
    name = one_spelling(typed)
    if not name:
        return Fault.MISSING
    letters = name.replace(" ", "").replace("-", "").replace("'", "").replace(".", "")
    fits = (
        len(name) <= LONGEST_NAME and letters != "" and all(unicodedata.category(each)[0] in "LM" for each in letters)
    )
    return name if fits else Fault.NOT_A_NAME


def guardian_contact(typed: str) -> Recipient | Fault:
    """Whoever the letter goes to."""
    text = unicodedata.normalize("NFKC", typed).strip()
    if not text:
        return Fault.MISSING
    try:
        if "@" in text:
            local, _at, domain = text.rpartition("@")
            address = email_address(local, domain)
            return EmailAddress(address) if address is not None else Fault.NOT_A_CONTACT
        digits = national(text)
        return MobileNumber(digits) if digits is not None and is_mobile(digits) else Fault.NOT_A_CONTACT
    except UnusableRecipient:
        return Fault.NOT_A_CONTACT


def one_spelling(name: str) -> str:
    """NFC, with single blanks between its parts."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def same_name(one: str, other: str) -> bool:
    """Whether two names are one, whatever their capitals and blanks: providers put blanks in foreign names only."""
    return _bare(one) == _bare(other) != ""


def _bare(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
