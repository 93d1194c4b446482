"""ID tokens, read by another library against our published keys. OpenID Connect Core §2, §3.1.3.6; REQ-92."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest

from idp.clock import epoch_seconds
from idp.sessions.assurance import Authentication
from idp.sessions.sessions import Sessions
from tests.builders import an_enterprise
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, VOUCHER, Browser, Client, Provider, heard

BY_ALG = pytest.mark.parametrize(("client", "alg"), [(VOUCHER, "RS256"), (KAMP, "ES256")])


@BY_ALG
def test_says_who_signed_in_when_and_how(
    provider: Provider, browser: Browser, clock: FrozenClock, client: Client, alg: str
) -> None:
    """REQ-92, OpenID Connect Core §2: exactly these claims; those of scopes belong in UserInfo (§5.4)."""
    signed_in_at = epoch_seconds(clock.now())
    code = browser.code(client, scope="openid profile email", nonce="n-0S6_WzA2Mj 한글")
    clock.advance(timedelta(seconds=5))
    tokens = provider.redeem(client, code).get_json()
    claims = provider.claims(tokens["id_token"], alg)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    now = epoch_seconds(clock.now())
    assert len(claims.pop("sub")) == 32
    assert len(claims.pop("sid")) == 32
    assert claims == {
        "iss": "http://127.0.0.1:8000",
        "aud": client.client_id,
        "iat": now,
        "exp": now + 600,
        "auth_time": signed_in_at,
        "acr": "urn:onepass:acr:1",
        "amr": ["pwd"],
        "member_type": "person",
        "nonce": "n-0S6_WzA2Mj 한글",
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
    }


@BY_ALG
def test_holds_no_nonce_where_none_came(provider: Provider, browser: Browser, client: Client, alg: str) -> None:
    """OpenID Connect Core §3.1.2.1: nonce is optional for the code flow."""
    tokens = provider.redeem(client, browser.code(client, nonce=None)).get_json()
    assert "nonce" not in provider.claims(tokens["id_token"], alg)


def test_names_an_enterprise_by_its_uuid(provider: Provider) -> None:
    """REQ-92, REQ-12: member_type and enterprise_uuid, the same toward every agency; the subject is pairwise."""
    house = provider.house
    member = an_enterprise(house)
    sessions = Sessions(house.store, house.clock, house.randomness, house.digester, *_limits(provider))
    cookie, _session = sessions.start(
        member, 0, by=Authentication("business_certificate", house.clock.now(), 3, ("swk",))
    )
    browser = provider.browser()
    browser.client.set_cookie("idp_session", cookie)
    seen = []
    for client, alg in ((VOUCHER, "RS256"), (KAMP, "ES256")):
        code = heard(browser.pages(browser.authorize(client, scope="openid profile email")), client)["code"]
        tokens = provider.redeem(client, code).get_json()
        claims = provider.claims(tokens["id_token"], alg)
        assert claims["member_type"] == "enterprise"
        assert claims["acr"] == "urn:onepass:acr:3"
        assert claims["amr"] == ["swk"]
        released = provider.userinfo(tokens["access_token"]).get_json()
        assert released["enterprise_uuid"] == claims["enterprise_uuid"]
        assert released["name"] == "예시상사"
        seen.append((claims["sub"], claims["enterprise_uuid"], claims["sid"]))
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] == seen[1][1]
    assert seen[0][2] != seen[1][2]


def test_names_a_member_differently_toward_each_agency(provider: Provider, browser: Browser) -> None:
    """Architecture §11: what one relying party learns cannot be joined with what another learns."""
    subjects, sids = set(), set()
    for client, alg in ((VOUCHER, "RS256"), (KAMP, "ES256"), (BIZINFO, "RS256")):
        claims = provider.claims(provider.redeem(client, browser.code(client)).get_json()["id_token"], alg)
        subjects.add(claims["sub"])
        sids.add(claims["sid"])
    assert len(subjects) == len(sids) == 3


def test_names_a_member_the_same_in_every_session(provider: Provider) -> None:
    """OpenID Connect Core §2: sub is never reassigned; sid is one session's (Front-Channel Logout §3)."""
    first, second = (
        provider.claims(provider.redeem(VOUCHER, each.code(VOUCHER)).get_json()["id_token"], "RS256")
        for each in (provider.browser(), provider.browser())
    )
    assert first["sub"] == second["sub"]
    assert first["sid"] != second["sid"]


def test_is_signed_by_a_key_that_is_published(provider: Provider, browser: Browser) -> None:
    """RFC 7515 §4.1.4: every JWS names a kid of the JWK Set; a changed token does not verify."""
    token = provider.redeem(VOUCHER, browser.code(VOUCHER)).get_json()["id_token"]
    assert provider.claims(token, "RS256")
    head, body, signature = token.split(".")
    flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    with pytest.raises(Exception, match="bad_signature"):
        provider.claims(f"{head}.{body}.{flipped}", "RS256")


def _limits(provider: Provider) -> tuple[timedelta, timedelta]:
    limits = provider.house.settings.sessions
    return limits.idle, limits.absolute
