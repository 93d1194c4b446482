"""Clients that prove themselves by a JWT they signed. RFC 7523 §3, OpenID Connect Core §9.

Assertions are made by PyJWT, Authlib and joserfc.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import (
    ASSERTION_TYPE,
    SIGNERS,
    Signer,
    by_keys,
    call,
    claims,
    hs256,
    push,
    refused,
    registered,
)
from tests.protocol.oidc.lab import VOUCHER, Browser, Client, Provider
from tests.races import race

ISSUER = "http://127.0.0.1:8000"
TOKEN, PAR = f"{ISSUER}/oidc/token", f"{ISSUER}/oidc/par"
SIGNS = Client("signs", "signs", "https://signs.example/callback")
FAPI = {
    "profile": "fapi2_security",
    "dpop_bound_access_tokens": True,
    "id_token_signed_response_alg": "PS256",
    "require_pkce": True,
}


@pytest.mark.parametrize("alg", SIGNERS)
def test_takes_what_strangers_sign(provider: Provider, alg: str) -> None:
    """OpenID Connect Core §9: `private_key_jwt` by every algorithm of ours."""
    signer = SIGNERS[alg]()
    registered(provider, signer)
    assert call(provider, signer.sign(claims(provider, "signs"))).status_code == 200


def test_signs_members_in(provider: Provider, browser: Browser, signer: Signer) -> None:
    """oidcc-server with `private_key_jwt`: the code is redeemed as by any other client."""
    registered(provider, signer)
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signer.sign(claims(provider, "signs"))}
    answered = provider.redeem(SIGNS, browser.code(SIGNS), **form)
    assert answered.status_code == 200
    assert provider.claims(answered.get_json()["id_token"], "RS256")["aud"] == "signs"


def test_takes_what_authlib_signs(provider: Provider, signer: Signer) -> None:
    """RFC 7523 §2.2, by a client library: `exp` an hour ahead, `aud` the token endpoint."""
    registered(provider, signer)
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    now = int(provider.house.clock.now().timestamp())
    key = RSAKey.import_key(pem)
    assertion = private_key_jwt_sign(key, "signs", TOKEN, alg="RS256", claims={"iat": now, "exp": now + 3600})
    assert call(provider, assertion.decode() if isinstance(assertion, bytes) else assertion).status_code == 200


def test_takes_what_joserfc_signs(provider: Provider, signer: Signer) -> None:
    """RFC 7515, by a third library; without `kid`, where one key fits (§4.1.4)."""
    registered(provider, signer)
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    payload = json.dumps(claims(provider, "signs"))
    assertion = jws.serialize_compact({"alg": "RS256"}, payload, RSAKey.import_key(pem))
    assert call(provider, assertion).status_code == 200


@pytest.mark.parametrize("aud", [ISSUER, TOKEN, [ISSUER], [TOKEN], [TOKEN, ISSUER], ["https://other.example", TOKEN]])
def test_takes_issuer_and_endpoint_as_audience(provider: Provider, signer: Signer, aud: Any) -> None:
    """oidcc-ensure-client-assertion-with-iss-aud-succeeds; OpenID Connect Core §9: SHOULD be the token endpoint."""
    registered(provider, signer)
    assert call(provider, signer.sign(claims(provider, "signs", aud=aud))).status_code == 200


@pytest.mark.parametrize(
    "aud",
    [
        None, "", "https://other.example", f"{ISSUER}/", f"{ISSUER}/oidc/authorize", ISSUER.upper(), "signs", [],
        [[ISSUER]],
        {"0": ISSUER}, 1, True, [ISSUER, 1], [None, ISSUER], [f"https://{n}.example" for n in range(10)] + [ISSUER],
    ],
)  # fmt: skip
def test_refuses_what_is_for_somebody_else(provider: Provider, signer: Signer, aud: Any) -> None:
    """RFC 7523 §3: `aud` MUST identify us. fapi2: ensure-client-assertion-with-wrong-aud-fails."""
    registered(provider, signer)
    said = claims(provider, "signs", aud="x")
    said["aud"] = aud
    assert "aud" in refused(call(provider, signer.sign(said)))
    said.pop("aud")
    assert "aud" in refused(call(provider, signer.sign(said)))


@pytest.mark.parametrize("aud", [[ISSUER], [ISSUER, TOKEN], TOKEN, f"{ISSUER}/oidc/par"])
def test_takes_only_the_issuer_from_a_client_of_a_profile(provider: Provider, aud: Any) -> None:
    """fapi2: par-test-array-as-audience-fails, par-test-par-endpoint-url-as-audience-fails and
    par-test-token-endpoint-url-as-audience-fails; FAPI 2.0 Security Profile §5.3.2.1."""
    signer = Signer.ec()
    registered(provider, signer, **FAPI)
    assert "aud" in refused(call(provider, signer.sign(claims(provider, "signs", aud=aud))))
    assert call(provider, signer.sign(claims(provider, "signs"))).get_json().get("error") != "invalid_client"


def test_is_as_strict_where_requests_are_pushed(provider: Provider) -> None:
    """fapi2, at `/oidc/par`: par-test-array-as-audience-fails, par-test-par-endpoint-url-as-audience-fails,
    par-test-token-endpoint-url-as-audience-fails,
    par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted,
    par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails.
    """
    signer = Signer.ec()
    registered(provider, signer, **FAPI)
    now = int(provider.house.clock.now().timestamp())
    for wrong in (
        {"aud": [ISSUER]},
        {"aud": PAR},
        {"aud": TOKEN},
        {"nbf": now + 61},
        {"iat": now + 61},
        {"exp": now - 300},
    ):
        assert refused(push(provider, "signs", signer.sign(claims(provider, "signs", **wrong))))
    for right in ({}, {"nbf": now + 8}, {"iat": now + 8}):
        assertion = signer.sign(claims(provider, "signs", **right))
        assert push(provider, "signs", assertion).status_code == 201
        assert refused(push(provider, "signs", assertion))


def test_takes_the_endpoint_that_is_called_as_audience(provider: Provider, signer: Signer) -> None:
    """RFC 9126 §2: a client without a profile may name issuer, token endpoint or the endpoint itself."""
    registered(provider, signer)
    for aud in (ISSUER, TOKEN, PAR):
        assert push(provider, "signs", signer.sign(claims(provider, "signs", aud=aud))).status_code == 201
    assert refused(call(provider, signer.sign(claims(provider, "signs", aud=PAR))))


def test_spends_an_assertion_for_every_endpoint(provider: Provider, signer: Signer) -> None:
    """OpenID Connect Core §9: once, wherever: one that was pushed redeems no code."""
    registered(provider, signer)
    assertion = signer.sign(claims(provider, "signs"))
    assert push(provider, "signs", assertion).status_code == 201
    assert "before" in refused(call(provider, assertion))


def test_refuses_weaker_algorithms_of_a_client_of_a_profile(provider: Provider, signer: Signer) -> None:
    """fapi2: ensure-signed-client-assertion-with-RS256-fails."""
    registered(provider, signer, **FAPI)
    assert refused(call(provider, signer.sign(claims(provider, "signs")))) == "client authentication failed"
    same_key = Signer(signer.key, "PS256", signer.kid)
    assert call(provider, same_key.sign(claims(provider, "signs"))).get_json().get("error") != "invalid_client"


@pytest.mark.parametrize(
    ("seconds", "good"),
    [
        ({"exp": 60}, True),
        ({"exp": -9}, True),
        ({"exp": -11}, False),
        ({"exp": -300}, False),
        ({"exp": 3600}, True),
        ({"exp": 3700}, False),
        ({"exp": 10**10}, False),
        ({"nbf": 8}, True),
        ({"nbf": 61}, False),
        ({"iat": 8}, True),
        ({"iat": 61}, False),
        ({"iat": -7200}, True),
        ({"iat": 0, "nbf": 0}, True),
    ],
)
def test_is_strict_about_time(provider: Provider, signer: Signer, seconds: dict[str, int], good: bool) -> None:
    """RFC 7523 §3. fapi2: ensure-client-assertion-with-exp-is-5-minutes-in-past-fails,
    par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted,
    par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails.
    """
    registered(provider, signer)
    now = int(provider.house.clock.now().timestamp())
    said = claims(provider, "signs", **{name: now + offset for name, offset in seconds.items()})
    answered = call(provider, signer.sign(said))
    assert answered.status_code == 200 if good else refused(answered)


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["1800000000", True, -1, 1e300, [1], {}, None])
def test_refuses_times_that_are_none(provider: Provider, signer: Signer, name: str, value: Any) -> None:
    """RFC 7519 §2: NumericDate is a number, and no string of digits."""
    registered(provider, signer)
    said = claims(provider, "signs")
    said[name] = value
    body = json.dumps(said)
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assertion = jws.serialize_compact({"alg": "RS256", "kid": "k1"}, body, RSAKey.import_key(pem))
    assert "client_assertion" in refused(call(provider, assertion))


@pytest.mark.parametrize(
    "fields",
    [
        {"sub": None},
        {"iss": None},
        {"iss": VOUCHER.client_id},
        {"sub": VOUCHER.client_id},
        {"iss": "nobody", "sub": "nobody"},
        {"sub": ""},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 256},
        {"exp": None},
    ],
)
def test_refuses_claims_that_do_not_say_who_and_once(
    provider: Provider, signer: Signer, fields: dict[str, Any]
) -> None:
    """fapi2: ensure-client-assertion-with-no-sub-fails. RFC 7523 §3, OpenID Connect Core §9: iss, sub, jti, exp."""
    registered(provider, signer)
    assert refused(call(provider, signer.sign(claims(provider, "signs", **fields))))


def test_refuses_claims_of_another_type(provider: Provider, signer: Signer) -> None:
    """RFC 8725 §3.11: PyJWT will not make these; a forger does."""
    registered(provider, signer)
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for fields in ({"sub": ["signs"]}, {"iss": {"signs": 1}}, {"jti": 7}, {"jti": ["a"]}, {"sub": 1}):
        body = json.dumps({**claims(provider, "signs"), **fields})
        assert refused(call(provider, jws.serialize_compact({"alg": "RS256"}, body, RSAKey.import_key(pem))))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"])
def test_takes_the_types_of_assertions(provider: Provider, signer: Signer, typ: str) -> None:
    """RFC 7515 §4.1.9: with `application/` or without, in any case."""
    registered(provider, signer)
    assert call(provider, signer.sign(claims(provider, "signs"), typ=typ)).status_code == 200


@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "dpop+jwt", "at+jwt", "onepass-conversion+jwt", "logout+jwt"])
def test_refuses_what_the_same_key_signed_for_another_use(provider: Provider, signer: Signer, typ: str) -> None:
    """RFC 8725 §3.11, RFC 9101 §10.8: a request object must not pass for an assertion."""
    registered(provider, signer)
    assert "typ" in refused(call(provider, signer.sign(claims(provider, "signs"), typ=typ)))


def test_spends_an_assertion(provider: Provider, signer: Signer, clock: FrozenClock) -> None:
    """OpenID Connect Core §9: `jti` only once; remembered as long as the assertion is good."""
    registered(provider, signer)
    assertion = signer.sign(claims(provider, "signs"))
    assert call(provider, assertion).status_code == 200
    assert "before" in refused(call(provider, assertion))
    clock.advance(timedelta(seconds=69))
    assert "before" in refused(call(provider, assertion))
    clock.advance(timedelta(seconds=1))
    assert "expired" in refused(call(provider, assertion))


def test_spends_an_assertion_among_racers_once(provider: Provider, signer: Signer) -> None:
    """Architecture §11.1: sixteen racers, one winner."""
    registered(provider, signer)
    assertion = signer.sign(claims(provider, "signs"))
    answers = race(lambda _: call(provider, assertion).status_code, 16)
    assert sorted(answers) == [200] + [401] * 15


def test_keeps_the_jtis_of_clients_apart(provider: Provider, signer: Signer) -> None:
    """Whoever knows another's `jti` cannot spend it for them."""
    register(
        provider.house,
        agency("signs", party("signs", **by_keys(jwks=signer.jwks)), party("too", **by_keys(jwks=signer.jwks))),
    )
    for client_id in ("signs", "too"):
        assert call(provider, signer.sign(claims(provider, client_id, jti="the same"))).status_code == 200


