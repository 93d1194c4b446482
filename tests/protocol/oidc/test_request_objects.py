"""Signed authorization requests, by value and pushed. RFC 9101, OpenID Connect Core §6."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import CHALLENGE, VOUCHER, Browser, Provider, heard, is_a_page, request_of
from tests.protocol.oidc.signing_party import (
    ED,
    ISSUER,
    JWKS,
    KEYS,
    RSA,
    SIGNER,
    STRANGERS,
    TYP,
    ask,
    by_hand,
    claims,
    keyed,
    push,
    signed,
    signer,
)


@pytest.fixture
def provider(provider: Provider) -> Provider:
    """The provider, with a relying party that signs."""
    register(provider.house, signer())
    return provider


def refused(provider: Provider, browser: Browser, request: str) -> str:
    """What a bad object is told to its server; a browser that brings it sees a page, for want of an address."""
    answer = push(provider, request=request)
    assert answer.status_code == 400, answer.text
    assert is_a_page(ask(browser, request=request), 400)
    said = answer.get_json()
    assert said["error_description"].isascii()
    return str(said["error"])


@pytest.mark.parametrize("alg", KEYS)
def test_takes_what_a_client_signed(provider: Provider, browser: Browser, clock: FrozenClock, alg: str) -> None:
    """RFC 9101 §5.1, RFC 7518 §3.1, RFC 8037 §3.1: nothing beside client_id and request is needed."""
    members = heard(browser.pages(ask(browser, request=signed(claims(clock), alg))), SIGNER)
    assert members.keys() == {"code", "state", "iss"}
    assert members["state"] == "a state"
    assert provider.redeem(SIGNER, members["code"]).status_code == 200


@pytest.mark.parametrize("typ", [TYP, "application/oauth-authz-req+jwt", "OAuth-Authz-Req+JWT", "JWT", None])
def test_takes_every_name_of_its_type(
    provider: Provider, browser: Browser, clock: FrozenClock, typ: str | None
) -> None:
    """RFC 9101 §10.8.1, RFC 7515 §4.1.9; OpenID Connect Core §6.1 knows no type."""
    assert "code" in heard(browser.pages(ask(browser, request=signed(claims(clock), typ=typ))), SIGNER)


def test_needs_no_kid(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 7515 §4.1.4: kid is optional."""
    assert "code" in heard(browser.pages(ask(browser, request=signed(claims(clock), kid=None))), SIGNER)


