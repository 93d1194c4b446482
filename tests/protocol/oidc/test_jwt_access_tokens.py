"""Access tokens that others can read. RFC 9068; verified by PyJWT, from the published keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from jwt import PyJWKSet

from tests.builders import agency, party, register, unlink
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, Browser, Provider
from tests.protocol.oidc.prover import ISSUER, Prover
from tests.protocol.oidc.test_dpop import redeem

ALGS = ["RS256", "PS256", "ES256", "EdDSA"]


def signed(provider: Provider, **fields: Any) -> None:
    """The service of 비즈인포 receives signed access tokens from now on."""
    given = {
        "client_secret": BIZINFO.secret,
        "redirect_uris": [BIZINFO.redirect_uri],
        "scope": "openid email offline_access",
        "grant_types": ["authorization_code", "refresh_token"],
        "access_token_format": "jwt",
        **fields,
    }
    register(provider.house, agency("bizinfo", party("bizinfo", **given)))


@pytest.fixture
def tokens(provider: Provider, browser: Browser) -> dict[str, Any]:
    """What a redeemed code gives."""
    signed(provider)
    given: dict[str, Any] = provider.redeem(
        BIZINFO, browser.code(BIZINFO, scope="openid email offline_access")
    ).get_json()
    return given


def read(provider: Provider, token: str, clock: FrozenClock) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, verified as a resource server would that is no part of us."""
    header = jwt.get_unverified_header(token)
    keys = PyJWKSet.from_dict(provider.app.test_client().get("/oidc/jwks").get_json())
    key = keys[header["kid"]]
    options: Any = {"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"], "verify_exp": False}
    options |= {"verify_iat": False}
    claims = jwt.decode(token, key, algorithms=ALGS, audience=ISSUER, issuer=ISSUER, options=options)
    assert claims["iat"] <= int(clock.now().timestamp()) < claims["exp"]
    return header, claims


def test_says_what_a_resource_server_needs(provider: Provider, tokens: dict[str, Any], clock: FrozenClock) -> None:
    """RFC 9068 §2.1, §2.2: typ at+jwt, the required claims, and how the member signed in."""
    header, claims = read(provider, tokens["access_token"], clock)
    of_id_token = provider.claims(tokens["id_token"], "RS256")
    assert (header["typ"], header["alg"]) == ("at+jwt", "RS256")
    assert claims["client_id"] == BIZINFO.client_id
    assert claims["scope"].split() == ["email", "offline_access", "openid"]
    assert claims["exp"] - claims["iat"] == tokens["expires_in"]
    for name in ("iss", "sub", "auth_time", "acr", "amr"):
        assert claims[name] == of_id_token[name]
    assert not claims.keys() & {"email", "name", "sid", "member_type", "cnf"}