def test_does_not_spend_what_it_refuses(provider: Provider, signer: Signer) -> None:
    """A stranger who guesses a `jti` does not lock its client out."""
    registered(provider, signer)
    said = claims(provider, "signs", jti="guessed")
    assert refused(call(provider, Signer.rsa().sign(said)))
    assert call(provider, signer.sign(said)).status_code == 200


@pytest.mark.parametrize("kind", [None, "", "jwt-bearer", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
def test_takes_no_other_type_of_assertion(provider: Provider, signer: Signer, kind: str | None) -> None:
    """RFC 7521 §4.2."""
    registered(provider, signer)
    answered = call(provider, signer.sign(claims(provider, "signs")), client_assertion_type=kind)
    assert "client_assertion_type" in refused(answered)


def test_refuses_an_assertion_that_is_missing(provider: Provider, signer: Signer) -> None:
    """fapi2: ensure-client-assertion-in-token-endpoint."""
    registered(provider, signer)
    assert refused(call(provider, None))
    assert refused(call(provider, None, client_assertion_type=None, client_id="signs"))


def test_refuses_the_name_of_another_client(provider: Provider, signer: Signer) -> None:
    """fapi2: ensure-client-id-in-token-endpoint. RFC 7521 §4.2: `client_id` must identify the same client."""
    registered(provider, signer)
    assert "client_id" in refused(call(provider, signer.sign(claims(provider, "signs")), client_id=VOUCHER.client_id))
    assert call(provider, signer.sign(claims(provider, "signs")), client_id="signs").status_code == 200


def test_refuses_two_methods_at_once(provider: Provider, signer: Signer) -> None:
    """RFC 6749 §2.3: 400 `invalid_request`."""
    registered(provider, signer)
    assertion = signer.sign(claims(provider, "signs"))
    answered = call(provider, assertion, client_secret="x" * 40)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")
    assert VOUCHER.basic is not None
    answered = provider.app.test_client(use_cookies=False).post(
        "/oidc/token", data={"client_assertion": assertion}, headers={"Authorization": VOUCHER.basic}
    )
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")
    assert call(provider, assertion).status_code == 200


def test_takes_no_assertion_from_a_client_of_another_method(provider: Provider, signer: Signer) -> None:
    """OpenID Registration §2: `token_endpoint_auth_method` is the one it will use; keys it has for other ends."""
    fields = by_keys(jwks=signer.jwks, client_secret="S" * 43, token_endpoint_auth_method="client_secret_basic")
    register(provider.house, agency("signs", party("signs", **fields)))
    assert refused(call(provider, signer.sign(claims(provider, "signs")))) == "client authentication failed"
    assert VOUCHER.secret is not None
    assert refused(call(provider, hs256(VOUCHER.secret, claims(provider, VOUCHER.client_id))))


def test_takes_no_secret_from_a_client_that_signs(provider: Provider, signer: Signer) -> None:
    """The stronger method is not one of two ways in."""
    registered(provider, signer)
    for form in ({"client_secret": ""}, {"client_secret": "x"}, {}):
        answered = provider.token(Client("signs", "signs", ""), grant_type="client_credentials", **form)
        assert refused(answered)
