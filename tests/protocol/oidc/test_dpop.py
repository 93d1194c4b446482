"""Tokens that are bound to a key: at the token endpoint, at renewal, and where they are used. RFC 9449."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from pydantic import ValidationError
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from tests.builders import a_house, a_person, agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import (
    AGENCIES,
    BIZINFO,
    KAMP,
    KAMP_MACHINE,
    VERIFIER,
    VOUCHER,
    Browser,
    Client,
    Provider,
    heard,
    request_of,
)
from tests.protocol.oidc.prover import Prover, at, new_key

TOKEN, USERINFO, LINKS = "/oidc/token", "/oidc/userinfo", "/agency/v1/links"
LASTING = "openid email offline_access"
MACHINE = {"grant_type": "client_credentials"}


@pytest.fixture
def prover(clock: FrozenClock) -> Prover:
    """A relying party with a key."""
    return Prover(clock)


def ask(provider: Provider, client: Client, proof: str | None, **form: str | None) -> TestResponse:
    """Post to the token endpoint with a proof."""
    headers = {} if client.basic is None else {"Authorization": client.basic}
    if proof is not None:
        headers["DPoP"] = proof
    sent = {"client_id": client.client_id if client.basic is None else None, **form}
    body = {name: value for name, value in sent.items() if value is not None}
    return provider.app.test_client(use_cookies=False).post(TOKEN, data=body, headers=headers)


def redeem(provider: Provider, client: Client, code: str, proof: str | None) -> TestResponse:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    return ask(provider, client, proof, **form, code_verifier=VERIFIER)


def renew(provider: Provider, client: Client, refresh_token: str, proof: str | None) -> TestResponse:
    return ask(provider, client, proof, grant_type="refresh_token", refresh_token=refresh_token)


def bound(provider: Provider, browser: Browser, prover: Prover, client: Client = VOUCHER, scope: str = "openid") -> Any:
    answered = redeem(provider, client, browser.code(client, scope=scope), prover.proof("POST", TOKEN))
    assert answered.status_code == 200, answered.text
    return answered.get_json()


def error(answered: TestResponse) -> tuple[int, str]:
    return answered.status_code, answered.get_json()["error"]


def is_dpop_challenge(answered: TestResponse, said: str = "invalid_token") -> bool:
    """RFC 9449 §7.1: the scheme, why, and which algorithms."""
    header = answered.headers["WWW-Authenticate"]
    return (
        answered.status_code == 401
        and header.startswith("DPoP realm=")
        and f'error="{said}"' in header
        and 'algs="PS256 ES256 EdDSA Ed25519"' in header
    )


@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
def test_gives_a_token_for_the_proven_key(provider: Provider, browser: Browser, clock: FrozenClock, alg: str) -> None:
    """RFC 9449 §5, §7.1; ensure-dpop-auth-code-binding-success: token_type DPoP, good with a proof of the key."""
    prover = Prover(clock, alg, new_key(alg))
    given = bound(provider, browser, prover)
    assert given["token_type"] == "DPoP"
    for method in ("GET", "POST"):
        answered = prover.use(provider.app, method, USERINFO, given["access_token"])
        assert answered.status_code == 200, answered.text
    assert provider.claims(given["id_token"], "RS256")["sub"] == answered.get_json()["sub"]


@pytest.mark.parametrize("scheme", ["dpop", "DPoP", "DPOP"])
def test_reads_the_scheme_in_any_case(provider: Provider, browser: Browser, prover: Prover, scheme: str) -> None:
    """access-token-type-header-case-sensitivity: RFC 9110 §11.1; the header's name too."""
    token = bound(provider, browser, prover)["access_token"]
    headers = {"AUTHORIZATION": f"{scheme} {token}", "DPOP": prover.proof("GET", USERINFO, token)}
    assert provider.app.test_client().get(USERINFO, headers=headers).status_code == 200


def test_goes_on_giving_bearer_tokens_to_who_proves_nothing(provider: Provider, browser: Browser) -> None:
    """RFC 9449 §5: the proof is the client's choice, unless it registered that it always comes."""
    given = provider.redeem(VOUCHER, browser.code(VOUCHER)).get_json()
    assert given["token_type"] == "Bearer"
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {given['access_token']}"}
        assert provider.app.test_client().get(USERINFO, headers=headers).status_code == 200


