"""Which passwords may be set (REQ-23, REQ-25)."""

from __future__ import annotations

import string
import unicodedata
from datetime import date
from importlib import resources

import pytest
from hypothesis import given, strategies as st

from idp.credentials.password_policy import Weakness, why_not

BORN = date(1990, 3, 7)


def reasons(password: str, **known) -> list[Weakness]:
    return why_not(password, **{"login_id": "honggildong", "phone": "010-2345-6789", "birth_date": BORN, **known})


@pytest.mark.parametrize("password", ["Onepass!2026", "Ab1!efgh", "Ab1!" + "x" * 16, "~Zz9zzzz", "Gildong#77a"])
def test_accepts_four_classes_in_8_to_20_characters(password: str):
    """REQ-23, at both ends."""
    assert reasons(password) == []


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("Ab1!efg", Weakness.LENGTH),
        ("Ab1!" + "x" * 17, Weakness.LENGTH),
        ("ab1!efgh", Weakness.UPPER),
        ("AB1!EFGH", Weakness.LOWER),
        ("Abc!efgh", Weakness.DIGIT),
        ("Ab1cefgh", Weakness.SPECIAL),
        ("Ab1 efgh", Weakness.SPECIAL),
        ("Ab1!ef\tgh", Weakness.UNPRINTABLE),
        ("Ab1!ef\ud800gh", Weakness.UNPRINTABLE),
    ],
)
def test_refuses_for_one_reason(password: str, weakness: Weakness):
    """REQ-23: 7 or 21 characters or any missing class."""
    assert reasons(password) == [weakness]


def test_gives_every_reason_at_once():
    """Nobody should have to mend a password five times."""
    assert reasons("") == [Weakness.LENGTH, Weakness.UPPER, Weakness.LOWER, Weakness.DIGIT, Weakness.SPECIAL]


def test_counts_letters_of_the_alphabet_only():
    """Full-width and Hangul letters are none of the four classes."""
    assert reasons("ＡＢａｂ１２！！가나") == [Weakness.UPPER, Weakness.LOWER, Weakness.DIGIT, Weakness.SPECIAL]


@pytest.mark.parametrize("password", ["Aa1!honggildong", "HongGilDong1!", "x1!HONGGILDONG"])
def test_refuses_the_login_id_inside(password: str):
    """REQ-25, in any case."""
    assert reasons(password) == [Weakness.LOGIN_ID]


@pytest.mark.parametrize(
    "password", ["Aa!01023456789", "Aa!010-2345-6789", "Aa!23456789", "Aa!+821023456789", "2345.6789!Aa"]
)
@pytest.mark.parametrize("phone", ["010-2345-6789", "01023456789", "+82 10-2345-6789"])
def test_refuses_the_phone_number_inside(password: str, phone: str):
    """REQ-25, in any spelling and without its prefix."""
    assert reasons(password, phone=phone) == [Weakness.PHONE]


def test_refuses_an_older_phone_number_inside():
    """Seven digits behind the prefix."""
    assert reasons("Aa!!3456789", phone="011-345-6789") == [Weakness.PHONE]


@pytest.mark.parametrize("password", ["Aa!19900307", "Aa!!900307", "Aa!1990-03-07", "Aa!07031990", "Aa!!030790"])
def test_refuses_the_birth_date_inside(password: str):
    """REQ-25."""
    assert reasons(password) == [Weakness.BIRTH_DATE]


@pytest.mark.parametrize("password", ["Password1!", "pASSWORD1!", "Qwer1234!", "P@ssw0rd", "Dkssud12!", "1q2w3e4R!"])
def test_refuses_common_passwords(password: str):
    """REQ-25, in any case."""
    assert reasons(password) == [Weakness.COMMON]


def test_asks_nothing_of_what_is_not_known():
    """An enterprise has no birth date; an empty value is inside every password."""
    assert why_not("Onepass!2026", login_id="", phone="", birth_date=None) == []
    assert why_not("Onepass!2026", login_id="honggildong", phone="02-1", birth_date=None) == []


def test_lists_only_common_passwords_that_the_classes_let_through():
    """An entry that is refused anyway is dead weight."""
    text = resources.files("idp.credentials").joinpath("common_passwords.txt").read_text("utf-8")
    listed = [line for line in text.splitlines() if not line.startswith("# ")]
    assert len(listed) > 300
    assert len({line.casefold() for line in listed}) == len(listed)
    assert {line: found for line in listed if (found := why_not(line, login_id="")) != [Weakness.COMMON]} == {}


def test_measures_what_the_letters_compose_to():
    """Four code points may be one letter; a long password must not slip through by being cut (REQ-23)."""
    letter = "\u03b1\u0313\u0300\u0345"
    assert reasons("Ab1!" + letter * 16) == []
    assert reasons("Ab1!" + letter * 17) == [Weakness.LENGTH]
    assert reasons("Ab1!" + letter * 5000) == [Weakness.LENGTH]


@given(
    st.text(max_size=60) | st.text(string.printable, max_size=24),
    st.text(max_size=20),
    st.text(max_size=20),
    st.dates() | st.none(),
)
def test_answers_for_any_text(password: str, login_id: str, phone: str, born: date | None):
    """A form may carry anything; whatever is accepted keeps REQ-23."""
    if not why_not(password, login_id=login_id, phone=phone, birth_date=born):
        assert 8 <= len(unicodedata.normalize("NFC", password)) <= 20
        assert all(set(kind) & set(password) for kind in (string.ascii_letters, string.digits, string.punctuation))
