"""Introspection and revocation. RFC 7662, RFC 9701, RFC 7009."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwe, jwt as joserfc_jwt
from joserfc.jwk import ECKey
from jwt import PyJWKSet
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.audit.models import audit_records
from idp.errors import StoreUnavailable
from tests.browsers import served
from tests.builders import agency, party, register, unlink
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, KAMP_MACHINE, VOUCHER, Browser, Client, Provider
from tests.protocol.oidc.prover import ISSUER, Prover
from tests.protocol.oidc.test_dpop import ask, redeem

LASTING = "openid email offline_access"
RESOURCE = Client("bizinfo-api", "bizinfo-api", "", "R" * 40)
"""Another system of the agency of 비즈인포, which is handed access tokens."""


def post(
    provider: Provider, path: str, client: Client, form: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> TestResponse:
    sent = {**({"client_id": client.client_id} if client.basic is None else {}), **form}
    basic = {} if client.basic is None else {"Authorization": client.basic}
    return provider.app.test_client(use_cookies=False).post(path, data=sent, headers={**basic, **(headers or {})})


def introspect(provider: Provider, client: Client, token: str, **form: str) -> dict[str, Any]:
    answered = post(provider, "/oidc/introspect", client, {"token": token, **form})
    assert answered.status_code == 200, answered.text
    assert answered.headers["Cache-Control"] == "no-store"
    assert answered.mimetype == "application/json"
    said: dict[str, Any] = answered.get_json()
    return said


def revoke(provider: Provider, client: Client, token: str, **form: str) -> TestResponse:
    return post(provider, "/oidc/revoke", client, {"token": token, **form})


def error(answered: TestResponse) -> tuple[int, str]:
    return answered.status_code, answered.get_json()["error"]


@pytest.fixture
def tokens(provider: Provider, browser: Browser) -> dict[str, Any]:
    """Access and refresh token of 비즈인포."""
    given: dict[str, Any] = provider.redeem(BIZINFO, browser.code(BIZINFO, scope=LASTING)).get_json()
    return given


def actions(provider: Provider) -> list[str]:
    with provider.house.database.reading() as connection:
        return list(connection.execute(select(audit_records.c.action)).scalars())


INACTIVE = {"active": False}


@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": "refresh_token"}])
def test_tells_a_client_of_its_access_token(
    provider: Provider, tokens: dict[str, Any], clock: FrozenClock, hint: dict[str, str]
) -> None:
    """RFC 7662 §2.2: whose, for what, how long, how proven; a hint helps and never hides. Never a name."""
    said = introspect(provider, BIZINFO, tokens["access_token"], **hint)
    of_id_token = provider.claims(tokens["id_token"], "RS256")
    now = int(clock.now().timestamp())
    assert said == {
        "active": True,
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": of_id_token["sub"],
        "client_id": BIZINFO.client_id,
        "scope": "email offline_access openid",
        "token_type": "Bearer",
        "iat": now,
        "exp": now + tokens["expires_in"],
        "jti": said["jti"],
        "auth_time": of_id_token["auth_time"],
        "acr": of_id_token["acr"],
        "amr": of_id_token["amr"],
    }


@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "anything"}])
def test_tells_a_client_of_its_refresh_token(
    provider: Provider, tokens: dict[str, Any], clock: FrozenClock, hint: dict[str, str]
) -> None:
    """RFC 7662 §2.1, §2.2: for how long it is good if nobody uses it."""
    said = introspect(provider, BIZINFO, tokens["refresh_token"], **hint)
    idle = provider.house.settings.tokens.refresh_idle
    assert said["active"] is True
    assert (said["client_id"], said["scope"]) == (BIZINFO.client_id, "email offline_access openid")
    assert said["exp"] == int((clock.now() + idle).timestamp())
    assert "token_type" not in said


def test_tells_of_a_machines_token(provider: Provider) -> None:
    """RFC 7662 §2.2: nobody signed in, so the client is the subject."""
    token = provider.token(KAMP_MACHINE, grant_type="client_credentials", scope="links.read").get_json()
    said = introspect(provider, KAMP_MACHINE, token["access_token"])
    assert (said["active"], said["sub"], said["scope"]) == (True, "kamp-machine", "links.read")
    assert said["exp"] - said["iat"] == token["expires_in"]
    assert introspect(provider, BIZINFO, token["access_token"]) == INACTIVE


def test_tells_of_the_keys_that_must_be_proven(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9449 §6.2, RFC 7662 §2.2: `cnf`, and token_type DPoP."""
    prover = Prover(clock)
    given = redeem(provider, BIZINFO, browser.code(BIZINFO), prover.proof("POST", "/oidc/token")).get_json()
    said = introspect(provider, BIZINFO, given["access_token"])
    assert (said["token_type"], said["cnf"]) == ("DPoP", {"jkt": prover.jkt})
    proof = prover.proof("POST", "/oidc/token")
    machine = ask(provider, KAMP_MACHINE, proof, grant_type="client_credentials").get_json()
    assert introspect(provider, KAMP_MACHINE, machine["access_token"])["cnf"] == {"jkt": prover.jkt}


