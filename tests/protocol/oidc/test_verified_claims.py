"""`verified_claims` by scope `identity`. OpenID Connect for Identity Assurance 1.0, Schema Definition 1.0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.app import create_app
from idp.house import House
from idp.members.verification_kept import VerificationKept
from tests.builders import a_person, agency, party, register
from tests.protocol.oidc.lab import AGENCIES, BIZINFO, VOUCHER, Client, Provider

CI = "c" * 86 + "=="
KEPT = VerificationKept("joint_certificate", "kica", "L3", False, "2026-01-02T03:04:05Z", "tx-1", ("name", "birthdate"))
REAL, SIMULATED = "urn:onepass:trust:identity-verification", "urn:onepass:trust:simulated"
SCOPE = "openid identity"


def built(house: House, kept: VerificationKept | None) -> Provider:
    released = [
        agency(each, party(each, client_id=client.client_id, client_secret=client.secret, scope=SCOPE))
        for each, client in (("voucher", VOUCHER), ("bizinfo", BIZINFO))
    ]
    released[1]["relying_party"][0]["redirect_uris"] = [BIZINFO.redirect_uri]
    register(house, *released)
    a_person(house, ci=CI, birth_date="1990-05-17", identity_verified=True, phone_verified=True, verification=kept)
    return Provider(house, create_app(house.settings, instead=house))


@pytest.fixture
def verified(house: House) -> Provider:
    return built(house, KEPT)


def asked(provider: Provider, client: Client = VOUCHER, claims: Any = None, scope: str = SCOPE) -> dict[str, Any]:
    more = {"claims": json.dumps({"userinfo": {"verified_claims": claims}})} if claims is not None else {}
    code = provider.browser().code(client, scope=scope, **more)
    found: dict[str, Any] = provider.userinfo(provider.redeem(client, code).get_json()["access_token"]).get_json()
    return found


def test_says_what_was_proven_when_and_how(verified: Provider) -> None:
    """Schema §5: the truth, and no more: the phone was not among what this verification proved; never CI."""
    answer = asked(verified)
    said = answer["verified_claims"]
    assert said["claims"] == {"name": "홍길동", "birthdate": "1990-05-17"}
    verification = said["verification"]
    assert (verification["trust_framework"], verification["assurance_level"]) == (REAL, "L3")
    assert verification["time"] == "2026-01-02T03:04:05Z"
    assert verification["evidence"] == [
        {
            "type": "electronic_record",
            "time": "2026-01-02T03:04:05Z",
            "record": {"type": "joint_certificate", "source": {"name": "kica"}},
        }
    ]
    assert "tx-1" not in json.dumps(answer)
    assert CI not in json.dumps(answer)


def test_names_the_process_differently_to_each_relying_party(verified: Provider) -> None:
    """What one relying party learns cannot be joined by it with what another learns."""
    processes = {
        asked(verified, client)["verified_claims"]["verification"]["verification_process"]
        for client in (VOUCHER, BIZINFO)
    }
    assert len(processes) == 2


def test_gives_a_stand_in_a_trust_framework_of_its_own(house: House) -> None:
    """REQ-16, issue 4: `simulated` travels to `verified_claims`."""
    kept = VerificationKept("phone", "simulator", "L2", True, "2026-01-02T03:04:05Z", "tx", ("name",))
    provider = built(house, kept)
    assert asked(provider)["verified_claims"]["verification"]["trust_framework"] == SIMULATED
    real = {"verification": {"trust_framework": {"value": REAL}}, "claims": {"name": None}}
    assert "verified_claims" not in asked(provider, claims=real)


def test_says_nothing_of_a_member_nobody_verified(house: House) -> None:
    """Left out, not empty: the schema knows no empty `verified_claims`."""
    assert "verified_claims" not in asked(built(house, None))


def test_releases_it_by_its_own_scope_only(verified: Provider) -> None:
    """The consent screen names 본인확인 결과 for `identity` and nothing else."""
    assert "verified_claims" not in asked(verified, scope="openid")


def test_releases_nothing_to_an_agency_whose_registration_lacks_it(house: House) -> None:
    """RFC 6749 §3.3: what is not registered is never granted, whatever is asked."""
    register(house, *AGENCIES)
    a_person(house, ci=CI, identity_verified=True, verification=KEPT)
    provider = Provider(house, create_app(house.settings, instead=house))
    wanted = {"verification": {"trust_framework": None}, "claims": {"name": None}}
    assert "verified_claims" not in asked(provider, claims=wanted)


def test_tells_only_what_was_asked_for(verified: Provider) -> None:
    """Identity Assurance §6.1, §6.2."""
    wanted = {"verification": {"trust_framework": None, "time": None}, "claims": {"name": None, "nationalities": None}}
    assert asked(verified, claims=wanted)["verified_claims"] == {
        "verification": {"trust_framework": REAL, "time": "2026-01-02T03:04:05Z"},
        "claims": {"name": "홍길동"},
    }


@pytest.mark.parametrize(
    "verification",
    [
        {"trust_framework": {"value": "eidas"}},
        {"trust_framework": {"values": ["eidas", "de_aml"]}},
        {"trust_framework": None, "assurance_level": {"value": "L2"}},
        {"trust_framework": None, "time": {"max_age": 60}},
        {"trust_framework": {"max_age": 60}},
        {"trust_framework": None, "evidence": [{"type": {"value": "document"}}]},
        {"trust_framework": None, "evidence": [{"type": None, "record": {"type": {"value": "passport"}}}]},
        {"trust_framework": None, "evidence": [{"type": None, "record": {"source": {"name": {"values": ["x"]}}}}]},
        {"trust_framework": None, "evidence": [{"type": None, "time": {"max_age": 60}}]},
        {"trust_framework": None, "evidence": [{"type": None, "check_details": [{"check_method": {"value": "x"}}]}]},
        {"trust_framework": None, "assurance_process": {"policy": {"value": "x"}}, "unknown": {"value": "x"}},
    ],
)
def test_leaves_out_what_cannot_be_met(verified: Provider, verification: Any) -> None:
    """Identity Assurance §6.5: no error, and no more said than that."""
    assert "verified_claims" not in asked(verified, claims={"verification": verification, "claims": {"name": None}})


def test_says_what_meets_every_constraint(verified: Provider) -> None:
    """Identity Assurance §6.2: also those on the evidence; what is only wished for may be lacking."""
    record = {"type": {"value": "joint_certificate"}, "source": {"name": {"values": ["x", "kica"]}}, "country": None}
    evidence = {"type": {"value": "electronic_record"}, "record": record, "check_details": [{"check_method": None}]}
    verification = {"trust_framework": {"essential": True, "value": REAL}, "evidence": [evidence]}
    said = asked(verified, claims={"verification": verification, "claims": {"name": {"essential": True}}})
    assert said["verified_claims"]["verification"]["evidence"][0]["record"]["type"] == "joint_certificate"


def test_takes_the_age_of_no_claim_but_a_time(verified: Provider) -> None:
    """Bad input: a constraint that cannot be met is no failure of ours."""
    wanted = {"verification": {"trust_framework": None}, "claims": {"name": {"max_age": 5}}}
    assert "verified_claims" not in asked(verified, claims=wanted)


@pytest.mark.parametrize("value", ["[" * 90 + "]" * 90, "1e999", "NaN", r'"\u0000"', r'"\ud800"', r'{"\u0000": 1}'])
def test_refuses_what_could_not_be_kept(verified: Provider, value: str) -> None:
    """Bad input: PostgreSQL keeps neither of these in a grant, so the token endpoint would fail."""
    wanted = {"verification": {"trust_framework": {"value": "here"}}, "claims": {"name": None}}
    claims = json.dumps({"userinfo": {"verified_claims": wanted}}).replace('"here"', value)
    assert verified.browser().answer(VOUCHER, scope=SCOPE, claims=claims)["error"] == "invalid_request"


def test_takes_the_first_of_several_that_can_be_met(verified: Provider) -> None:
    """Identity Assurance §6.3: a list of alternatives."""
    wanted = [
        {"verification": {"trust_framework": {"value": "eidas"}}, "claims": {"name": None}},
        {"verification": {"trust_framework": {"value": REAL}}, "claims": {"birthdate": None}},
    ]
    assert asked(verified, claims=wanted)["verified_claims"]["claims"] == {"birthdate": "1990-05-17"}


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        "all",
        {},
        {"verification": {}, "claims": {"name": None}},
        {"verification": {"trust_framework": None}, "claims": {}},
        {"verification": {"trust_framework": "eidas"}, "claims": {"name": None}},
        {"verification": {"trust_framework": None, "evidence": {}}, "claims": {"name": None}},
        {"verification": {"trust_framework": None}, "claims": {"x" * 3000: None}},
        [{"verification": {"trust_framework": None}, "claims": {"name": None}}] * 9,
    ],
)
def test_refuses_a_request_of_another_form(verified: Provider, wanted: Any) -> None:
    """Identity Assurance §6: an error goes back to the relying party, which wrote it wrong."""
    claims = json.dumps({"userinfo": {"verified_claims": wanted}})
    assert verified.browser().answer(VOUCHER, scope=SCOPE, claims=claims)["error"] == "invalid_request"


def test_publishes_what_it_can_say(verified: Provider) -> None:
    """Identity Assurance §9."""
    document = verified.browser().client.get("/.well-known/openid-configuration").get_json()
    assert document["verified_claims_supported"] is True
    assert document["trust_frameworks_supported"] == [REAL, SIMULATED]
    assert "identity" in document["scopes_supported"]
    assert "name" in document["claims_in_verified_claims_supported"]
    assert document["evidence_supported"] == ["electronic_record"]


def test_leaves_it_out_of_id_tokens(verified: Provider) -> None:
    """Identity Assurance §5: it may be asked for in either place; ours is UserInfo, which discovery and the guide say.
    Asked for in an ID token it is no error, and what UserInfo tells stays whole."""
    wanted = {"verification": {"trust_framework": None}, "claims": {"name": None}}
    claims = json.dumps({"id_token": {"verified_claims": wanted}})
    tokens = verified.redeem(VOUCHER, verified.browser().code(VOUCHER, scope=SCOPE, claims=claims)).get_json()
    assert "verified_claims" not in verified.claims(tokens["id_token"], "RS256")
    assert "birthdate" in verified.userinfo(tokens["access_token"]).get_json()["verified_claims"]["claims"]
