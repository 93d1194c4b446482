"""Whom the stand-ins vouch for. All of them are made up; their telephone numbers cannot be dialled."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from idp.verification.evidence import Certificate
from idp.web.source_words import N_

# No secret: whoever stands for an agency in a demonstration offers accounts of these people and must know their CI.
_CI_SECRET = b"onepass simulated identification service"
_SITE = b"onepass"


@dataclass(frozen=True, slots=True)
class Person:
    """A fictitious person."""

    code: str
    name: str
    birth_date: date
    gender: str
    phone: str
    about: str

    @property
    def ci(self) -> str:
        """Base64 of SHA-512, which has the 88 characters of a real one. The same in every deployment."""
        return base64.b64encode(hashlib.sha512(_CI_SECRET + b"\x00" + self.code.encode()).digest()).decode("ascii")

    @property
    def di(self) -> str:
        """64 characters, of this site alone."""
        return hashlib.sha256(b"\x00".join((_CI_SECRET, _SITE, self.code.encode()))).hexdigest()


@dataclass(frozen=True, slots=True)
class Company:
    """A fictitious business."""

    code: str
    name: str
    business_number: str
    representative: str
    """Code of the person who represents it."""


COMPANIES = (
    Company("gildong", "길동상사", "1237894566", "hong_gildong"),
    Company("second", "둘째길동상사", "1108100010", "kim_gildong"),
    Company("third", "셋째길동상사", "2208600103", "go_gildong"),
)


def people(today: date) -> Mapping[str, Person]:
    """Everybody by code. The young grow no older: what they are for is their age."""
    everybody = (
        Person("hong_gildong", "홍길동", date(1990, 1, 1), "male", "01000000001", N_("성인")),
        Person("kim_gildong", "김길동", date(1985, 5, 5), "female", "01000000002", N_("성인, 보호자")),
        Person("go_gildong", "고길동", date(1978, 2, 28), "male", "01000000003", N_("성인")),
        Person("nam_gildong", "남길동", date(today.year - 17, 1, 1), "male", "01000000004", N_("미성년자")),
        Person("child_gildong", "아이길동", date(today.year - 10, 1, 1), "female", "01000000005", N_("만 14세 미만")),
        Person("young_gildong", "소년길동", _years_before(today, 14), "male", "01000000006", N_("오늘 만 14세")),
    )
    return {person.code: person for person in everybody}


def company(code: str) -> Company | None:
    """The business of this code."""
    return next((each for each in COMPANIES if each.code == code), None)


def certificate(code: str, today: date) -> Certificate:
    """What a certificate of the holder `code` would say; the same each time, so that it can be registered."""
    return Certificate(
        issuer="CN=Simulated CA,O=onepass simulated,C=kr",
        serial=str(int.from_bytes(hashlib.sha256(code.encode()).digest()[:8], "big")),
        policy="1.2.410.200005.1.1.5" if company(code) else "1.2.410.200005.1.1.1",
        sha256=hashlib.sha256(b"simulated certificate\x00" + code.encode()).hexdigest(),
        not_after=datetime(today.year + 1, 12, 31, tzinfo=UTC),
    )


def _years_before(today: date, years: int) -> date:
    if (today.month, today.day) == (2, 29):
        # Nobody turns 14 on a 29 February: that birth year had none. The day before comes nearest.
        return date(today.year - years, 2, 28)
    return today.replace(year=today.year - years)