def test_says_nothing_of_what_is_no_good(
    provider: Provider, browser: Browser, tokens: dict[str, Any], clock: FrozenClock
) -> None:
    """RFC 7662 §2.2: exactly active false, whatever the reason: garbage, expired, another's, ended."""
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    for garbage in (
        "x",
        "a.b.c",
        "A" * 64,
        access[:-8] + "AAAAAAAA",
        refresh[:-8] + "AAAAAAAA",
        "é",
        tokens["id_token"],
    ):
        assert introspect(provider, BIZINFO, garbage) == INACTIVE
    for other in (VOUCHER, KAMP_MACHINE):
        for token in (access, refresh):
            assert introspect(provider, other, token) == INACTIVE
            assert introspect(provider, other, token, token_type_hint="refresh_token") == INACTIVE
    clock.advance(timedelta(seconds=tokens["expires_in"]))
    assert introspect(provider, BIZINFO, access) == INACTIVE
    assert introspect(provider, BIZINFO, refresh)["active"] is True
    again = provider.refresh(BIZINFO, refresh).get_json()["access_token"]
    assert introspect(provider, BIZINFO, again)["active"] is True
    with provider.house.database.reading() as connection:
        member = provider.house.directory.member_id(connection, "honggildong")
    assert member is not None
    unlink(provider.house, member, "bizinfo")
    assert [introspect(provider, BIZINFO, each) for each in (again, refresh)] == [INACTIVE] * 2


def test_tells_a_resource_server_of_the_same_agency(provider: Provider, tokens: dict[str, Any]) -> None:
    """Decision on introspection: the system that is handed a token is often another one of the agency. Of refresh
    tokens it hears nothing."""
    given = {"client_secret": BIZINFO.secret, "redirect_uris": [BIZINFO.redirect_uri], "scope": LASTING}
    grants = ["authorization_code", "refresh_token"]
    api = party("bizinfo-api", client_secret=RESOURCE.secret)
    register(provider.house, agency("bizinfo", party("bizinfo", **given, grant_types=grants), api))
    said = introspect(provider, RESOURCE, tokens["access_token"])
    assert (said["active"], said["client_id"]) == (True, BIZINFO.client_id)
    assert introspect(provider, RESOURCE, tokens["refresh_token"]) == INACTIVE
    assert revoke(provider, RESOURCE, tokens["access_token"]).status_code == 200
    assert provider.userinfo(tokens["access_token"]).status_code == 200


def test_answers_only_who_proves_who_they_are(provider: Provider, browser: Browser) -> None:
    """RFC 7662 §2.1, §4: else whoever finds a token may ask what it is good for; public clients prove nothing."""
    token = provider.redeem(KAMP, browser.code(KAMP)).get_json()["access_token"]
    for client in (KAMP, Client("", "bizinfo", "", "wrong" * 8), Client("", "nobody", "", "x" * 40)):
        assert error(post(provider, "/oidc/introspect", client, {"token": token})) == (401, "invalid_client")
    assert error(post(provider, "/oidc/introspect", BIZINFO, {})) == (400, "invalid_request")
    answered = provider.app.test_client().get(f"/oidc/introspect?token={token}")
    assert answered.status_code == 405


SIGNED = "application/token-introspection+jwt"


