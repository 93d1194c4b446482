"""Our signatures, checked by two other implementations, and our own check of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import utils
from hypothesis import given, strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from idp.crypto import jws
from idp.crypto.jws import BadSignature, sign, verify
from idp.crypto.keyring import KEEP, Algorithm, Keyring, SigningKey, create_key, retire_key
from tests.fakes import FixedRandomness, FrozenClock

ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256", "EdDSA")
# RFC 9864 renames EdDSA to Ed25519; OpenID relying parties still know the old name only.
NAMED_ANEW = pytest.mark.filterwarnings("ignore:EdDSA is deprecated:joserfc.errors.SecurityWarning")
CLAIMS = {"iss": "https://idp.example.kr", "sub": "mfrggzdf", "name": "홍길동", "iat": 1772442000, "amr": ["pwd"]}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key of every algorithm, and one of events."""
    directory = tmp_path_factory.mktemp("keys")
    for alg in ALGORITHMS:
        create_key(directory, "oidc", alg, clock=FrozenClock(), randomness=FixedRandomness(alg))
    create_key(directory, "events", "ES256", clock=FrozenClock(), randomness=FixedRandomness("events"))
    return directory


@pytest.fixture(scope="module")
def keyring(directory: Path) -> Keyring:
    return Keyring(directory, FrozenClock())


@NAMED_ANEW
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_signs_what_another_implementation_verifies(keyring, alg):
    """Nothing but the published JWK Set is needed. RFC 7515 §5.2."""
    token = sign(keyring.signing_key("oidc", alg), CLAIMS, typ="JWT")
    read = joserfc_jws.deserialize_compact(token, KeySet.import_key_set(keyring.jwks("oidc")), algorithms=[alg])
    assert read.headers() == {"alg": alg, "kid": keyring.signing_key("oidc", alg).kid, "typ": "JWT"}
    assert json.loads(read.payload) == CLAIMS


@NAMED_ANEW
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_verifies_what_another_implementation_signs(keyring, alg):
    """Agreement in both directions, so that no quirk of ours goes unseen."""
    key = keyring.signing_key("oidc", alg)
    kinds: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    private = kinds[key.jwk["kty"]].import_key(key.private_pem)
    token = joserfc_jws.serialize_compact({"alg": alg, "kid": key.kid}, json.dumps(CLAIMS), private, algorithms=[alg])
    assert verify(token, keyring, "oidc") == CLAIMS


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_signs_what_openssl_verifies(keyring, alg, tmp_path):
    """RFC 7518 §3.3 and §3.4, by a program that has no JOSE in it."""
    key = keyring.signing_key("oidc", alg)
    head, body, signature = sign(key, CLAIMS).split(".")
    raw = _decoded(signature)
    if alg == "ES256":
        assert len(raw) == 64
        raw = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    (tmp_path / "signature").write_bytes(raw)
    (tmp_path / "signed").write_text(f"{head}.{body}")
    (tmp_path / "public.pem").write_bytes(_public_pem(key))
    command = ["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed"]

    def verdict() -> bytes:
        return subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, timeout=20).stdout

    assert verdict() == b"Verified OK\n"
    (tmp_path / "signed").write_text(f"{head}.{body}A")
    assert verdict() == b"Verification failure\n"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_recognises_its_own(keyring, alg):
    """With a type and without."""
    key = keyring.signing_key("oidc", alg)
    assert verify(sign(key, CLAIMS), keyring, "oidc") == CLAIMS
    assert verify(sign(key, CLAIMS, typ="logout+jwt"), keyring, "oidc", typ="logout+jwt") == CLAIMS


def test_tells_kinds_of_token_apart(keyring):
    """A logout token is no ID token, nor the other way round. RFC 8725 §3.11."""
    key = keyring.signing_key("oidc", "ES256")
    for signed, expected in (("logout+jwt", None), (None, "logout+jwt"), ("at+jwt", "logout+jwt")):
        with pytest.raises(BadSignature):
            verify(sign(key, CLAIMS, typ=signed), keyring, "oidc", typ=expected)


