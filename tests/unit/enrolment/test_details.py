from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import Any

import pytest

from idp.credentials.password_policy import Weakness
from idp.enrolment.details import Fault, Judged, judge
from idp.enrolment.draft import Kind
from idp.verification.evidence import Assurance, Evidence, Holder

TODAY = date(2026, 3, 2)
PASSWORD = "Onepass!2026"
PERSON = {"login_id": "gildong", "email_local": "hong", "email_domain": "naver.com"}
ENTERPRISE = {**PERSON, "company_name": "길동상사", "representative_name": "홍길동", "founded_on": "2001-02-03"}


def evidence(holder: Holder = Holder.PERSON, **known: Any) -> Evidence:
    said: dict[str, Any] = {"name": "홍길동", "phone": "01000000001", "birth_date": date(1990, 1, 1), "ci": "c" * 88}
    of_business = {"business_number": "1237894566", "company_name": "길동상사"}
    given = {**(said if holder is Holder.PERSON else of_business), **known}
    return Evidence(
        "simulator", "phone", Assurance.L2, True, "t" * 22, datetime(2026, 3, 2, tzinfo=UTC), holder, "0" * 64, **given
    )


def person(passwords: tuple[str, str] = (PASSWORD, PASSWORD), checked: str | None = "gildong", **typed: Any) -> Judged:
    return judge(Kind.PERSON, {**PERSON, **typed}, passwords, evidence(), checked, TODAY)


def enterprise(**typed: str) -> Judged:
    checked = {**ENTERPRISE, **typed}["login_id"]
    values = {**ENTERPRISE, **typed}
    return judge(Kind.ENTERPRISE, values, (PASSWORD, PASSWORD), evidence(Holder.BUSINESS), checked, TODAY)


def test_takes_a_right_form() -> None:
    """REQ-20."""
    assert person().faults == {}
    assert enterprise().faults == {}


@pytest.mark.parametrize("login_id", ["abcde", "a" * 20, "hong_gildong", "hong.gildong", "12345", "_____", "....."])
def test_takes_what_can_be_a_login_id(login_id: str) -> None:
    """REQ-21."""
    assert person(checked=login_id, login_id=login_id).faults == {}


@pytest.mark.parametrize(
    "login_id",
    [
        "abcd",
        "Abcde",
        "ab-cde",
        "a" * 21,
        "홍길동전집",
        "abc de",
        "ａｂｃｄｅ",
        "１２３４５",
        "abcde\u200f",
        "abcd\x00e",
        "😀😀😀😀😀",
    ],
)
def test_refuses_what_cannot_be_a_login_id(login_id: str) -> None:
    """REQ-21, issue 3 (bad input)."""
    assert person(checked=login_id, login_id=login_id).faults == {"login_id": Fault.NOT_A_LOGIN_ID}


@pytest.mark.parametrize("checked", [None, "gildong2", "Gildong"])
def test_wants_the_very_login_id_checked_that_stands_there(checked: str | None) -> None:
    """REQ-22: submission without a fresh check, or with a changed value, is refused."""
    assert person(checked=checked).faults == {"login_id": Fault.NOT_CHECKED}


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Gild!26", Weakness.LENGTH),
        ("Gildong!2026Gildong!2", Weakness.LENGTH),
        ("gildong!2026", Weakness.UPPER),
        ("GILDONG!2026", Weakness.LOWER),
        ("Gildong!!!!!", Weakness.DIGIT),
        ("Gildong20266", Weakness.SPECIAL),
    ],
)
def test_says_every_reason_against_a_password(password: str, reason: Weakness) -> None:
    """REQ-23."""
    judged = person((password, password), checked="honggildong", login_id="honggildong")
    assert judged.faults == {"password": Fault.WEAK}
    assert reason in judged.weaknesses


@pytest.mark.parametrize("password", ["Gildong!1x", "Aa!00000001", "Aa!19900101x"])
def test_refuses_a_password_that_the_member_is_known_by(password: str) -> None:
    """REQ-25: the 아이디, the verified phone, the verified birth date."""
    assert person((password, password)).faults == {"password": Fault.WEAK}


@pytest.mark.parametrize(("again", "fault"), [("", Fault.MISSING), ("Gildong!2027", Fault.DIFFERENT)])
def test_wants_the_same_password_twice(again: str, fault: Fault) -> None:
    """REQ-24."""
    judged = person(("Onepass!2026", again))
    assert judged.faults == {"password_again": fault}