def test_refuses_a_bound_token_as_bearer(provider: Provider, browser: Browser, prover: Prover) -> None:
    """dpop-negative-tests, RFC 9449 §7.2: in the header and in the body, with a proof beside it or without."""
    token = bound(provider, browser, prover)["access_token"]
    assert is_dpop_challenge(provider.userinfo(token))
    assert is_dpop_challenge(prover.use(provider.app, "GET", USERINFO, token, scheme="Bearer"))
    for headers in ({}, {"DPoP": prover.proof("POST", USERINFO, token)}):
        in_body = provider.app.test_client().post(USERINFO, data={"access_token": token}, headers=headers)
        assert is_dpop_challenge(in_body)
    assert prover.use(provider.app, "GET", USERINFO, token).status_code == 200


def test_refuses_a_bearer_token_as_dpop(provider: Provider, browser: Browser, prover: Prover) -> None:
    """RFC 9449 §7.1: what is bound to nothing is not made better by a proof of any key."""
    token = provider.redeem(VOUCHER, browser.code(VOUCHER)).get_json()["access_token"]
    assert is_dpop_challenge(prover.use(provider.app, "GET", USERINFO, token))


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "POST"},
        {"htu": "http://127.0.0.1:8000/oidc/token"},
        {"ath": None},
        {"ath": "another"},
        {"iat": 1},
        {"jti": None},
        {"header": {"typ": "JWT"}},
        {"key": new_key()},
    ],
)
def test_refuses_a_bad_proof_where_a_token_is_used(
    provider: Provider, browser: Browser, prover: Prover, claims: dict[str, Any]
) -> None:
    """dpop-negative-tests: 401 at the resource; each kind of bad proof is in the unit's own tests."""
    token = bound(provider, browser, prover)["access_token"]
    answered = prover.use(provider.app, "GET", USERINFO, token, **claims)
    assert is_dpop_challenge(answered, "invalid_dpop_proof")
    assert error(answered) == (401, "invalid_dpop_proof")


def test_refuses_no_proof_two_proofs_and_another_key(
    provider: Provider, browser: Browser, prover: Prover, clock: FrozenClock
) -> None:
    """dpop-negative-tests: no proof, two headers, wrong key."""
    token = bound(provider, browser, prover)["access_token"]
    client = provider.app.test_client(use_cookies=False)
    authorization = {"Authorization": f"DPoP {token}"}
    assert is_dpop_challenge(client.get(USERINFO, headers=authorization))
    two = [*authorization.items(), *(("DPoP", prover.proof("GET", USERINFO, token)) for _ in range(2))]
    assert is_dpop_challenge(client.get(USERINFO, headers=two), "invalid_dpop_proof")
    assert is_dpop_challenge(Prover(clock).use(provider.app, "GET", USERINFO, token))
    empty = client.get(USERINFO, headers={**authorization, "DPoP": ""})
    assert is_dpop_challenge(empty, "invalid_dpop_proof")


def test_takes_a_proof_once(provider: Provider, browser: Browser, prover: Prover, clock: FrozenClock) -> None:
    """RFC 9449 §11.1, dpop-negative-tests (replayed jti): also after every other check would let it pass."""
    token = bound(provider, browser, prover)["access_token"]
    proof = prover.proof("GET", USERINFO, token, iat=int(clock.now().timestamp()) + 10)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    client = provider.app.test_client(use_cookies=False)
    assert client.get(USERINFO, headers=headers).status_code == 200
    for wait in (0, 30, 30, 9):
        clock.advance(timedelta(seconds=wait))
        assert is_dpop_challenge(client.get(USERINFO, headers=headers), "invalid_dpop_proof")