def test_signs_what_it_says_where_that_is_asked_for(provider: Provider, tokens: dict[str, Any]) -> None:
    """RFC 9701 §4, §5: typ, iss, aud and iat of its own, the rest under one claim; verified by PyJWT. Inactive too."""
    keys = PyJWKSet.from_dict(provider.app.test_client().get("/oidc/jwks").get_json())
    for client, token, active in (
        (BIZINFO, tokens["access_token"], True),
        (BIZINFO, "x", False),
        (KAMP_MACHINE, tokens["access_token"], False),
    ):
        answered = post(provider, "/oidc/introspect", client, {"token": token}, {"Accept": SIGNED})
        assert (answered.status_code, answered.mimetype) == (200, SIGNED)
        header = jwt.get_unverified_header(answered.text)
        assert (header["typ"], header["alg"]) == ("token-introspection+jwt", "RS256")
        claims = jwt.decode(
            answered.text,
            keys[header["kid"]],
            algorithms=["RS256"],
            audience=client.client_id,
            issuer=ISSUER,
            options={"verify_iat": False},
        )
        assert claims.keys() == {"iss", "aud", "iat", "token_introspection"}
        told = claims["token_introspection"]
        assert told == (introspect(provider, client, token) if active else INACTIVE)
        # It is no access token itself, nor an ID token (RFC 9701 §8.1).
        assert provider.userinfo(answered.text).status_code == 401


