"""What relying parties are told of a member, and which numbers can be a 사업자등록번호. Pure."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, strategies as st

from idp.members.business_number import is_business_number
from idp.members.claims import claims, international
from idp.members.profile import EnterpriseProfile, PersonProfile, packed, unpacked

PERSON = PersonProfile("honggildong", "홍길동", "hong@example.kr", "01012345678", birth_date="2001-02-03")
ENTERPRISE = EnterpriseProfile(
    "uuid", "1234567891", "예시상사", "홍길동", "2001-02-03", "office@example.kr", phone="0212345678"
)
SCOPES = ("openid", "profile", "email", "phone", "enterprise", "identity", "offline_access")
BY_SCOPE = {
    "profile": {"name"},
    "email": {"email", "email_verified"},
    "phone": {"phone_number", "phone_number_verified"},
    "enterprise": {"business_number", "company_name", "representative_name", "founded_on"},
}


@pytest.mark.parametrize("profile", [PERSON, ENTERPRISE], ids=["person", "enterprise"])
def test_releases_the_claims_of_each_scope_and_no_others(profile: PersonProfile | EnterpriseProfile) -> None:
    """OpenID Connect Core §5.4, over every combination of scopes; values have their types, none is empty or null."""
    never = {"enterprise"} if profile is PERSON else set[str]()
    for count in range(len(SCOPES) + 1):
        for chosen in itertools.combinations(SCOPES, count):
            released = claims(profile, frozenset(chosen))
            expected = set().union(*(BY_SCOPE.get(scope, set()) for scope in set(chosen) - never))
            assert set(released) == expected
            assert all(value is False or (isinstance(value, str) and value) for value in released.values())


def test_releases_nothing_empty() -> None:
    """OpenID Connect Core §5.3.2: a claim that is not there is left out."""
    sparse = EnterpriseProfile("uuid", "1234567891", "예시상사", "", "", "", phone=None)
    assert claims(sparse, frozenset(SCOPES)) == {
        "name": "예시상사",
        "business_number": "1234567891",
        "company_name": "예시상사",
    }


def test_never_releases_what_identifies_across_agencies() -> None:
    """Architecture §11.4: neither CI nor birth date nor the 아이디, one for all agencies, are anybody's claims."""
    person = PersonProfile("honggildong", "홍길동", "hong@example.kr", "01012345678", "2001-02-03", ci="CI-OF-HONG")
    said = repr(claims(person, frozenset(SCOPES)))
    assert "CI-OF-HONG" not in said
    assert "2001-02-03" not in said
    assert "honggildong" not in said


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("01012345678", "+821012345678"),
        ("010-1234-5678", "+821012345678"),
        ("0212345678", "+82212345678"),
        ("821012345678", "+821012345678"),
    ],
)
def test_writes_phone_numbers_internationally(phone: str, expected: str) -> None:
    """OpenID Connect Core §5.1: E.164 is recommended."""
    assert international(phone) == expected


@pytest.mark.parametrize(("kind", "profile"), [("person", PERSON), ("enterprise", ENTERPRISE)])
def test_profiles_come_back_as_they_were(kind: str, profile: PersonProfile | EnterpriseProfile) -> None:
    """What is sealed can be opened and read."""
    assert unpacked(kind, packed(profile)) == profile


@pytest.mark.parametrize("number", ["1168200276", "1348672683", "2208162517", "1248100998", "1234567891"])
def test_knows_right_business_numbers(number: str) -> None:
    """REQ-17: numbers whose check digit is published to be right."""
    assert is_business_number(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "123456789",
        "12345678911",
        "1237894560",
        "1237894562",
        "0000000000",
        "1234567892",
        "123-45-67891",
        " 123456789",
        "１２３４５６７８９１",
        "123456789a",
    ],
)
def test_knows_wrong_business_numbers(number: str) -> None:
    """REQ-17: wrong digit, length, letters, or digits of another alphabet."""
    assert not is_business_number(number)


@given(st.integers(101, 999), st.integers(1, 99), st.integers(1, 9999))
def test_one_last_digit_is_right(office: int, kind: int, serial: int) -> None:
    """REQ-17: for each first nine digits exactly one tenth."""
    prefix = f"{office:03}{kind:02}{serial:04}"
    assert sum(is_business_number(f"{prefix}{digit}") for digit in range(10)) == 1
