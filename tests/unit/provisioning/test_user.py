"""A member as a SCIM resource."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idp.agencies.registered_url import registered
from idp.agencies.relying_party import ScimRegistration
from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.provisioning.user import EXTENSION, USER, Released, changes, user

PERSON = PersonProfile(
    "honggildong", "홍길동", "hong@example.kr", "01012345678", email_verified=True, phone_at_hand=True
)
ENTERPRISE = EnterpriseProfile(
    "uuid-1", "1234567891", "예시상사", "홍길동", "2001-02-03", "corp@example.kr", "0212345678", email_verified=True
)
ALL = frozenset(("profile", "email", "phone", "enterprise"))
SERVICE = ScimRegistration(
    registered("https://kamp.example/scim", what="test"), None, None, b"", "subject", ALL, extension=True
)


def released(**fields: Any) -> Released:
    return Released(**{"subject": "subject1", "link_id": "link1", "profile": PERSON, "scopes": ALL, **fields})


@pytest.mark.parametrize("scope", ["profile", "email", "phone"])
def test_sends_nothing_that_the_member_did_not_agree_to(scope: str) -> None:
    """PIPA §17: by consent, and by what the agency is registered to get; either is enough to leave it out."""
    names = {"profile": {"displayName", "name"}, "email": {"emails"}, "phone": {"phoneNumbers"}}[scope]
    whole = user(released(), SERVICE, extended=False)
    assert names <= set(whole)
    without = user(released(scopes=ALL - {scope}), SERVICE, extended=False)
    assert set(whole) - set(without) == names
    assert user(released(), replace(SERVICE, attributes=ALL - {scope}), extended=False) == without


def test_sends_no_address_that_nobody_has_proven() -> None:
    """An agency that matches by address would give the account to whoever typed it here."""
    unproven = replace(PERSON, email_verified=False, phone_at_hand=False)
    sent = user(released(profile=unproven), replace(SERVICE, user_name="email"), extended=True)
    assert "hong@example.kr" not in str(sent)
    assert "1012345678" not in str(sent)
    assert sent["userName"] == "subject1"


def test_never_says_the_id_that_is_one_for_all_agencies() -> None:
    """Architecture §11.4: what two agencies learn cannot be joined."""
    assert "honggildong" not in str(user(released(), SERVICE, extended=True))


@pytest.mark.parametrize(
    ("rule", "profile", "expected"),
    [
        ("subject", PERSON, "subject1"),
        ("email", PERSON, "hong@example.kr"),
        ("email", ENTERPRISE, "corp@example.kr"),
        ("business_number", PERSON, "subject1"),
        ("business_number", ENTERPRISE, "1234567891"),
    ],
)
def test_names_the_account_by_the_agencys_rule(rule: Any, profile: Any, expected: str) -> None:
    """RFC 7643 §4.1.1: userName, unique at the service."""
    service = replace(SERVICE, user_name=rule)
    assert user(released(profile=profile), service, extended=True)["userName"] == expected
    assert user(released(profile=profile, scopes=frozenset()), service, extended=True)["userName"] == "subject1"


def test_keeps_our_schema_to_services_that_take_it() -> None:
    """RFC 7643 §3: `schemas` names what is in the resource, no more and no less."""
    plain = user(released(profile=ENTERPRISE), SERVICE, extended=False)
    assert plain["schemas"] == [USER]
    assert EXTENSION not in plain
    whole = user(released(profile=ENTERPRISE), SERVICE, extended=True)
    assert whole["schemas"] == [USER, EXTENSION]
    assert whole[EXTENSION] == {
        "linkId": "link1",
        "memberType": "enterprise",
        "enterpriseUuid": "uuid-1",
        "businessNumber": "1234567891",
        "companyName": "예시상사",
        "representativeName": "홍길동",
        "foundedOn": "2001-02-03",
    }
    assert EXTENSION not in user(released(), replace(SERVICE, extension=False), extended=True)


@pytest.mark.parametrize("profile", [PERSON, ENTERPRISE])
def test_changes_neither_whether_nor_how_one_signs_in_there(profile: Any) -> None:
    """Account events §5: the account is the agency's; we say who the member is, never `active` or `userName`."""
    patch = changes(released(profile=profile), SERVICE, extended=True)
    assert [each["op"] for each in patch["Operations"]] in (["replace"], ["replace", "remove"])
    told = patch["Operations"][0]["value"]
    assert not {"active", "userName", "externalId", "id", "password"} & set(told)


def test_removes_what_the_member_no_longer_has() -> None:
    """RFC 7644 §3.5.2.2; what was never agreed to is not touched."""
    bare = replace(PERSON, email_verified=False)
    gone = {"op": "remove", "path": "emails"}
    assert gone in changes(released(profile=bare), SERVICE, extended=True)["Operations"]
    assert gone not in changes(released(profile=bare, scopes=ALL - {"email"}), SERVICE, extended=True)["Operations"]
