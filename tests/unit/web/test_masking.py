from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from idp.web.masking import mask_address, mask_email, mask_login_id, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [("홍길동", "홍*동"), ("김수", "김*"), ("황보길동", "황**동"), (" 홍길동 ", "홍*동"), ("김", "*"), ("", "")],
)
def test_keeps_the_first_and_last_letter_of_a_name(name: str, shown: str) -> None:
    """REQ-89."""
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("login_id", "shown"), [("petest02", "pe****02"), ("abcde", "ab*de"), ("abcd", "a***"), ("a", "a"), ("", "")]
)
def test_keeps_two_letters_at_both_ends_of_a_login_id(login_id: str, shown: str) -> None:
    """REQ-62 shows `pe****02`."""
    assert mask_login_id(login_id) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("010-1234-5678", "010-****-5678"),
        ("01012345678", "010-****-5678"),
        ("+821012345678", "010-****-5678"),
        ("+82 10-1234-5678", "010-****-5678"),
        ("0111234567", "011-***-4567"),
        ("0212345678", "02-****-5678"),
        ("+82212345678", "02-****-5678"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_hides_the_middle_of_a_phone_number(phone: str, shown: str) -> None:
    """REQ-62 shows `010-****-5678`."""
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("test@test.com", "te**@test.com"),
        ("hong@gil@test.com", "ho******@test.com"),
        ("ab@test.com", "a**@test.com"),
        ("a@test.com", "a**@test.com"),
        ("@test.com", "*********"),
        ("nonsense", "********"),
    ],
)
def test_hides_most_of_the_local_part_of_an_email(email: str, shown: str) -> None:
    """REQ-62 shows `te**@test.com`."""
    assert mask_email(email) == shown


@given(st.text(st.characters(categories=["L"]), min_size=3))
def test_never_shows_a_whole_name(name: str) -> None:
    """REQ-89: whatever the name, its middle is gone."""
    assert set(mask_name(name)[1:-1]) == {"*"}


@given(st.from_regex(r"[0-9]{9,12}", fullmatch=True))
def test_never_shows_more_than_area_and_last_four_of_a_number(digits: str) -> None:
    """REQ-89."""
    assert sum(letter.isdigit() for letter in mask_phone(digits)) <= 7


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.10", "203.0.***.10"),
        ("::ffff:203.0.113.10", "203.0.***.10"),
        ("2001:db8:1:2::1", "2001:db8:****"),
        ("::1", "0:0:****"),
        ("unknown", "-"),
        ("203.0.113.10, 10.0.0.1", "-"),
        ("", "-"),
        (None, "-"),
    ],
)
def test_hides_where_in_a_network_an_address_is(address: str | None, shown: str) -> None:
    """REQ-89: enough to know one's own network again; what is no address is hidden whole."""
    assert mask_address(address) == shown