def test_takes_name_and_phone_from_the_evidence_alone() -> None:
    """REQ-26: other values than the verified ones may be posted, and change nothing."""
    judged = person(phone="99999999", phone_prefix="010", name="김길동")
    assert judged.faults == {}
    assert judged.details["phone"] == "01000000001"
    assert "name" not in judged.details


@pytest.mark.parametrize(
    ("prefix", "typed", "kept"),
    [
        ("010", "12341234", "01012341234"),
        ("010", "1234-1234", "01012341234"),
        ("010", "010-1234-1234", "01012341234"),
        ("010", "+82 10 1234 1234", "01012341234"),
        ("010", "１２３４１２３４", "01012341234"),
        ("011", "123-4567", "0111234567"),
    ],
)
def test_takes_a_phone_however_it_was_typed(prefix: str, typed: str, kept: str) -> None:
    """REQ-27; typed where verification does not know it."""
    values = {**PERSON, "phone_prefix": prefix, "phone": typed}
    said = evidence(phone=None)
    judged = judge(Kind.PERSON, values, (PASSWORD, PASSWORD), said, "gildong", TODAY)
    assert judged.faults == {}
    assert judged.details["phone"] == kept


@pytest.mark.parametrize(
    "typed", ["", "  ", "1234", "12341234123412341234", "일이삼사", "😀", "\u200f12341234", "<b>1</b>", "02-123-4567"]
)
def test_refuses_what_cannot_be_a_phone(typed: str) -> None:
    """REQ-27."""
    values = {**PERSON, "phone_prefix": "010", "phone": typed}
    judged = judge(Kind.PERSON, values, (PASSWORD, PASSWORD), evidence(phone=None), "gildong", TODAY)
    assert judged.faults == {"phone": Fault.NOT_A_MOBILE if typed.strip() else Fault.MISSING}


@pytest.mark.parametrize(
    ("prefix", "typed", "kept"),
    [
        ("", "", ""),
        ("02", "123-4567", "021234567"),
        ("02", "02-123-4567", "021234567"),
        ("031", "1234567", "0311234567"),
        ("", "1588-1234", "15881234"),
        ("070", "12341234", "07012341234"),
    ],
)
def test_takes_a_landline_or_none(prefix: str, typed: str, kept: str) -> None:
    """REQ-27: optional for both types."""
    judged = person(landline_prefix=prefix, landline=typed)
    assert judged.faults == {}
    assert judged.details["landline"] == kept
    assert enterprise(landline_prefix=prefix, landline=typed).details["phone"] == kept


@pytest.mark.parametrize("typed", ["1", "9" * 30, "전화", "😀", "\x0012345678", "1234567\u202e"])
def test_refuses_what_cannot_be_a_landline(typed: str) -> None:
    """Issue 3 (bad input)."""
    judged = person(landline_prefix="02", landline=typed)
    assert judged.faults == {"landline": Fault.NOT_A_LANDLINE}


@pytest.mark.parametrize("field", ["company_name", "representative_name"])
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", Fault.MISSING),
        (" \t ", Fault.MISSING),
        ("길" * 101, Fault.TOO_LONG),
        ("길동상사\u200f", Fault.UNUSABLE),
        ("길동\u202e상사", Fault.UNUSABLE),
        ("길동\x00상사", Fault.UNUSABLE),
        ("길동\n상사", Fault.UNUSABLE),
        ("길동상사😀", Fault.UNUSABLE),
        ("👨‍👩‍👧", Fault.UNUSABLE),
        ("길동❤️상사", Fault.UNUSABLE),
        ("길동\u00a0상사", Fault.UNUSABLE),
    ],
)
def test_refuses_a_name_that_cannot_be_read(field: str, typed: str, fault: Fault) -> None:
    """Issue 3 (bad input): invisible characters make two names look alike."""
    assert enterprise(**{field: typed}).faults == {field: fault}


@pytest.mark.parametrize(
    "typed", ["㈜길동상사", "길동상사(주)", "Gildong & Co., Ltd.", "길동·상사 1호", "<b>길동</b>", "吉童商事"]
)
def test_takes_the_names_that_companies_have(typed: str) -> None:
    """REQ-20; HTML is text like any other and is escaped where it is shown."""
    judged = enterprise(company_name=typed)
    assert judged.faults == {}
    assert judged.details["company_name"] == typed


