"""openid-client, a certified relying party of Node's."""

from __future__ import annotations

from tests.strangers.member import Member
from tests.strangers.node import play
from tests.strangers.provider import RunningProvider
from tests.strangers.registered import BASIC


def test_signs_in_renews_and_signs_out(provider: RunningProvider, member: Member) -> None:
    """OpenID Connect Core §3.1, §12; RFC 7636; RFC 9207; RP-Initiated Logout §3: as a certified client checks it."""
    told = {**BASIC, "issuer": provider.issuer, "authentication": "ClientSecretBasic", "metadata": {}}
    report = play("code_flow", told, member.visit)
    claims, userinfo, renewed = report["claims"], report["userinfo"], report["renewed"]
    assert claims["iss"] == provider.issuer
    assert (userinfo["sub"], userinfo["email"]) == (claims["sub"], "honggildong@example.com")
    assert renewed["userinfo"] == userinfo
    assert {name: renewed["claims"][name] for name in ("iss", "sub", "aud", "auth_time")} == {
        name: claims[name] for name in ("iss", "sub", "aud", "auth_time")
    }
    assert report["replayed"]["error"] == "invalid_grant"
    assert report["left"] == "https://basic.example/bye?state=bye+now"