def test_refuses_a_key_of_another_use(keyring):
    """An event that a relying party was sent must not come back as an ID token hint. RFC 8725 §3.12."""
    token = sign(keyring.signing_key("events", "ES256"), CLAIMS)
    assert verify(token, keyring, "events") == CLAIMS
    with pytest.raises(BadSignature):
        verify(token, keyring, "oidc")


def test_goes_by_the_key_and_not_by_the_header(keyring):
    """alg=none, HMAC with the public key as secret, and one RSA padding for the other. RFC 8725 §2.1, §3.1."""
    rsa, pss, ec = (keyring.signing_key("oidc", alg) for alg in ("RS256", "PS256", "ES256"))
    unsigned = _part({"alg": "none", "kid": ec.kid}) + "." + _part(CLAIMS)
    hmac_signed = _part({"alg": "HS256", "kid": rsa.kid}) + "." + _part(CLAIMS)
    tag = hmac.new(_public_pem(rsa), hmac_signed.encode(), hashlib.sha256).digest()
    _, body, signature = sign(pss, CLAIMS).split(".")
    forged = [
        unsigned + ".",
        f"{hmac_signed}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode()}",
        f"{_part({'alg': 'RS256', 'kid': pss.kid})}.{body}.{signature}",
        f"{_part({'alg': 'PS256', 'kid': rsa.kid})}.{body}.{signature}",
    ]
    for token in forged:
        with pytest.raises(BadSignature):
            verify(token, keyring, "oidc")


@pytest.mark.parametrize(
    "extra", [{"crit": ["exp"], "exp": 1}, {"jwk": {}}, {"jku": "https://evil.example"}, {"x5c": []}, {"b64": False}]
)
def test_refuses_headers_it_does_not_write(keyring, extra):
    """Even well signed: nothing of ours carries a key or an extension. RFC 7515 §4.1.11."""
    key = keyring.signing_key("oidc", "ES256")
    signed = (_part({"alg": key.alg, "kid": key.kid, **extra}) + "." + _part(CLAIMS)).encode()
    token = (signed + b"." + jws._base64url(jws._signature(key, signed))).decode()
    with pytest.raises(BadSignature):
        verify(token, keyring, "oidc")


def test_refuses_a_der_signature(keyring):
    """What OpenSSL gives is not what JOSE writes. RFC 7518 §3.4."""
    key = keyring.signing_key("oidc", "ES256")
    head, body, _ = sign(key, CLAIMS).split(".")
    der = key.private.sign(f"{head}.{body}".encode(), jws._ECDSA)
    with pytest.raises(BadSignature):
        verify(f"{head}.{body}.{base64.urlsafe_b64encode(der).rstrip(b'=').decode()}", keyring, "oidc")


def test_refuses_a_signature_without_its_leading_zeros(keyring):
    """The numbers are the same, the spelling is not. RFC 7518 §3.4."""
    key = keyring.signing_key("oidc", "ES256")
    tokens = (sign(key, {"jti": number}).split(".") for number in range(100_000))
    head, body, signature = next(parts for parts in tokens if _decoded(parts[2])[32] == 0)
    raw = _decoded(signature)
    shorter = base64.urlsafe_b64encode(raw[:32] + raw[33:]).rstrip(b"=").decode()
    with pytest.raises(BadSignature):
        verify(f"{head}.{body}.{shorter}", keyring, "oidc")