def test_encrypts_what_it_says_where_that_is_registered(provider: Provider, tokens: dict[str, Any]) -> None:
    """RFC 9701 §5, §6: a JWS in a JWE that only the caller opens; read by joserfc."""
    key = ECKey.generate_key("P-256", parameters={"kid": "enc", "use": "enc"})
    fields = {
        "client_secret": BIZINFO.secret,
        "redirect_uris": [BIZINFO.redirect_uri],
        "scope": LASTING,
        "grant_types": ["authorization_code", "refresh_token"],
        "introspection_signed_response_alg": "ES256",
        "introspection_encrypted_response_alg": "ECDH-ES",
        "introspection_encrypted_response_enc": "A128GCM",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    register(provider.house, agency("bizinfo", party("bizinfo", **fields)))
    answered = post(provider, "/oidc/introspect", BIZINFO, {"token": tokens["access_token"]}, {"Accept": SIGNED})
    whole = jwe.decrypt_compact(answered.text, key, algorithms=["ECDH-ES", "A128GCM"])
    assert whole.protected["cty"] == "JWT"
    assert whole.plaintext is not None
    inner = joserfc_jwt.decode(whole.plaintext.decode(), provider.keys(), algorithms=["ES256"])
    assert inner.header["typ"] == "token-introspection+jwt"
    assert inner.claims["token_introspection"]["active"] is True


def test_serves_a_client_that_others_wrote(provider: Provider, tokens: dict[str, Any]) -> None:
    """RFC 7662 §2, RFC 7009 §2 as Authlib speaks them, over HTTP."""
    with served(provider.app) as port:
        session = OAuth2Session(BIZINFO.client_id, BIZINFO.secret)
        base = f"http://127.0.0.1:{port}/oidc"
        told = session.introspect_token(f"{base}/introspect", token=tokens["access_token"])
        assert told.json()["active"] is True
        ended = session.revoke_token(f"{base}/revoke", token=tokens["refresh_token"], token_type_hint="refresh_token")
        assert ended.status_code == 200
        told = session.introspect_token(f"{base}/introspect", token=tokens["access_token"])
        assert told.json() == INACTIVE


@pytest.mark.parametrize("accept", ["*/*", "application/json", f"application/json, {SIGNED}", "text/html", ""])
def test_answers_in_json_where_both_will_do(provider: Provider, tokens: dict[str, Any], accept: str) -> None:
    """RFC 9701 §4: the JWT is for who asks for it."""
    answered = post(provider, "/oidc/introspect", BIZINFO, {"token": tokens["access_token"]}, {"Accept": accept})
    assert answered.mimetype == "application/json"


def test_revokes_an_access_token_alone(provider: Provider, tokens: dict[str, Any]) -> None:
    """RFC 7009 §2.1: dead at once, everywhere; the refresh token goes on."""
    answered = revoke(provider, BIZINFO, tokens["access_token"])
    assert (answered.status_code, answered.text) == (200, "")
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert introspect(provider, BIZINFO, tokens["access_token"]) == INACTIVE
    assert provider.refresh(BIZINFO, tokens["refresh_token"]).status_code == 200
    assert actions(provider).count("token.revoked") == 1


@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": "unheard-of"}])
@pytest.mark.parametrize("client", [BIZINFO, KAMP])
def test_revokes_a_family_by_its_refresh_token(
    provider: Provider, browser: Browser, client: Client, hint: dict[str, str]
) -> None:
    """RFC 7009 §2.1: every access token of the grant dies with it; a wrong hint hides nothing; public clients too."""
    first = provider.redeem(client, browser.code(client, scope=LASTING)).get_json()
    second = provider.refresh(client, first["refresh_token"]).get_json()
    assert revoke(provider, client, second["refresh_token"], **hint).status_code == 200
    for given in (first, second):
        assert provider.userinfo(given["access_token"]).status_code == 401
        assert provider.refresh(client, given["refresh_token"]).status_code == 400
    assert actions(provider).count("grant.revoked") == 1
    assert revoke(provider, client, second["refresh_token"], **hint).status_code == 200
    assert actions(provider).count("grant.revoked") == 1


def test_revokes_a_family_by_the_token_just_before(provider: Provider, browser: Browser) -> None:
    """RFC 7009 §2.1: a client that lost the answer has no other to give back."""
    first = provider.redeem(KAMP, browser.code(KAMP, scope=LASTING)).get_json()
    second = provider.refresh(KAMP, first["refresh_token"]).get_json()
    assert revoke(provider, KAMP, first["refresh_token"]).status_code == 200
    assert provider.userinfo(second["access_token"]).status_code == 401


def test_revokes_a_machines_token(provider: Provider) -> None:
    """RFC 7009 §2.1: its own, at the agency API from that moment."""
    token = provider.token(KAMP_MACHINE, grant_type="client_credentials").get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert revoke(provider, KAMP, token).status_code == 200
    assert provider.app.test_client().get("/agency/v1/links", headers=headers).status_code == 200
    assert revoke(provider, KAMP_MACHINE, token).status_code == 200
    assert provider.app.test_client().get("/agency/v1/links", headers=headers).status_code == 401


def test_leaves_the_tokens_of_others_alone(provider: Provider, tokens: dict[str, Any]) -> None:
    """RFC 7009 §2.1, §2.2: the answer does not tell whose it is, and nothing happens, nor is it in the audit."""
    for token in (tokens["access_token"], tokens["refresh_token"], "x", "a.b.c", "A" * 64):
        for client in (VOUCHER, KAMP, KAMP_MACHINE):
            assert revoke(provider, client, token).status_code == 200
    # A handle alone, with another secret behind it, ends nothing either.
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert revoke(provider, BIZINFO, token[:-8] + "AAAAAAAA").status_code == 200
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    assert provider.refresh(BIZINFO, tokens["refresh_token"]).status_code == 200
    assert not {"token.revoked", "grant.revoked"} & set(actions(provider))


def test_refuses_what_is_no_request_to_revoke(provider: Provider) -> None:
    """RFC 7009 §2.2.1: errors as at the token endpoint."""
    assert error(post(provider, "/oidc/revoke", BIZINFO, {})) == (400, "invalid_request")
    assert error(post(provider, "/oidc/revoke", Client("", "bizinfo", "", "wrong" * 8), {"token": "x"}))[0] == 401
    assert error(post(provider, "/oidc/revoke", Client("", "bizinfo", ""), {"token": "x"})) == (401, "invalid_client")
    assert provider.app.test_client().get("/oidc/revoke").status_code == 405


@pytest.mark.parametrize("path", ["/oidc/introspect", "/oidc/revoke"])
def test_says_when_to_come_again(provider: Provider, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """RFC 7009 §2.2.1: 503 with Retry-After: the client must take the token for good until it was told otherwise."""

    def away(*_keys: str) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(type(provider.house.store), "get_many", lambda _self, *keys: away(*keys))
    answered = post(provider, path, BIZINFO, {"token": "A" * 64})
    assert (answered.status_code, answered.headers["Retry-After"]) == (503, "5")


def test_publishes_where_it_is_asked(provider: Provider) -> None:
    """RFC 8414 §2, RFC 9701 §7, RFC 9449 §5.1."""
    said = provider.app.test_client().get("/.well-known/openid-configuration").get_json()
    assert said["introspection_endpoint"] == f"{ISSUER}/oidc/introspect"
    assert said["revocation_endpoint"] == f"{ISSUER}/oidc/revoke"
    assert "none" in said["revocation_endpoint_auth_methods_supported"]
    assert "none" not in said["introspection_endpoint_auth_methods_supported"]
    assert {"RS256", "PS256", "ES256", "EdDSA"} == set(said["introspection_signing_alg_values_supported"])
    assert {"PS256", "ES256", "EdDSA"} <= set(said["dpop_signing_alg_values_supported"])
    assert said["tls_client_certificate_bound_access_tokens"] is False