class ResourceServer(JWTBearerTokenValidator):  # type: ignore[misc]  # Authlib has no types
    """A resource server as Authlib builds them."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(ISSUER, ISSUER)
        self._keys = provider.keys()

    def get_jwks(self) -> Any:
        return self._keys


def test_satisfies_a_resource_server_that_others_wrote(provider: Provider, browser: Browser) -> None:
    """RFC 9068 §4, as Authlib checks it; it takes no ID token for one."""
    clock = provider.house.clock
    assert isinstance(clock, FrozenClock)
    signed(provider)
    clock.advance(datetime.now(UTC) - clock.now())
    given = provider.redeem(BIZINFO, browser.code(BIZINFO)).get_json()
    server = ResourceServer(provider)
    claims = server.authenticate_token(given["access_token"])
    server.validate_token(claims, ["openid"], None)
    with pytest.raises(InvalidTokenError):
        server.validate_token(server.authenticate_token(given["id_token"]), ["openid"], None)


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_signs_as_the_client_registered(provider: Provider, browser: Browser, clock: FrozenClock, alg: str) -> None:
    """RFC 9068 §2.1: by an algorithm that its readers know, the one of its ID tokens."""
    signed(provider, id_token_signed_response_alg=alg)
    given = provider.redeem(BIZINFO, browser.code(BIZINFO)).get_json()
    assert read(provider, given["access_token"], clock)[0]["alg"] == alg


def test_opens_what_an_opaque_one_opens(provider: Provider, tokens: dict[str, Any]) -> None:
    """OpenID Connect Core §5.3; the renewed one too."""
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    again = provider.refresh(BIZINFO, tokens["refresh_token"]).get_json()
    assert again["access_token"].count(".") == 2
    assert provider.userinfo(again["access_token"]).status_code == 200


def test_has_a_jti_of_its_own(provider: Provider, tokens: dict[str, Any], clock: FrozenClock) -> None:
    """RFC 9068 §2.2: `jti` names one token."""
    again = provider.refresh(BIZINFO, tokens["refresh_token"]).get_json()
    jtis = {read(provider, each["access_token"], clock)[1]["jti"] for each in (tokens, again)}
    assert len(jtis) == 2


def test_dies_with_the_link_the_time_and_the_code(
    provider: Provider, browser: Browser, tokens: dict[str, Any], clock: FrozenClock
) -> None:
    """Decision 0010: here it is good for no longer than an opaque one, whatever its signature says."""
    code = browser.code(BIZINFO)
    replayed = provider.redeem(BIZINFO, code).get_json()["access_token"]
    assert provider.redeem(BIZINFO, code).status_code == 400
    assert provider.userinfo(replayed).status_code == 401
    aged = provider.redeem(BIZINFO, browser.code(BIZINFO)).get_json()
    clock.advance(timedelta(seconds=aged["expires_in"]))
    assert provider.userinfo(aged["access_token"]).status_code == 401
    fresh = provider.refresh(BIZINFO, tokens["refresh_token"]).get_json()["access_token"]
    with provider.house.database.reading() as connection:
        member = provider.house.directory.member_id(connection, "honggildong")
    assert member is not None
    assert provider.userinfo(fresh).status_code == 200
    unlink(provider.house, member, "bizinfo")
    assert provider.userinfo(fresh).status_code == 401


def test_is_no_id_token_and_no_id_token_is_one(provider: Provider, browser: Browser, tokens: dict[str, Any]) -> None:
    """RFC 9068 §5, RFC 8725 §3.11: each kind is refused where the other belongs."""
    assert provider.userinfo(tokens["id_token"]).status_code == 401
    answer = browser.answer(BIZINFO, id_token_hint=tokens["access_token"], prompt="none")
    assert answer["error"] == "invalid_request"
    assert "code" in browser.answer(BIZINFO, id_token_hint=tokens["id_token"], prompt="none")


def test_takes_it_as_it_was_given_and_no_other_way(provider: Provider, tokens: dict[str, Any]) -> None:
    """RFC 9068 §4: changed, unsigned, cut or spelt otherwise, it is nothing."""
    token = tokens["access_token"]
    head, payload, signature = token.split(".")
    unsigned = jwt.encode(jwt.decode(token, options={"verify_signature": False}), "", "none")
    changed = f"{head}.{payload}.{signature[:-4]}AAAA"
    broken = [unsigned, changed, f"{head}.{payload}.", f"{head}.{payload}", f"{token}="]
    for each in [*broken, "a.b.c", "..", f"{'x' * 9000}.{payload}.{signature}", f"é.{payload}.{signature}"]:
        assert provider.userinfo(each.encode().decode("latin-1")).status_code == 401
    assert provider.userinfo(token).status_code == 200


def test_names_the_key_it_is_bound_to(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9449 §6.1: `cnf.jkt` is signed in it, and asked for here."""
    signed(provider)
    prover = Prover(clock)
    given = redeem(provider, BIZINFO, browser.code(BIZINFO), prover.proof("POST", "/oidc/token")).get_json()
    assert read(provider, given["access_token"], clock)[1]["cnf"] == {"jkt": prover.jkt}
    assert prover.use(provider.app, "GET", "/oidc/userinfo", given["access_token"]).status_code == 200
    assert provider.userinfo(given["access_token"]).status_code == 401


def test_leaves_other_clients_their_opaque_ones(provider: Provider, browser: Browser) -> None:
    """RFC 6749 §1.4: the format is each client's own."""
    signed(provider)
    assert "." not in provider.redeem(KAMP, browser.code(KAMP)).get_json()["access_token"]