def test_needs_no_times_and_no_names_of_a_plain_client(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """RFC 9101 §4, OpenID Connect Core §6.1: iss and aud SHOULD be there, exp and nbf may."""
    bare = claims(clock, iss=None, aud=None, nbf=None, exp=None, client_id=None)
    assert "code" in heard(browser.pages(ask(browser, request=signed(bare))), SIGNER)


def test_reads_numbers_and_objects(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9101 §4, OpenID Connect Core §6.1: max_age is a JSON number there and claims an object."""
    browser.code(SIGNER)
    essential = {"id_token": {"acr": {"essential": True, "value": "urn:onepass:acr:3"}}}
    answer = ask(browser, request=signed(claims(clock, claims=essential, prompt="none", max_age=10000)))
    assert heard(answer, SIGNER)["error"] in {"login_required", "unmet_authentication_requirements"}
    clock.advance(timedelta(seconds=20))
    answer = ask(browser, request=signed(claims(clock, max_age=5, prompt="none")))
    assert heard(answer, SIGNER)["error"] == "login_required"


def test_lets_nothing_beside_the_object_count(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9101 §6.3, fapi2-security-profile-final-state-only-outside-request-object-not-used,
    oidcc-ensure-request-object-with-redirect-uri: the address inside wins."""
    request = signed(claims(clock, state=None))
    beside = {"state": "outer", "scope": "openid email", "redirect_uri": "https://evil.example/", "prompt": "none"}
    assert heard(browser.pages(ask(browser, request=request, **beside)), SIGNER).keys() == {"code", "iss"}
    for name in ("redirect_uri", "response_type", "code_challenge"):
        request = signed(claims(clock, **{name: None}))
        answer = ask(browser, request=request, **request_of(SIGNER))
        if name == "redirect_uri":
            assert is_a_page(answer, 400)
        else:
            assert heard(answer, SIGNER)["error"] == "invalid_request"


def test_refuses_two_response_types(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """OpenID Connect Core §6.1: response_type outside must be the one inside."""
    answer = ask(browser, request=signed(claims(clock)), response_type="id_token")
    assert heard(answer, SIGNER) == {
        "error": "invalid_request",
        "error_description": "response_type differs from the request object",
        "state": "a state",
        "iss": ISSUER,
    }


def test_refuses_an_object_and_a_reference(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9101 §5: request and request_uri MUST NOT be used together."""
    both = {"request": signed(claims(clock)), "request_uri": "https://signer.example/request.jwt"}
    assert is_a_page(ask(browser, **both), 400)
    assert heard(ask(browser, **both, **request_of(SIGNER)), SIGNER)["error"] == "invalid_request"


def test_tells_an_address_beside_the_object_what_is_wrong_with_it(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """RFC 6749 §4.1.2.1, RFC 9101 §7: as of a plain request, where that is one of this client."""
    bad = signed(claims(clock), key=STRANGERS)
    answer = heard(ask(browser, request=bad, **request_of(SIGNER)), SIGNER)
    assert answer["error"] == "invalid_request_object"
    assert answer["state"] == "a state"
    elsewhere = request_of(SIGNER, redirect_uri="https://evil.example/")
    assert is_a_page(ask(browser, request=bad, **elsewhere), 400)


def test_takes_no_unsigned_object(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported and
    fapi2-security-profile-final-ensure-request-object-signature-algorithm-is-not-none."""
    for signature in (b"", b"x"):
        unsigned = by_hand({"alg": "none", "typ": TYP}, claims(clock), signature)
        assert heard(ask(browser, request=unsigned, **request_of(SIGNER)), SIGNER)["error"] == "request_not_supported"
        assert refused(provider, browser, unsigned) == "invalid_request_object"
    for alg in ("None", "NONE", "nOnE", ""):
        assert refused(provider, browser, by_hand({"alg": alg}, claims(clock))) == "invalid_request_object"


def test_takes_no_other_algorithm_than_is_registered(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """OpenID Connect Registration §2: request_object_signing_alg is then the only one."""
    register(provider.house, signer(request_object_signing_alg="ES256"))
    assert refused(provider, browser, signed(claims(clock), "PS256")) == "invalid_request_object"
    assert push(provider, request=signed(claims(clock), "ES256")).status_code == 201


def test_takes_no_key_for_another_kind(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 8725 §2.1, §3.1: the public key is no secret, and the secret signs no request object."""
    public = json.dumps(JWKS["keys"][0]).encode()
    pem = RSA.as_pem(private=False)
    for secret in (public, pem, (SIGNER.secret or "").encode()):
        forged = keyed(claims(clock), secret)
        assert refused(provider, browser, forged) == "invalid_request_object"
    mixed = by_hand({"alg": "ES256", "kid": "rsa"}, claims(clock), b"\x00" * 64)
    assert refused(provider, browser, mixed) == "invalid_request_object"


def test_takes_only_keys_that_the_client_registered(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 7515 §10.7, RFC 8725 §3.5; fapi2-security-profile-final-ensure-matching-key-in-authorization-request and
    -ensure-request-object-with-invalid-signature-fails."""
    public = STRANGERS.as_dict(private=False)
    for header in (
        {},
        {"kid": "unknown"},
        {"kid": None},
        {"jwk": public},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/x5u"},
        {"x5c": ["MIIB"]},
    ):
        forged = signed(claims(clock), key=STRANGERS, **header)
        assert refused(provider, browser, forged) == "invalid_request_object", header
    genuine = signed(claims(clock), "EdDSA")
    head, body, signature = genuine.split(".")
    other = signed(claims(clock, scope="openid email"), "EdDSA").split(".")[1]
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    for forged in (f"{head}.{other}.{signature}", f"{head}.{body}.{flipped}", f"{head}.{body}."):
        assert refused(provider, browser, forged) == "invalid_request_object"
    # A right signature with a key of the client's, but an extension that we would have to understand.
    extensions: tuple[dict[str, Any], ...] = ({"jwk": ED.as_dict(private=False)}, {"b64": False, "crit": ["b64"]})
    for extension in extensions:
        head = by_hand({"alg": "EdDSA", "kid": "ed", **extension}, b"{}").split(".")[0]
        assert refused(provider, browser, f"{head}.{body}.{signature}") == "invalid_request_object"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "voucher"},
        {"iss": None, "client_id": "voucher"},
        {"client_id": "voucher:100%+1"},
        {"sub": "signer"},
        {"aud": "https://other.example"},
        {"aud": ISSUER + "/"},
        {"aud": [ISSUER + "/oidc/authorize"]},
        {"aud": {"a": ISSUER}},
        {"aud": [[ISSUER]]},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**400},
        {"nbf": 10**10},
        {"iat": 10**10},
        {"request": "x"},
        {"request_uri": "https://signer.example/request.jwt"},
        {"state": "\x00"},
        {"state": "\ud800"},
        {"max_age": 1.5},
    ],
)
def test_refuses_what_a_request_object_may_not_say(
    provider: Provider, browser: Browser, clock: FrozenClock, changed: dict[str, Any]
) -> None:
    """RFC 9101 §4, §6.3, §10.8; RFC 7519 §4.1."""
    assert refused(provider, browser, signed(claims(clock, **changed))) == "invalid_request_object"


def test_refuses_what_is_no_token(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 8725 §3.11, RFC 7493 §2.3: another kind of token, two readings of one, and what would cost us much."""
    body = signed(claims(clock)).split(".")[1]
    genuine = json.dumps(claims(clock)).encode()
    doubled = genuine[:-1] + b', "state": "another"}'
    for broken in (
        "x",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        f"{body}.{body}",
        "한글.한글.한글",
        "A" * 16_000,
        by_hand(b'{"alg": "PS256", "alg": "none"}', genuine),
        by_hand({"alg": ["PS256"]}, genuine),
        by_hand({"alg": "PS256", "kid": 1}, genuine),
        signed(doubled),
        signed(b"[" * 5000),
        signed(b'{"claims":' + b"[" * 900 + b"]" * 900 + b"}"),
        signed(b'"text"'),
        signed(b"\xff\xfe"),
        signed(signed(claims(clock)).encode(), cty="JWT"),
        signed(claims(clock), typ="logout+jwt"),
        signed(claims(clock), typ="client-authentication+jwt"),
        signed(claims(clock), typ="dpop+jwt"),
        signed(claims(clock, padding="x" * 12_000)) + "A",
    ):
        assert refused(provider, browser, broken) in {"invalid_request_object", "invalid_request"}, broken[:40]


def test_tells_whoever_encrypts_that_we_do_not_decrypt(provider: Provider) -> None:
    """RFC 9101 §6.1."""
    answer = push(provider, request="a.b.c.d.e").get_json()
    assert answer["error_description"] == "encrypted request objects are not supported"


def test_belongs_to_the_client_that_comes_with_it(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9101 §5: client_id outside MUST match; and VOUCHER has no keys at all."""
    request = signed(claims(clock))
    assert is_a_page(ask(browser, VOUCHER, request=request), 400)
    answer = push(provider, VOUCHER, request=request)
    assert answer.get_json()["error"] == "invalid_request_object"
    assert push(provider, request=request, client_id=VOUCHER.client_id).status_code == 401


def test_is_answered_once_where_it_names_itself_and_ends_soon(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """RFC 7519 §4.1.7, RFC 9101 §10.2: looked at twice, answered once; without jti it is no more than a plain one."""
    request = signed(claims(clock, jti="one"))
    begun = ask(browser, request=request)
    assert "code" in heard(browser.pages(ask(browser, request=request)), SIGNER)
    assert is_a_page(ask(browser, request=request), 400)
    assert is_a_page(browser.pages(begun), 400)
    for again in (signed(claims(clock)), signed(claims(clock, jti="a", exp=int(clock.now().timestamp()) + 9000))):
        assert "code" in heard(ask(browser, request=again), SIGNER)
        assert "code" in heard(ask(browser, request=again), SIGNER)


def test_is_pushed_once_where_it_names_itself(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 7519 §4.1.7: nor pushed and then brought by a browser; a refusal for something else spends nothing."""
    mended = signed(claims(clock, jti="two"))
    assert push(provider, request=signed(claims(clock, jti="two", code_challenge=None))).status_code == 400
    assert push(provider, request=mended).status_code == 201
    assert push(provider, request=mended).get_json()["error"] == "invalid_request_object"
    assert is_a_page(ask(browser, request=mended), 400)


def test_can_be_pushed(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9126 §3: only the parameters in the object count, there too."""
    answer = push(provider, request=signed(claims(clock)), state="outer", scope="openid email", client_id="signer")
    request_uri = answer.get_json()["request_uri"]
    assert heard(browser.pages(ask(browser, request_uri=request_uri)), SIGNER)["state"] == "a state"


def test_can_be_demanded(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9101 §10.5, fapi2-security-profile-final-ensure-unsigned-request-at-par-endpoint-fails."""
    register(provider.house, signer(require_signed_request_object=True))
    assert heard(ask(browser, **request_of(SIGNER)), SIGNER)["error"] == "invalid_request"
    assert push(provider, **request_of(SIGNER)).get_json()["error"] == "invalid_request"
    assert "code" in heard(browser.pages(ask(browser, request=signed(claims(clock)))), SIGNER)


def test_is_weighed_like_any_request(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9101 §6.3: what is signed is not for that reason allowed."""
    for changed, error in (
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"registration": {"client_name": "x"}}, "registration_not_supported"),
    ):
        request = signed(claims(clock, **changed))
        assert push(provider, request=request).get_json()["error"] == error
        assert heard(ask(browser, request=request), SIGNER)["error"] == error
    elsewhere = signed(claims(clock, redirect_uri="https://evil.example/"))
    assert push(provider, request=elsewhere).get_json()["error"] == "invalid_request"
    assert is_a_page(ask(browser, request=elsewhere), 400)


def test_comes_by_post_as_well(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """OpenID Connect Core §3.1.2.1: both methods."""
    form = {"client_id": "signer", "request": signed(claims(clock))}
    answer = browser.client.post("/oidc/authorize", data=form)
    assert "code" in heard(browser.pages(answer), SIGNER)


def test_is_too_long_for_an_address_only_where_it_is_posted(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """RFC 9110 §4.1: what a proxy would send back unread is answered here; pushing takes it."""
    long = signed(claims(clock, padding="x" * 7000))
    assert is_a_page(browser.client.post("/oidc/authorize", data={"client_id": "signer", "request": long}), 400)
    assert push(provider, request=long).status_code == 201


def test_says_on_the_page_what_was_wrong(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """Architecture §11.8: that the object cannot be believed, not that there is no address in it."""
    page = ask(browser, request=signed(claims(clock), key=STRANGERS))
    assert "로그인 요청을 확인할 수 없습니다" in page.text
    assert "등록하지 않은 주소" not in page.text


def test_says_what_it_takes(browser: Browser) -> None:
    """OpenID Connect Discovery §3, RFC 9101 §9: signed objects and no unsigned ones."""
    metadata = browser.client.get("/.well-known/openid-configuration").get_json()
    assert metadata["request_parameter_supported"] is True
    assert metadata["request_uri_parameter_supported"] is True
    assert metadata["require_request_uri_registration"] is True
    assert metadata["request_object_signing_alg_values_supported"] == ["ES256", "EdDSA", "PS256", "RS256"]