@pytest.mark.parametrize("r", [0, 2**256 - 1])
def test_refuses_numbers_outside_the_curve(keyring, r):
    """The all-zero signature that once passed elsewhere (CVE-2022-21449)."""
    key = keyring.signing_key("oidc", "ES256")
    head, body, _ = sign(key, CLAIMS).split(".")
    raw = r.to_bytes(32, "big") * 2
    with pytest.raises(BadSignature):
        verify(f"{head}.{body}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}", keyring, "oidc")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b.c.d",
        "홍.길.동",
        "\ud800.a.b",
    ],
)
def test_refuses_nonsense_in_its_own_words(keyring, token):
    """Anybody may send a hint; whatever it is, there is one refusal and no crash."""
    with pytest.raises(BadSignature):
        verify(token, keyring, "oidc")


@pytest.mark.parametrize(
    "header", [b"[" * 5000, b"1" * 5000, b"[]", b'{"kid": []}', b'{"kid": NaN}', b'{"kid": null}', b"\xff\xfe"]
)
def test_refuses_headers_that_break_parsers(keyring, header):
    """Depth, length of numbers, wrong types, broken UTF-8: read before anything is verified."""
    with pytest.raises(BadSignature):
        verify(base64.urlsafe_b64encode(header).rstrip(b"=").decode() + ".e30.AA", keyring, "oidc")


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_.=-]{0,60}", fullmatch=True))
def test_refuses_any_text_that_is_no_token(keyring, text):
    """The property behind the examples."""
    with pytest.raises(BadSignature):
        verify(text, keyring, "oidc")


def test_bounds_what_it_reads(keyring):
    """A hint of megabytes is refused unread."""
    token = sign(keyring.signing_key("oidc", "ES256"), {"pad": "x" * 8192})
    with pytest.raises(BadSignature, match="too long"):
        verify(token, keyring, "oidc")
    assert verify(token, keyring, "oidc", longest=20_000)["pad"]


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_refuses_a_token_changed_anywhere(keyring, alg):
    """Every character counts, the last one of each part too: a token has one spelling."""
    token = sign(keyring.signing_key("oidc", alg), {"sub": "mfrggzdf"})
    for at, letter in enumerate(token):
        if letter != ".":
            with pytest.raises(BadSignature):
                verify(token[:at] + ("A" if letter != "A" else "B") + token[at + 1 :], keyring, "oidc")
    for spelling in (token + "=", token + "\n", " " + token, token + "."):
        with pytest.raises(BadSignature):
            verify(spelling, keyring, "oidc")


def test_refuses_a_claim_twice(keyring):
    """Two readers could take two different ones. RFC 7519 §4."""
    key = keyring.signing_key("oidc", "ES256")
    body = base64.urlsafe_b64encode(b'{"sub":"a","sub":"b"}').rstrip(b"=").decode()
    signed = (_part({"alg": key.alg, "kid": key.kid}) + "." + body).encode()
    with pytest.raises(BadSignature):
        verify((signed + b"." + jws._base64url(jws._signature(key, signed))).decode(), keyring, "oidc")


def test_refuses_to_sign_what_is_not_json(keyring):
    """NaN is not JSON. RFC 8259 §6."""
    with pytest.raises(ValueError, match="JSON"):
        sign(keyring.signing_key("oidc", "ES256"), {"exp": float("nan")})


def test_verifies_while_a_retired_key_is_kept(tmp_path):
    """And not a moment longer."""
    clock, randomness = FrozenClock(), FixedRandomness()
    first = create_key(tmp_path, "oidc", "ES256", clock=clock, randomness=randomness)
    create_key(tmp_path, "oidc", "ES256", clock=clock, randomness=randomness, lead=timedelta(0))
    keyring = Keyring(tmp_path, clock)
    key = keyring.find("oidc", first.kid)
    assert key is not None
    token = sign(key, CLAIMS)
    retire_key(tmp_path, first.kid, clock=clock, randomness=randomness)
    clock.advance(KEEP - timedelta(seconds=1))
    assert verify(token, keyring, "oidc") == CLAIMS
    clock.advance(timedelta(seconds=1))
    with pytest.raises(BadSignature):
        verify(token, keyring, "oidc")


def _part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _public_pem(key: SigningKey) -> bytes:
    return key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
