"""openid-client, a certified relying party of Node's."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.strangers.member import Member
from tests.strangers.node import play
from tests.strangers.provider import RunningProvider
from tests.strangers.registered import (
    BASIC,
    BINDS,
    FAPI,
    FAPI_SIGNING,
    HYBRID,
    MACS,
    MACS_SERVER,
    OPENS,
    POSTS,
    REQUESTS,
    SIGNS,
    SIGNS_SERVER,
    Stranger,
)


def test_signs_in_renews_and_signs_out(provider: RunningProvider, member: Member) -> None:
    """OpenID Connect Core §3.1, §12; RFC 7636; RFC 7662; RFC 7009; RFC 9207; RP-Initiated Logout §3: as a certified
    client checks it."""
    report = whole(provider, member, BASIC, authentication="ClientSecretBasic", uses=["introspection", "revocation"])
    assert report["tokenType"] == "bearer"
    assert (report["introspected"]["active"], report["introspected"]["client_id"]) == (True, "basic")
    assert report["revoked"]["status"] == 401
    assert parse_qs(urlsplit(report["back"]).query).keys() == {"code", "state", "iss"}


def test_reads_a_signed_answer(provider: RunningProvider, member: Member) -> None:
    """JARM §2.4: code, state and iss in one JWT, and nothing beside it."""
    metadata = {"authorization_signed_response_alg": "RS256"}
    report = whole(provider, member, BASIC, authentication="ClientSecretBasic", metadata=metadata, uses=["jarm"])
    assert parse_qs(urlsplit(report["back"]).query).keys() == {"response"}


@pytest.mark.parametrize(("stranger", "authentication"), [(POSTS, "ClientSecretPost"), (MACS, "ClientSecretJwt")])
def test_proves_itself_by_its_secret(
    provider: RunningProvider, member: Member, stranger: Stranger, authentication: str
) -> None:
    """RFC 6749 §2.3.1, OpenID Connect Core §9: in the form, or as the key of an assertion."""
    whole(provider, member, stranger, authentication=authentication)


def test_proves_itself_by_a_key_and_asks_from_its_server(provider: RunningProvider, member: Member) -> None:
    """RFC 7523 §3, RFC 9126 §2, OpenID Connect Core §9; ID token and answer signed as registered (JARM §2.4)."""
    metadata = {"id_token_signed_response_alg": "EdDSA", "authorization_signed_response_alg": "PS256"}
    told = {"authentication": "PrivateKeyJwt", "metadata": metadata, "uses": ["pushed", "jarm"]}
    report = whole(provider, member, SIGNS, **told)
    assert parse_qs(urlsplit(report["asked"]).query).keys() == {"client_id", "request_uri"}


def test_signs_its_request(provider: RunningProvider, member: Member) -> None:
    """RFC 9101 §5.1: by value, in the address."""
    report = whole(provider, member, REQUESTS, authentication="PrivateKeyJwt", uses=["signed"])
    assert parse_qs(urlsplit(report["asked"]).query).keys() == {"client_id", "request"}


def test_binds_its_tokens(provider: RunningProvider, member: Member) -> None:
    """RFC 9449 §5, §7: at token and userinfo endpoint; as bearer tokens they are good for nothing."""
    report = whole(provider, member, BINDS, authentication="ClientSecretBasic", uses=["dpop", "introspection"])
    assert report["tokenType"] == "dpop"
    assert report["introspected"]["active"]
    assert report["introspected"]["cnf"]["jkt"]
    assert report["unbound"]["status"] == 401


def test_keeps_to_fapi_security(provider: RunningProvider, member: Member) -> None:
    """fapi2-security-profile-final-happy-flow: private_key_jwt, PAR, PKCE, DPoP, by a certified client."""
    metadata = {"id_token_signed_response_alg": "PS256"}
    told = {"authentication": "PrivateKeyJwt", "metadata": metadata, "uses": ["pushed", "dpop"]}
    report = whole(provider, member, FAPI, **told)
    assert parse_qs(urlsplit(report["back"]).query).keys() == {"code", "state", "iss"}
    assert report["unbound"]["status"] == 401


def test_keeps_to_fapi_message_signing(provider: RunningProvider, member: Member) -> None:
    """FAPI 2.0 Message Signing §5.3, §5.4: request objects pushed (JAR, PAR), answers signed (JARM)."""
    metadata = {"id_token_signed_response_alg": "ES256", "authorization_signed_response_alg": "ES256"}
    told = {"authentication": "PrivateKeyJwt", "metadata": metadata, "uses": ["signed", "pushed", "dpop", "jarm"]}
    report = whole(provider, member, FAPI_SIGNING, **told)
    assert parse_qs(urlsplit(report["back"]).query).keys() == {"response"}


@pytest.mark.parametrize("uses", [["decrypting"], ["decrypting", "jarm"]], ids=" ".join)
def test_opens_what_is_encrypted_to_it(provider: RunningProvider, member: Member, uses: list[str]) -> None:
    """OpenID Connect Core §10.2, §5.3.2; JARM §2.2: ID token, UserInfo and answer, signed and then encrypted."""
    metadata = {"userinfo_signed_response_alg": "RS256", "authorization_signed_response_alg": "RS256"}
    whole(provider, member, OPENS, authentication="ClientSecretBasic", metadata=metadata, uses=uses)


def test_checks_the_id_token_that_comes_with_a_code(provider: RunningProvider, member: Member) -> None:
    """OpenID Connect Core §3.3.2.11: `c_hash`, and the same member in both ID tokens."""
    report = whole(provider, member, HYBRID, authentication="ClientSecretBasic", uses=["hybrid"])
    assert parse_qs(urlsplit(report["back"]).fragment).keys() == {"code", "id_token", "state", "iss"}


def test_registers_itself(provider: RunningProvider, member: Member) -> None:
    """RFC 7591 §3, OpenID Connect Dynamic Registration §3: by a token that an operator made, and signs in with what it
    was given."""
    newcomer = Stranger("newcomer", scope="openid email offline_access")
    metadata = {
        "client_name": "스스로 등록한 시스템",
        "redirect_uris": [newcomer.redirect_uri],
        "post_logout_redirect_uris": [newcomer.post_logout_redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": newcomer.scope,
        "token_endpoint_auth_method": "client_secret_post",
    }
    token = provider.initial_access_token("plain", "newcomer.example")
    report = whole(provider, member, newcomer, metadata=metadata, register={"initialAccessToken": token})
    assert report["claims"]["aud"] != "newcomer", "an identifier is the provider's to give"


@pytest.mark.parametrize("uses", [[], ["dpop"]], ids=["bearer", "dpop"])
@pytest.mark.parametrize(
    ("stranger", "authentication"), [(MACS_SERVER, "ClientSecretBasic"), (SIGNS_SERVER, "PrivateKeyJwt")]
)
def test_acts_for_itself(provider: RunningProvider, stranger: Stranger, authentication: str, uses: list[str]) -> None:
    """RFC 6749 §4.4, RFC 7523 §2.2, RFC 9449 §7, RFC 7009 §2: with a token for its agency's links, and without."""
    told = stranger.told(issuer=provider.issuer, authentication=authentication, uses=uses)
    report = play("machine", told, visit=str)
    assert (report["status"], report["scope"]) == (200, "links.read")
    assert report["tokenType"] == ("dpop" if uses else "bearer")
    assert (report["unbound"] is None) == (not uses)
    assert report["revoked"]["status"] == 401


def whole(provider: RunningProvider, member: Member, stranger: Stranger, **more: Any) -> dict[str, Any]:
    """The whole flow, and what holds in each way of going through it."""
    report = play("flow", stranger.told(issuer=provider.issuer, **more), member.visit)
    claims, userinfo, renewed = report["claims"], report["userinfo"], report["renewed"]
    assert claims["iss"] == provider.issuer
    assert (userinfo["sub"], userinfo["email"]) == (claims["sub"], "honggildong@example.com")
    assert renewed["userinfo"] == userinfo
    same = ("iss", "sub", "aud", "auth_time")
    assert [renewed["claims"][name] for name in same] == [claims[name] for name in same]
    assert report["replayed"]["error"] == "invalid_grant"
    assert report["left"] == f"{stranger.post_logout_redirect_uri}?state=bye+now"
    return report