def test_lets_two_keys_use_one_jti(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9449 §4.2: `jti` is unique among its sender's proofs; another's must not be able to spend it."""
    for prover in (Prover(clock), Prover(clock)):
        code = browser.code(VOUCHER)
        assert redeem(provider, VOUCHER, code, prover.proof("POST", TOKEN, jti="the same")).status_code == 200


@pytest.mark.parametrize("claims", [{"htm": "GET"}, {"htu": "http://127.0.0.1:8000/oidc/userinfo"}, {"iat": 1}])
def test_refuses_a_bad_proof_at_the_token_endpoint(
    provider: Provider, browser: Browser, prover: Prover, claims: dict[str, Any]
) -> None:
    """RFC 9449 §5: invalid_dpop_proof, 400; the code is not lost by it."""
    code = browser.code(VOUCHER)
    assert error(redeem(provider, VOUCHER, code, prover.proof("POST", TOKEN, **claims))) == (400, "invalid_dpop_proof")
    proof = prover.proof("POST", TOKEN)
    assert redeem(provider, VOUCHER, code, proof).status_code == 200
    assert error(redeem(provider, VOUCHER, browser.code(VOUCHER), proof)) == (400, "invalid_dpop_proof")


def test_compares_the_address_with_our_own_name(provider: Provider, browser: Browser, prover: Prover) -> None:
    """RFC 9449 §4.3 no. 9: a `Host` header is the sender's word; a proof for that host proves nothing here."""
    headers = {"Host": "evil.example", "Authorization": str(VOUCHER.basic)}
    form = {"grant_type": "authorization_code", "redirect_uri": VOUCHER.redirect_uri, "code_verifier": VERIFIER}
    client = provider.app.test_client(use_cookies=False)
    for htu, status in (("http://evil.example/oidc/token", 400), ("HTTP://127.0.0.1:8000/oidc/token?x", 200)):
        proof = prover.proof("POST", TOKEN, htu=htu)
        data = {**form, "code": browser.code(VOUCHER)}
        assert client.post(TOKEN, data=data, headers={**headers, "DPoP": proof}).status_code == status


def test_binds_a_code_to_the_key_that_was_named(
    provider: Provider, browser: Browser, prover: Prover, clock: FrozenClock
) -> None:
    """RFC 9449 §10; ensure-token-endpoint-fails-with-mismatched-dpop-jkt: another key's proof or none is no good."""
    for proof in (None, Prover(clock).proof("POST", TOKEN)):
        code = browser.code(VOUCHER, dpop_jkt=prover.jkt)
        assert error(redeem(provider, VOUCHER, code, proof)) == (400, "invalid_grant")
    code = browser.code(VOUCHER, dpop_jkt=prover.jkt)
    assert redeem(provider, VOUCHER, code, prover.proof("POST", TOKEN)).get_json()["token_type"] == "DPoP"


@pytest.mark.parametrize("jkt", ["x", "x" * 44, "é" * 43, "+" * 43])
def test_refuses_what_is_no_thumbprint(provider: Provider, browser: Browser, jkt: str) -> None:
    """RFC 9449 §10: `dpop_jkt` is a base64url SHA-256."""
    assert browser.answer(VOUCHER, dpop_jkt=jkt)["error"] == "invalid_request"


def test_binds_the_refresh_token_of_a_public_client(
    provider: Provider, browser: Browser, prover: Prover, clock: FrozenClock
) -> None:
    """RFC 9449 §5: nothing else binds it; a thief without the key neither renews it nor ends it."""
    given = bound(provider, browser, prover, KAMP, LASTING)
    for proof in (None, Prover(clock).proof("POST", TOKEN)):
        assert error(renew(provider, KAMP, given["refresh_token"], proof)) == (400, "invalid_grant")
    again = renew(provider, KAMP, given["refresh_token"], prover.proof("POST", TOKEN)).get_json()
    assert again["token_type"] == "DPoP"
    assert prover.use(provider.app, "GET", USERINFO, again["access_token"]).status_code == 200


def test_lets_a_confidential_client_change_its_key(
    provider: Provider, browser: Browser, prover: Prover, clock: FrozenClock
) -> None:
    """RFC 9449 §5; refresh-token: its secret proves it, so a new key is fine and the token is the new one's."""
    given = bound(provider, browser, prover, BIZINFO, LASTING)
    other = Prover(clock, "EdDSA", new_key("EdDSA"))
    again = renew(provider, BIZINFO, given["refresh_token"], other.proof("POST", TOKEN)).get_json()
    assert other.use(provider.app, "GET", USERINFO, again["access_token"]).status_code == 200
    assert is_dpop_challenge(prover.use(provider.app, "GET", USERINFO, again["access_token"]))
    assert prover.use(provider.app, "GET", USERINFO, given["access_token"]).status_code == 200


@pytest.mark.parametrize("path", [LINKS, "/ssf/streams"])
def test_guards_the_machine_interfaces(provider: Provider, prover: Prover, clock: FrozenClock, path: str) -> None:
    """RFC 9449 §7: the agency API and the management of streams ask for the key of a bound token like userinfo does."""
    token = ask(provider, KAMP_MACHINE, prover.proof("POST", TOKEN), **MACHINE).get_json()
    assert token["token_type"] == "DPoP"
    value = token["access_token"]
    assert prover.use(provider.app, "GET", path, value, scheme="dpop").status_code == 200
    as_bearer = provider.app.test_client().get(path, headers={"Authorization": f"Bearer {value}"})
    assert is_dpop_challenge(as_bearer)
    assert is_dpop_challenge(Prover(clock).use(provider.app, "GET", path, value))
    assert is_dpop_challenge(prover.use(provider.app, "GET", path, value, htu=None), "invalid_dpop_proof")
    unbound = ask(provider, KAMP_MACHINE, None, **MACHINE).get_json()["access_token"]
    assert is_dpop_challenge(prover.use(provider.app, "GET", path, unbound))


@pytest.fixture
def with_nonces(house: House, keys_dir: Any, frozen_clock: FrozenClock) -> Provider:
    """A provider that demands nonces."""
    url = house.database.engine.url.render_as_string(hide_password=False)
    strict = a_house(url, keys_dir, frozen_clock, tokens={"dpop_nonces": True})
    register(strict, *AGENCIES)
    a_person(strict)
    return Provider(strict, create_app(strict.settings, instead=strict))


def test_tells_its_nonce_where_it_wants_one(with_nonces: Provider, prover: Prover, clock: FrozenClock) -> None:
    """RFC 9449 §8, §9: 400 at the token endpoint and 401 at a resource, both with `DPoP-Nonce`."""
    app: Flask = with_nonces.app
    code = with_nonces.browser().code(VOUCHER)
    pushed = push(with_nonces, prover.proof("POST", "/oidc/par"))
    assert error(pushed) == (400, "use_dpop_nonce")
    assert push(with_nonces, prover.proof("POST", "/oidc/par", nonce=pushed.headers["DPoP-Nonce"])).status_code == 201
    refused = redeem(with_nonces, VOUCHER, code, prover.proof("POST", TOKEN))
    assert error(refused) == (400, "use_dpop_nonce")
    assert "WWW-Authenticate" not in refused.headers
    nonce = refused.headers["DPoP-Nonce"]
    given = redeem(with_nonces, VOUCHER, code, prover.proof("POST", TOKEN, nonce=nonce)).get_json()
    token = given["access_token"]
    for wrong in (None, "x" * 32, ""):
        answered = prover.use(app, "GET", USERINFO, token, nonce=wrong)
        assert is_dpop_challenge(answered, "use_dpop_nonce")
        assert answered.headers["DPoP-Nonce"] == nonce
    assert prover.use(app, "GET", USERINFO, token, nonce=nonce).status_code == 200
    clock.advance(timedelta(minutes=3))
    assert prover.use(app, "GET", USERINFO, token, nonce=nonce).status_code == 200
    clock.advance(timedelta(minutes=3))
    late = prover.use(app, "GET", USERINFO, token, nonce=nonce)
    assert is_dpop_challenge(late, "use_dpop_nonce")
    assert late.headers["DPoP-Nonce"] != nonce


def test_asks_no_nonce_of_bearers(with_nonces: Provider) -> None:
    """RFC 9449 §8: it is part of proofs; who sends none is not told."""
    given = with_nonces.redeem(VOUCHER, with_nonces.browser().code(VOUCHER)).get_json()
    answered = with_nonces.userinfo(given["access_token"])
    assert answered.status_code == 200
    assert "DPoP-Nonce" not in answered.headers


def test_gives_nothing_without_a_proof_where_that_is_registered(
    provider: Provider, browser: Browser, prover: Prover
) -> None:
    """RFC 9449 §5.2, ensure-holder-of-key-required: `dpop_bound_access_tokens`; the code is not lost by it."""
    fields = {"redirect_uris": [BIZINFO.redirect_uri], "client_secret": BIZINFO.secret}
    grants = ["authorization_code", "client_credentials"]
    scope = "openid links.read"
    strict = party("bizinfo", **fields, scope=scope, grant_types=grants, dpop_bound_access_tokens=True)
    register(provider.house, agency("bizinfo", strict))
    code = browser.code(BIZINFO)
    assert error(redeem(provider, BIZINFO, code, None)) == (400, "invalid_dpop_proof")
    assert redeem(provider, BIZINFO, code, prover.proof("POST", TOKEN)).get_json()["token_type"] == "DPoP"
    assert error(ask(provider, BIZINFO, None, **MACHINE)) == (400, "invalid_dpop_proof")
    given = ask(provider, BIZINFO, prover.proof("POST", TOKEN), **MACHINE).get_json()
    assert prover.use(provider.app, "GET", LINKS, given["access_token"]).status_code == 200


def push(provider: Provider, proof: str | None, **parameters: str) -> TestResponse:
    """Push a request of the voucher system's."""
    headers = {"Authorization": str(VOUCHER.basic), **({} if proof is None else {"DPoP": proof})}
    form = request_of(VOUCHER, **parameters)
    return provider.app.test_client(use_cookies=False).post("/oidc/par", data=form, headers=headers)


def code_of(browser: Browser, pushed: TestResponse) -> str:
    """Sign in by what was pushed."""
    assert pushed.status_code == 201, pushed.text
    query = urlencode({"client_id": VOUCHER.client_id, "request_uri": pushed.get_json()["request_uri"]})
    return heard(browser.pages(browser.client.get(f"/oidc/authorize?{query}")), VOUCHER)["code"]


@pytest.mark.parametrize("by", ["a proof", "dpop_jkt", "both"])
def test_binds_the_code_of_a_pushed_request(
    provider: Provider, browser: Browser, prover: Prover, clock: FrozenClock, by: str
) -> None:
    """RFC 9449 §10.1; ensure-dpopproof-at-par-endpoint-binding-success, and -fails-with-mismatched-dpop-proof-jkt."""
    for key, status in ((Prover(clock), 400), (prover, 200)):
        proof = None if by == "dpop_jkt" else prover.proof("POST", "/oidc/par")
        named = {} if by == "a proof" else {"dpop_jkt": prover.jkt}
        code = code_of(browser, push(provider, proof, **named))
        assert redeem(provider, VOUCHER, code, key.proof("POST", TOKEN)).status_code == status


def test_refuses_a_pushed_request_that_names_another_key(provider: Provider, prover: Prover) -> None:
    """RFC 9449 §10.1, ensure-mismatched-dpop-jkt-fails."""
    refused = push(provider, prover.proof("POST", "/oidc/par"), dpop_jkt="x" * 43)
    assert error(refused) == (400, "invalid_request")


@pytest.mark.parametrize(("seconds", "status"), [(-10, 201), (10, 201), (-3600, 400), (3600, 400)])
def test_weighs_the_time_of_a_proof_at_par(provider: Provider, prover: Prover, seconds: int, status: int) -> None:
    """ensure-dpopproof-with-iat-10seconds-before/-after-succeeds, at PAR too."""
    proof = prover.proof("POST", "/oidc/par", iat=at(prover.clock, seconds))
    answered = push(provider, proof)
    assert answered.status_code == status
    assert status == 201 or error(answered) == (400, "invalid_dpop_proof")


def test_lets_a_machine_client_register_that_it_always_proves(provider: Provider, prover: Prover) -> None:
    """RFC 9449 §5.2: a machine client of its own too, whatever its relying party signs members in by."""
    machine = {"client_secret": KAMP_MACHINE.secret, "scope": "links.read", "dpop_bound_access_tokens": True}
    register(provider.house, agency("kamp", party("kamp", machine_client=machine)))
    assert error(ask(provider, KAMP_MACHINE, None, **MACHINE)) == (400, "invalid_dpop_proof")
    given = ask(provider, KAMP_MACHINE, prover.proof("POST", TOKEN), **MACHINE).get_json()
    assert prover.use(provider.app, "GET", LINKS, given["access_token"]).status_code == 200
    both = {**machine, "tls_client_certificate_bound_access_tokens": True}
    with pytest.raises(ValidationError, match="not by both"):
        register(provider.house, agency("kamp", party("kamp", machine_client=both)))
