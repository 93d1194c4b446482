"""Judging what was typed at step 4. Pure: values in, clean values and the faults of each field out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from idp.credentials.password_policy import Weakness, why_not
from idp.enrolment.draft import Kind
from idp.enrolment.email_address import email_address
from idp.members.admit import is_login_id
from idp.members.phone_number import is_landline, is_mobile, national
from idp.verification.evidence import Evidence

_FOUNDED = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME_LIMIT = 100


class Fault(StrEnum):
    """What is wrong with a field; pages put it into words that say how to mend it."""

    MISSING = "missing"
    NOT_A_LOGIN_ID = "not_a_login_id"
    NOT_CHECKED = "login_id_not_checked"
    WEAK = "weak_password"
    DIFFERENT = "passwords_differ"
    NOT_A_MOBILE = "not_a_mobile"
    NOT_A_LANDLINE = "not_a_landline"
    NOT_AN_EMAIL = "not_an_email"
    NOT_A_DAY = "not_a_day"
    IN_THE_FUTURE = "in_the_future"
    UNUSABLE = "unusable_characters"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Judged:
    """Clean values by field, the faults by field in the order of the form, and why a password is too weak."""

    details: Mapping[str, str]
    faults: Mapping[str, Fault]
    weaknesses: tuple[Weakness, ...] = ()


def judge(
    kind: Kind,
    typed: Mapping[str, str],
    passwords: tuple[str, str],
    evidence: Evidence,
    checked_login_id: str | None,
    today: date,
) -> Judged:
    """What stands in the form, judged. Whatever `evidence` knows is not read from the form at all (REQ-26)."""
    found = _person(typed, evidence.phone) if kind is Kind.PERSON else _enterprise(typed, today)
    values = dict(found)
    login_id = typed.get("login_id", "").strip()
    faults: dict[str, Fault] = {name: value for name, value in values.items() if isinstance(value, Fault)}
    if kind is Kind.ENTERPRISE and evidence.business_number is None:
        faults["business_number"] = Fault.MISSING
    if not login_id:
        faults["login_id"] = Fault.MISSING
    elif not is_login_id(login_id):
        faults["login_id"] = Fault.NOT_A_LOGIN_ID
    elif checked_login_id != login_id:
        faults["login_id"] = Fault.NOT_CHECKED
    weaknesses = _password(passwords, login_id, str(values.get("phone") or ""), evidence.birth_date, faults)
    details = {name: value for name, value in values.items() if not isinstance(value, Fault)}
    return Judged({**details, "login_id": login_id}, faults, weaknesses)


def judge_changes(kind: Kind, typed: Mapping[str, str], verified_phone: str | None, today: date) -> Judged:
    """What a member says anew of themselves, by the same rules; a number that verification knows stays (REQ-70)."""
    values = dict(_person(typed, verified_phone) if kind is Kind.PERSON else _enterprise(typed, today))
    faults = {name: value for name, value in values.items() if isinstance(value, Fault)}
    return Judged({name: value for name, value in values.items() if not isinstance(value, Fault)}, faults)


def _password(
    passwords: tuple[str, str], login_id: str, phone: str, birth_date: date | None, faults: dict[str, Fault]
) -> tuple[Weakness, ...]:
    password, again = passwords
    if not password:
        faults["password"] = Fault.MISSING
        return ()
    weaknesses = tuple(why_not(password, login_id=login_id, phone=phone, birth_date=birth_date))
    if weaknesses:
        faults["password"] = Fault.WEAK
    if again != password:
        faults["password_again"] = Fault.DIFFERENT if again else Fault.MISSING
    return weaknesses


def _person(typed: Mapping[str, str], verified_phone: str | None) -> Iterator[tuple[str, str | Fault]]:
    if verified_phone is None:
        yield "phone", _phone(typed.get("phone_prefix", ""), typed.get("phone", ""))
    else:
        yield "phone", verified_phone
    yield "landline", _landline(typed.get("landline_prefix", ""), typed.get("landline", ""))
    yield "email", _email(typed)


def _enterprise(typed: Mapping[str, str], today: date) -> Iterator[tuple[str, str | Fault]]:
    yield "company_name", _name(typed.get("company_name", ""))
    yield "representative_name", _name(typed.get("representative_name", ""))
    yield "founded_on", _founded(typed.get("founded_on", ""), today)
    yield "email", _email(typed)
    yield "phone", _landline(typed.get("landline_prefix", ""), typed.get("landline", ""))


def _phone(prefix: str, typed: str) -> str | Fault:
    if not typed.strip():
        return Fault.MISSING
    return next((digits for digits in _readings(prefix, typed) if is_mobile(digits)), Fault.NOT_A_MOBILE)


def _landline(prefix: str, typed: str) -> str | Fault:
    if not typed.strip():
        return ""
    found = (digits for digits in _readings(prefix, typed) if is_landline(digits) or is_mobile(digits))
    return next(found, Fault.NOT_A_LANDLINE)


def _readings(prefix: str, typed: str) -> Iterator[str]:
    """The number after its prefix; and as a whole, since people type it whole beside a prefix they left as it was."""
    for text in (prefix + typed, typed):
        digits = national(text)
        if digits is not None:
            yield digits


def _email(typed: Mapping[str, str]) -> str | Fault:
    local = typed.get("email_local", "")
    domain = typed.get("email_domain", "") or typed.get("email_domain_typed", "")
    if not local.strip() or not domain.strip():
        return Fault.MISSING
    return email_address(local, domain) or Fault.NOT_AN_EMAIL


def _name(typed: str) -> str | Fault:
    name = unicodedata.normalize("NFC", typed).strip()
    if not name:
        return Fault.MISSING
    if len(name) > _NAME_LIMIT:
        return Fault.TOO_LONG
    return name if all(_may_name(letter) for letter in name) else Fault.UNUSABLE


def _may_name(letter: str) -> bool:
    """Whether a company or a person can be called so. Direction marks and other invisible characters would make two
    names look alike; of symbols only those stand for letters that a plain spelling exists of, such as ㈜."""
    kind = unicodedata.category(letter)
    if kind in {"So", "Sk"}:
        return bool(unicodedata.decomposition(letter))
    return letter == " " or (kind[0] not in "CZ" and not unicodedata.name(letter, "").startswith("VARIATION SELECTOR"))


def _founded(typed: str, today: date) -> str | Fault:
    text = unicodedata.normalize("NFKC", typed).strip()
    if not text:
        return Fault.MISSING
    try:
        day = date.fromisoformat(text) if _FOUNDED.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year < 1800:
        return Fault.NOT_A_DAY
    return day.isoformat() if day <= today else Fault.IN_THE_FUTURE
