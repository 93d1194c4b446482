"""Authlib's client, by itself: discovery, code with PKCE, ID token, UserInfo, refresh."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken, UserInfo
from authlib.oidc.discovery import OpenIDProviderMetadata
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.browsers import served
from tests.journeys.patience import eventually
from tests.strangers.member import Member
from tests.strangers.provider import RunningProvider
from tests.strangers.registered import HOSTS, PLAIN


def test_signs_in_and_renews(provider: RunningProvider, member: Member) -> None:
    """OpenID Connect Core §3.1.3.7, §5.3.2, §12: by the checks that Authlib makes of an ID token and of claims."""
    known = provider.configuration()
    session: Any = OAuth2Session(
        PLAIN.client_id,
        PLAIN.secret,
        scope=PLAIN.scope,
        redirect_uri=PLAIN.redirect_uri,
        code_challenge_method="S256",
    )
    verifier, nonce = generate_token(48), generate_token(20)
    asked, state = session.create_authorization_url(
        known["authorization_endpoint"], nonce=nonce, code_verifier=verifier
    )
    back = member.visit(asked)
    assert back.startswith(PLAIN.redirect_uri + "?")
    assert parse_qs(urlsplit(back).query)["iss"] == [provider.issuer]
    tokens = session.fetch_token(
        known["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    claims = _id_token(provider, tokens["id_token"], nonce=nonce, access_token=tokens["access_token"])
    told = UserInfo(session.get(known["userinfo_endpoint"]).json())
    assert (told.sub, told.email) == (claims["sub"], "honggildong@example.com")
    renewed = session.refresh_token(known["token_endpoint"], refresh_token=tokens["refresh_token"])
    assert _id_token(provider, renewed["id_token"], access_token=renewed["access_token"])["sub"] == claims["sub"]


def test_finds_nothing_wrong_with_discovery(provider: RunningProvider) -> None:
    """OpenID Connect Discovery §3, RFC 8414 §2: every rule that Authlib knows, but https on this machine."""
    known = OpenIDProviderMetadata(provider.configuration())
    plain = {"issuer", "jwks_uri", *(name for name in known if name.endswith("_endpoint"))}
    known.validate()
    assert {urlsplit(known[name]).netloc for name in plain} == {urlsplit(provider.issuer).netloc}


def test_proves_itself_by_keys_that_it_hosts_and_changes(
    provider: RunningProvider, member: Member, keys_address: str
) -> None:
    """RFC 7523 §3, OpenID Connect Core §10.1.1: fetched from where they lie, and again once they are others."""
    known, first, second = provider.configuration(), _key("first"), _key("second")
    published: list[Any] = [first]
    site = Flask(__name__)
    site.add_url_rule("/jwks", view_func=lambda: KeySet(published).as_dict(private=False))
    with served(site, urlsplit(keys_address).port or 0):
        session: Any = OAuth2Session(
            HOSTS.client_id,
            first,
            token_endpoint_auth_method="private_key_jwt",
            scope=HOSTS.scope,
            redirect_uri=HOSTS.redirect_uri,
            code_challenge_method="S256",
        )
        verifier = generate_token(48)
        asked, state = session.create_authorization_url(known["authorization_endpoint"], code_verifier=verifier)
        back = member.visit(asked)
        session.register_client_auth_method(PrivateKeyJWT(known["token_endpoint"], alg="ES256"))
        tokens = session.fetch_token(
            known["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
        )
        published[:] = [second]
        session.client_secret = second
        # Not read again within ten seconds, whoever asks.
        renewed = eventually(lambda: _renewed(session, known, tokens["refresh_token"]), 30)
    assert renewed["access_token"] != tokens["access_token"]


def _key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def _renewed(session: Any, known: dict[str, Any], refresh_token: str) -> Any:
    try:
        return session.refresh_token(known["token_endpoint"], refresh_token=refresh_token)
    except OAuthError as error:
        assert error.error == "invalid_client"  # noqa: PT017  # until the new keys are known
        return None


def _id_token(provider: RunningProvider, token: str, *, nonce: str | None = None, access_token: str) -> CodeIDToken:
    keys = KeySet.import_key_set(requests.get(provider.configuration()["jwks_uri"], timeout=5).json())
    read = jwt.decode(token, keys, algorithms=["RS256"])
    expected = {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": "plain"}}
    claims = CodeIDToken(
        read.claims, read.header, expected, {"nonce": nonce, "client_id": "plain", "access_token": access_token}
    )
    claims.validate(leeway=5)
    return claims
