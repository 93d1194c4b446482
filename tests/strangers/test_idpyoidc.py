"""idpyoidc's relying party, which grew out of pyoidc beside the certified ones."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from cryptojwt import KeyJar
from idpyoidc.client.rp_handler import RPHandler

from tests.strangers.member import Member
from tests.strangers.provider import RunningProvider
from tests.strangers.registered import PLAIN


def test_signs_in_renews_and_signs_out(provider: RunningProvider, member: Member) -> None:
    """OpenID Connect Core §3.1, §12; Discovery §4; RFC 7636; RP-Initiated Logout §3: as idpyoidc checks it."""
    party = _party(provider)
    begun = party.begin("idp")
    asked = begun if isinstance(begun, str) else begun["url"]
    back = member.visit(asked)
    answered = party.finalize(provider.issuer, dict(parse_qsl(urlsplit(back).query)))
    assert "error" not in answered, answered
    assert answered["userinfo"]["sub"] == answered["id_token"]["sub"]
    assert answered["userinfo"]["email"] == "honggildong@example.com"
    renewed = party.refresh_access_token(answered["state"])
    assert renewed["access_token"] != answered["token"]
    told = party.get_user_info(answered["state"], access_token=renewed["access_token"])
    assert told["sub"] == answered["id_token"]["sub"]
    leaving = party.logout(answered["state"], post_logout_redirect_uri=PLAIN.post_logout_redirect_uri)
    assert member.visit(leaving["url"]).startswith(PLAIN.post_logout_redirect_uri)


def _party(provider: RunningProvider) -> Any:
    modules = "idpyoidc.client.oidc"
    # Only what this party does; a refresh has to be told by which method it authenticates.
    services = {
        "discovery": {"class": f"{modules}.provider_info_discovery.ProviderInfoDiscovery"},
        "authorization": {"class": f"{modules}.authorization.Authorization"},
        "accesstoken": {"class": f"{modules}.access_token.AccessToken"},
        "refresh_accesstoken": {
            "class": f"{modules}.refresh_access_token.RefreshAccessToken",
            "kwargs": {"client_authn_methods": ["client_secret_basic"]},
        },
        "userinfo": {"class": f"{modules}.userinfo.UserInfo"},
        "end_session": {"class": f"{modules}.end_session.EndSession"},
    }
    add_ons = {
        "pkce": {
            "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
            "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
        }
    }
    configuration = {
        "issuer": provider.issuer,
        "client_id": PLAIN.client_id,
        "client_secret": PLAIN.secret,
        "redirect_uris": [PLAIN.redirect_uri],
        "post_logout_redirect_uris": [PLAIN.post_logout_redirect_uri],
        "client_type": "oidc",
        "services": services,
        "preference": {
            "response_types_supported": ["code"],
            "scopes_supported": PLAIN.scope.split(),
            "token_endpoint_auth_method": "client_secret_basic",
            "id_token_signed_response_alg": "RS256",
        },
        "add_ons": add_ons,
    }
    # With keys of its own it would leave them in files.
    given = {"client_configs": {"idp": configuration}, "keyjar": KeyJar(), "httpc": requests.request}
    return RPHandler(base_url="https://plain.example", **given)
