"""What is wrong with a rightly signed request object."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest
from hypothesis import given, settings, strategies as st

from idp.crypto.foreign_jwt import ForeignJwt
from idp.oidc import profile
from idp.oidc.client_keys import ClientSignatures
from idp.oidc.errors import InvalidRequestObject
from idp.oidc.request_object import ReadRequestObject, why_not
from tests.fakes import FrozenClock
from tests.unit.oidc.test_profile import PLAIN, SECURITY

NOW = 1_800_000_000
ISSUER = "https://sso.example.org"
MINUTE = 60


def said(asked: profile.Profile, **changed: Any) -> str | None:
    """What is said against an object that is right, but for what is `changed`."""
    right = {"iss": "voucher", "aud": ISSUER, "client_id": "voucher", "nbf": NOW, "exp": NOW + 5 * MINUTE}
    claims = {name: value for name, value in {**right, **changed}.items() if value is not None}
    return why_not(ForeignJwt("PS256", None, None, claims, b"", b""), "voucher", ISSUER, asked, NOW)


FAPI = profile.of(SECURITY)
OPEN = profile.of(PLAIN)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"aud": ["https://other.example", ISSUER]},
        {"nbf": NOW + 8, "iat": NOW + 8},
        {"nbf": NOW + 10},
        {"nbf": NOW - 60 * MINUTE + 20, "exp": NOW + 10},
        {"exp": NOW + 60 * MINUTE},
        {"exp": NOW - 9},
        {"sub": "a member"},
        {"iat": None, "jti": None},
    ],
)
def test_finds_nothing_against_what_fapi_allows(changed: dict[str, Any]) -> None:
    """fapi2-security-profile-final-ensure-request-object-with-multiple-aud-succeeds and
    fapi2-security-profile-final-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted."""
    assert said(FAPI, **changed) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": None}, "required"),
        ({"nbf": None}, "required"),
        ({"exp": NOW - 10}, "expired"),
        ({"aud": None}, "aud"),
        ({"aud": "https://other.example"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [ISSUER] * 11}, "aud"),
        ({"iss": None}, "iss"),
        ({"exp": NOW + 70 * MINUTE}, "too far"),
        ({"nbf": NOW - 70 * MINUTE}, "too old"),
        ({"nbf": NOW - 61 * MINUTE, "exp": NOW - 2 * MINUTE}, "too old"),
        ({"nbf": NOW + 11}, "not valid yet"),
        ({"iat": NOW + 61}, "not valid yet"),
    ],
)
def test_holds_fapi_clients_to_times_and_names(changed: dict[str, Any], reason: str) -> None:
    """fapi2-security-profile-final-ensure-request-object-without-exp-fails, -without-nbf-fails,
    fapi2-security-profile-final-ensure-expired-request-object-fails,
    fapi2-security-profile-final-ensure-request-object-with-bad-aud-fails, -with-exp-over-60-fails and
    -with-nbf-over-60-fails."""
    found = said(FAPI, **changed)
    assert found is not None
    assert reason in found
    assert found.isascii()


@pytest.mark.parametrize("changed", [{"exp": None, "nbf": None}, {"exp": NOW + 10**8}, {"nbf": NOW - 10**8}])
def test_leaves_plain_clients_their_times(changed: dict[str, Any]) -> None:
    """RFC 9101 §4: exp and nbf may be there; a hosted object may be good for years (OpenID Connect Core §6.2)."""
    assert said(OPEN, **changed) is None


@pytest.mark.parametrize("changed", [{"exp": NOW - 10}, {"nbf": NOW + 11}, {"iss": "kamp"}, {"aud": "other"}])
def test_holds_plain_clients_to_what_they_say(changed: dict[str, Any]) -> None:
    """RFC 7519 §4.1: what is there counts."""
    assert said(OPEN, **changed) is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["iss", "aud", "exp", "nbf", "iat", "jti", "sub", "client_id", "state", "claims", "max_age", "x"]
)


class Believed:
    """Every signature is right: only what is said can be wrong."""

    def __call__(self, _client: object, _token: ForeignJwt) -> bool:
        return True


def encoded(value: object) -> str:
    octets = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@given(claims=st.dictionaries(NAMES | st.text(), JSON, max_size=6) | JSON, right=st.booleans())
@settings(max_examples=300, deadline=None)
def test_reads_or_refuses_whatever_a_client_signs(claims: Any, right: bool) -> None:
    """RFC 9101 §4: any JSON at all becomes parameters that are text, or invalid_request_object."""
    read = ReadRequestObject(ISSUER, cast("ClientSignatures", Believed()), FrozenClock())
    if right and isinstance(claims, dict):
        claims = {**claims, "iss": "voucher", "aud": ISSUER, "client_id": "voucher"}
        claims = {name: value for name, value in claims.items() if name not in ("exp", "nbf", "iat", "sub")}
    compact = f"{encoded({'alg': 'ES256'})}.{encoded(claims)}.{encoded(b'signature')}"
    try:
        found = read("voucher", PLAIN, compact)
    except InvalidRequestObject:
        return
    assert found.parameters["client_id"] == "voucher"
    for name, value in found.parameters.items():
        assert value
        assert "\x00" not in value
        assert value.encode().decode() == value
        assert name not in {"iss", "aud", "exp", "nbf", "iat", "jti", "sub", "request", "request_uri"}


@given(compact=st.text(max_size=200) | st.binary(max_size=200).map(lambda octets: octets.decode("latin-1")))
def test_refuses_whatever_is_no_token(compact: str) -> None:
    """RFC 7515 §5.2."""
    read = ReadRequestObject(ISSUER, cast("ClientSignatures", Believed()), FrozenClock())
    with pytest.raises(InvalidRequestObject):
        read("voucher", PLAIN, compact)
