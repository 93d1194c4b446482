"""Korean telephone numbers, however they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from idp.members.phone_number import AREA_CODES, MOBILE_PREFIXES, hyphenated, is_landline, is_mobile, national


@pytest.mark.parametrize(
    "typed",
    [
        "01012345678",
        "010-1234-5678",
        " 010 1234 5678 ",
        "010.1234.5678",
        "(010)12345678",
        "+82 10-1234-5678",
        "+82-010-1234-5678",
        "０１０１２３４５６７８",
        "０１０－１２３４－５６７８",
    ],
)
def test_brings_one_number_to_one_spelling(typed: str) -> None:
    """Lookups go by digest: two spellings would be two people."""
    assert national(typed) == "01012345678"


@pytest.mark.parametrize(
    "typed", ["", "010", "010-1234-567a", "전화", "+1 202 555 0100", "0" * 13, "٠١٠١٢٣٤٥٦٧٨", "\x00"]
)
def test_finds_no_number_where_there_is_none(typed: str) -> None:
    """Bad input is None, never an error."""
    assert national(typed) is None


@pytest.mark.parametrize("digits", ["01012345678", "0111234567", "01112345678", "0161234567", "01912345678"])
def test_knows_mobile_numbers(digits: str) -> None:
    """korean-identity §2.3: 010 has eight digits more, the old prefixes seven or eight."""
    assert is_mobile(digits)
    assert not is_landline(digits)


@pytest.mark.parametrize("digits", ["0101234567", "010123456789", "01212345678", "0212345678", "", "010-1234-5678"])
def test_refuses_what_is_no_mobile_number(digits: str) -> None:
    """korean-identity §2.3."""
    assert not is_mobile(digits)


@pytest.mark.parametrize(
    "digits",
    ["021234567", "0212345678", "0311234567", "06412345678", "07012345678", "050212345678", "15881234", "16001234"],
)
def test_knows_other_numbers(digits: str) -> None:
    """korean-identity §2.3: area codes, internet, personal and 대표 numbers."""
    assert is_landline(digits)
    assert not is_mobile(digits)


@pytest.mark.parametrize("digits", ["02123456", "0341234567", "0561234567", "17881234", "1588123", "0701234567", ""])
def test_refuses_what_is_no_other_number(digits: str) -> None:
    """korean-identity §2.3."""
    assert not is_landline(digits)


@pytest.mark.parametrize(
    ("digits", "shown"),
    [
        ("01012345678", "010-1234-5678"),
        ("0111234567", "011-123-4567"),
        ("0212345678", "02-1234-5678"),
        ("021234567", "02-123-4567"),
        ("0311234567", "031-123-4567"),
        ("050212345678", "0502-1234-5678"),
        ("15881234", "1588-1234"),
    ],
)
def test_writes_numbers_as_people_do(digits: str, shown: str) -> None:
    """Shown with hyphens, kept without."""
    assert hyphenated(digits) == shown
    assert national(shown) == digits


def test_offers_prefixes_that_make_valid_numbers() -> None:
    """A select list must not lead into an error."""
    assert all(is_mobile(f"{prefix}12345678") for prefix in MOBILE_PREFIXES)
    assert all(is_landline(f"{prefix}12345678") for prefix in AREA_CODES)


@given(st.text(max_size=40))
def test_takes_any_text(typed: str) -> None:
    """No input of a browser breaks it; what it gives is digits."""
    found = national(typed)
    assert found is None or (found.isascii() and found.isdigit())