def test_composes_hangul_that_came_in_pieces() -> None:
    """Issue 3 (NFD Hangul)."""
    assert enterprise(company_name=unicodedata.normalize("NFD", "길동상사")).details["company_name"] == "길동상사"


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", Fault.MISSING),
        ("20010203", Fault.NOT_A_DAY),
        ("2001-2-3", Fault.NOT_A_DAY),
        ("2001-02-30", Fault.NOT_A_DAY),
        ("2001-13-01", Fault.NOT_A_DAY),
        ("0001-01-01", Fault.NOT_A_DAY),
        ("٢٠٠١-٠٢-٠٣", Fault.NOT_A_DAY),
        ("2001-02-03\u200f", Fault.NOT_A_DAY),
        ("어제", Fault.NOT_A_DAY),
        ("2026-03-03", Fault.IN_THE_FUTURE),
    ],
)
def test_refuses_what_is_no_day_of_the_past(typed: str, fault: Fault) -> None:
    """REQ-29."""
    assert enterprise(founded_on=typed).faults == {"founded_on": fault}


@pytest.mark.parametrize(("typed", "kept"), [("2026-03-02", "2026-03-02"), ("２００１-０２-０３", "2001-02-03")])
def test_takes_a_day_up_to_today(typed: str, kept: str) -> None:
    """REQ-29; full-width digits are digits."""
    assert enterprise(founded_on=typed).details["founded_on"] == kept


@pytest.mark.parametrize(
    ("local", "chosen", "typed", "kept"),
    [
        ("hong", "naver.com", "", "hong@naver.com"),
        ("hong", "", "Example.COM", "hong@example.com"),
        # Without scripts both may be there; what was chosen is what was meant.
        ("hong", "gmail.com", "example.com", "hong@gmail.com"),
        ("ｈｏｎｇ", "naver.com", "", "hong@naver.com"),
    ],
)
def test_takes_an_email_of_two_parts(local: str, chosen: str, typed: str, kept: str) -> None:
    """REQ-28: chosen from the list or typed (직접입력)."""
    judged = person(email_local=local, email_domain=chosen, email_domain_typed=typed)
    assert judged.faults == {}
    assert judged.details["email"] == kept


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.ENTERPRISE])
@pytest.mark.parametrize(
    ("local", "domain", "fault"),
    [
        ("", "naver.com", Fault.MISSING),
        ("hong", "", Fault.MISSING),
        ("hong", "naver", Fault.NOT_AN_EMAIL),
        ("hong@naver.com", "naver.com", Fault.NOT_AN_EMAIL),
        ("hong gil", "naver.com", Fault.NOT_AN_EMAIL),
        ("홍길동", "naver.com", Fault.NOT_AN_EMAIL),
        ("hong\u200f", "naver.com", Fault.NOT_AN_EMAIL),
        ("hong\r\nBcc: a", "naver.com", Fault.NOT_AN_EMAIL),
        ("<b>hong</b>", "naver.com", Fault.NOT_AN_EMAIL),
        ("h" * 65, "naver.com", Fault.NOT_AN_EMAIL),
        ("hong", "n" * 200 + ".com", Fault.NOT_AN_EMAIL),
        ("hong", "-naver.com", Fault.NOT_AN_EMAIL),
        ("..hong", "naver.com", Fault.NOT_AN_EMAIL),
        ("😀", "naver.com", Fault.NOT_AN_EMAIL),
    ],
)
def test_refuses_what_cannot_be_an_email(kind: Kind, local: str, domain: str, fault: Fault) -> None:
    """REQ-27 (required for both types), REQ-28."""
    typed: dict[str, Any] = {"email_local": local, "email_domain": "", "email_domain_typed": domain}
    judged = person(**typed) if kind is Kind.PERSON else enterprise(**typed)
    assert judged.faults == {"email": fault}


def test_says_that_the_business_number_is_missing() -> None:
    """REQ-30."""
    said = evidence(Holder.BUSINESS, business_number=None)
    judged = judge(Kind.ENTERPRISE, ENTERPRISE, (PASSWORD,) * 2, said, "gildong", TODAY)
    assert judged.faults["business_number"] is Fault.MISSING
