"""openid-client, a certified relying party of Node's."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.strangers.member import Member
from tests.strangers.node import play
from tests.strangers.provider import RunningProvider
from tests.strangers.registered import BASIC, Stranger


def test_signs_in_renews_and_signs_out(provider: RunningProvider, member: Member) -> None:
    """OpenID Connect Core §3.1, §12; RFC 7636; RFC 9207; RP-Initiated Logout §3: as a certified client checks it."""
    report = whole(provider, member, BASIC, authentication="ClientSecretBasic")
    assert report["tokenType"] == "bearer"
    assert parse_qs(urlsplit(report["back"]).query).keys() == {"code", "state", "iss"}


def test_reads_a_signed_answer(provider: RunningProvider, member: Member) -> None:
    """JARM §2.4: code, state and iss in one JWT, and nothing beside it."""
    metadata = {"authorization_signed_response_alg": "RS256"}
    report = whole(provider, member, BASIC, authentication="ClientSecretBasic", metadata=metadata, uses=["jarm"])
    assert parse_qs(urlsplit(report["back"]).query).keys() == {"response"}


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
