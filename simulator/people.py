"""Whom the simulator vouches for. All of them are made up; their telephone numbers cannot be dialled.

A demonstration's identity provider and its agencies know the same people, so the values are the same everywhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

# No secret: whoever stands for an agency in a demonstration offers accounts of these people and must know their CI.
_CI_SECRET = b"onepass simulated identification service"
_SITE = b"onepass"


@dataclass(frozen=True)
class Person:
    """A fictitious person."""

    code: str
    name: str
    birth_date: date
    gender: str
    phone: str
    about: str

    @property
    def birthday(self) -> str:
        """Eight digits, as the providers write it."""
        return self.birth_date.strftime("%Y%m%d")

    @property
    def ci(self) -> str:
        """Base64 of SHA-512(secret ‖ person): 88 characters, as a real one has."""
        return base64.b64encode(hashlib.sha512(_CI_SECRET + b"\x00" + self.code.encode()).digest()).decode("ascii")

    @property
    def di(self) -> str:
        """64 characters, of this site alone."""
        return hashlib.sha256(b"\x00".join((_CI_SECRET, _SITE, self.code.encode()))).hexdigest()


@dataclass(frozen=True)
class Company:
    """A fictitious business."""

    name: str
    business_number: str
    representative: str


COMPANIES = {
    "gildong": Company("길동상사", "1237894566", "hong_gildong"),
    "second": Company("둘째길동상사", "1108100010", "kim_gildong"),
    "third": Company("셋째길동상사", "2208600103", "go_gildong"),
}


def people(today: date) -> Mapping[str, Person]:
    """Everybody by code. The young grow no older: what they are for is their age."""
    everybody = (
        Person("hong_gildong", "홍길동", date(1990, 1, 1), "male", "01000000001", "성인"),
        Person("kim_gildong", "김길동", date(1985, 5, 5), "female", "01000000002", "성인, 보호자"),
        Person("go_gildong", "고길동", date(1978, 2, 28), "male", "01000000003", "성인"),
        Person("nam_gildong", "남길동", date(today.year - 17, 1, 1), "male", "01000000004", "미성년자"),
        Person("child_gildong", "아이길동", date(today.year - 10, 1, 1), "female", "01000000005", "만 14세 미만"),
        Person("young_gildong", "소년길동", _fourteen_years_before(today), "male", "01000000006", "오늘 만 14세"),
    )
    return {person.code: person for person in everybody}


def another(code: str) -> str:
    """Somebody else than `code`: a person for a person, a business for a business."""
    names = tuple(COMPANIES) if code in COMPANIES else ("hong_gildong", "kim_gildong")
    return next(name for name in names if name != code)


def _fourteen_years_before(today: date) -> date:
    if (today.month, today.day) == (2, 29):
        return date(today.year - 14, 2, 28)
    return today.replace(year=today.year - 14)
