"""Which passwords we accept (REQ-23, REQ-25)."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources

SHORTEST = 8
LONGEST = 20


class Weakness(StrEnum):
    """Why a password is refused; pages put it into words."""

    LENGTH = "length"
    UPPER = "upper"
    LOWER = "lower"
    DIGIT = "digit"
    SPECIAL = "special"
    UNPRINTABLE = "unprintable"
    LOGIN_ID = "contains_login_id"
    PHONE = "contains_phone"
    BIRTH_DATE = "contains_birth_date"
    COMMON = "common"


_CLASSES = {
    Weakness.UPPER: frozenset(string.ascii_uppercase),
    Weakness.LOWER: frozenset(string.ascii_lowercase),
    Weakness.DIGIT: frozenset(string.digits),
    Weakness.SPECIAL: frozenset(string.punctuation),
}


def why_not(
    password: str, *, login_id: str, phone: str | None = None, birth_date: date | None = None
) -> list[Weakness]:
    """Every reason to refuse this password, in the order of the rules; none means it may be set."""
    # Four characters at most compose into one, so what is cut off here was too long in any spelling.
    password = unicodedata.normalize("NFC", password[: 5 * LONGEST])
    reasons = [] if SHORTEST <= len(password) <= LONGEST else [Weakness.LENGTH]
    reasons += [weakness for weakness, letters in _CLASSES.items() if letters.isdisjoint(password)]
    if not password.isprintable():
        reasons.append(Weakness.UNPRINTABLE)
    folded = password.casefold()
    # 010-1234-5678 and 010.1234.5678 are the same number to whoever guesses.
    squeezed = "".join(letter for letter in folded if letter.isalnum())
    if login_id and login_id.casefold() in folded:
        reasons.append(Weakness.LOGIN_ID)
    if any(number in squeezed for number in _phone_spellings(phone)):
        reasons.append(Weakness.PHONE)
    if any(day in squeezed for day in _date_spellings(birth_date)):
        reasons.append(Weakness.BIRTH_DATE)
    if folded in _common():
        reasons.append(Weakness.COMMON)
    return reasons


def _phone_spellings(phone: str | None) -> Iterator[str]:
    """The subscriber's part; with its prefix, national or +82, the number contains that anyway."""
    digits = "".join(letter for letter in phone or "" if letter in string.digits)
    national = digits.removeprefix("82").removeprefix("0")
    if len(national) >= 8:
        # 10 1234 5678 ends in eight digits of its own, 11 123 4567 (and older ones) in seven.
        yield national[-8:] if len(national) >= 10 else national[-7:]


def _date_spellings(day: date | None) -> Iterator[str]:
    """Six digits in the orders people write them; the Korean eight contain the Korean six."""
    if day is not None:
        for order in ("%y%m%d", "%d%m%y", "%m%d%y", "%d%m%Y", "%m%d%Y"):
            yield day.strftime(order)


@cache
def _common() -> frozenset[str]:
    text = resources.files("idp.credentials").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line.casefold() for line in text.splitlines() if line and not line.startswith("# "))
