"""What a member agreed to release, as attributes."""

from __future__ import annotations

from dataclasses import replace

from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.saml.attributes import pairwise_id, released

PERSON = PersonProfile(login_id="honggildong", name="홍길동", email="hong@example.kr", phone="01012345678")
ENTERPRISE = EnterpriseProfile(
    enterprise_uuid="0d3a5f3e-0000-4000-8000-000000000001",
    business_number="1234567891",
    company_name="(주)홍길동",
    representative_name="홍길동",
    founded_on="2020-01-02",
    email="office@example.kr",
)


def values(profile: PersonProfile | EnterpriseProfile, *scopes: str) -> dict[str, str]:
    return {each.name: each.value for each in released(profile, frozenset(scopes))}


def test_releases_nothing_without_a_scope():
    """Release is per relying party (SDP-IDP20); the identifiers say nothing about the person."""
    assert values(PERSON) == values(PERSON, "unknown") == {}


def test_names_a_persons_attributes_by_their_oids():
    """The names every product maps (X.520, RFC 4524)."""
    assert values(PERSON, "openid", "profile", "email", "phone", "enterprise") == {
        "urn:oid:2.16.840.1.113730.3.1.241": "홍길동",
        "urn:onepass:attribute:member_type": "person",
        "urn:oid:0.9.2342.19200300.100.1.3": "hong@example.kr",
        "urn:oid:2.5.4.20": "01012345678",
    }


def test_never_releases_the_login_id():
    """It is the same at every agency and nobody's business there (architecture: always true, 4)."""
    assert "honggildong" not in values(PERSON, "openid", "profile", "email", "phone", "enterprise", "identity").values()


def test_names_an_enterprises_attributes():
    """The claims of the operator's contract under `urn:onepass:attribute:`; a missing phone is left out."""
    assert values(ENTERPRISE, "openid", "profile", "phone", "enterprise") == {
        "urn:oid:2.16.840.1.113730.3.1.241": "(주)홍길동",
        "urn:onepass:attribute:member_type": "enterprise",
        "urn:onepass:attribute:enterprise_uuid": ENTERPRISE.enterprise_uuid,
        "urn:onepass:attribute:business_number": "1234567891",
        "urn:onepass:attribute:company_name": "(주)홍길동",
        "urn:onepass:attribute:representative_name": "홍길동",
        "urn:onepass:attribute:founded_on": "2020-01-02",
    }


def test_leaves_out_characters_that_xml_cannot_carry():
    """A stray control character in a name must not cost the member the sign-in (XML 1.0 §2.2)."""
    profile = replace(PERSON, name="홍\x00길\x0b동\ufffe")
    assert values(profile, "profile")["urn:oid:2.16.840.1.113730.3.1.241"] == "홍길동"


def test_makes_a_pairwise_identifier_in_our_scope():
    """`unique@scope` (Subject Identifier Attributes §3.4)."""
    assert pairwise_id("abc", "idp.example").value == "abc@idp.example"


def test_keeps_values_out_of_logs():
    """Personal data does not show in a repr."""
    assert "hong" not in repr(released(PERSON, frozenset({"email"})))
