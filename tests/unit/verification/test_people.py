"""The fictitious people keep the shapes of real ones and are plainly nobody."""

from __future__ import annotations

import base64
import re
from datetime import date, datetime

import pytest
from hypothesis import given, strategies as st

from idp.members.business_number import is_business_number
from idp.members.phone_number import is_mobile
from idp.verification.age import age, is_adult, is_under_14
from idp.verification.simulated.people import COMPANIES, certificate, company, people
from idp.web.dates import KOREA

TODAY = date(2026, 11, 25)


@given(st.dates(date(2026, 1, 1), date(2060, 12, 31)))
def test_stays_of_the_age_it_is_there_for(today: date) -> None:
    """One child under 14, one who is 14 today, one minor, one adult, whenever a test runs."""
    now = datetime(today.year, today.month, today.day, 9, tzinfo=KOREA)
    everybody = people(today)
    assert is_under_14(everybody["child_gildong"].birth_date, now)
    young = everybody["young_gildong"].birth_date
    assert age(young, now) == 14
    assert (young.month, young.day) in {(today.month, today.day), (2, 28)}
    assert not is_adult(everybody["nam_gildong"].birth_date, now)
    assert is_adult(everybody["kim_gildong"].birth_date, now)


def test_has_numbers_that_cannot_be_dialled() -> None:
    """korean-identity §3.6: phones 010-0000-xxxx; all names are 길동s."""
    for person in people(TODAY).values():
        assert re.fullmatch(r"0100000\d{4}", person.phone)
        assert is_mobile(person.phone)
        assert person.name.endswith("길동")


def test_gives_each_person_a_ci_and_a_di_of_their_own() -> None:
    """korean-identity §3.1: Base64 of 64 octets, 88 characters; DI 64."""
    everybody = people(TODAY).values()
    assert len({person.ci for person in everybody}) == len({person.di for person in everybody}) == len(everybody)
    for person in everybody:
        assert len(person.ci) == 88
        assert len(base64.b64decode(person.ci, validate=True)) == 64
        assert len(person.di) == 64


def test_never_changes_a_ci() -> None:
    """Sample agencies offer accounts of these people under these values."""
    then, now = people(date(2030, 1, 1)), people(TODAY)
    assert {code: person.ci for code, person in then.items()} == {code: person.ci for code, person in now.items()}
    assert now["hong_gildong"].ci.startswith("QSALRoAjIJyu")


def test_has_companies_with_valid_numbers() -> None:
    """REQ-17: 1237894566 is accepted."""
    assert COMPANIES[0].business_number == "1237894566"
    assert all(is_business_number(each.business_number) for each in COMPANIES)
    assert {each.representative for each in COMPANIES} <= set(people(TODAY))
    assert company("nobody") is None


@pytest.mark.parametrize("code", ["gildong", "hong_gildong"])
def test_shows_the_same_certificate_each_time(code: str) -> None:
    """A registered certificate must be found again at sign-in."""
    assert certificate(code, TODAY) == certificate(code, TODAY)
    assert certificate(code, TODAY).sha256 != certificate("second", TODAY).sha256
    assert certificate(code, TODAY).not_after.date() > TODAY
