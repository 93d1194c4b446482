"""Signing in and out by OpenID Connect, with Authlib's client: code, PKCE, state, nonce. OpenID Connect Core 1.0 §3.1.

/login ──> provider ──> /oidc/callback ──> session        /logout ──> provider ──> /
                        provider's server ──> /oidc/backchannel-logout
                        provider's page ──> /oidc/frontchannel-logout, in a frame
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import redirect, request
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from relying_parties.logout_tokens import LogoutReceiver, NotALogout
from relying_parties.published_keys import KeysUnavailable, PublishedKeys, openid_configuration
from relying_parties.records import LinkEnded, MemberDisabled, SignedIn
from relying_parties.site import Site
from relying_parties.website import FRONT_CHANNEL, LINK_ENDED, MEMBER_DISABLED, NOT_COMPLETED, UNREACHABLE, go_home

TokensArrived = Callable[[SignedIn, dict[str, Any]], None]


def level_asked(level: str, *, essential: bool) -> dict[str, str]:
    """What asks the provider for a level, for `/login?acr=2`: a wish, or with `&essential=1` a demand.
    OpenID Connect Core 1.0 §3.1.2.1, §5.5.1.1."""
    if level not in ("1", "2", "3"):
        return {}
    value = f"urn:onepass:acr:{level}"
    if essential:
        return {"claims": json.dumps({"id_token": {"acr": {"essential": True, "value": value}}})}
    return {"acr_values": value}


@dataclass(frozen=True)
class OpenIDConnect:
    """The routes; `arrived` receives the tokens of every completed sign-in, and under `released` what userinfo said."""

    site: Site
    client: Any
    arrived: TokensArrived
    logout_receiver: LogoutReceiver

    def login(self) -> ResponseReturnValue:
        try:
            self._require_our_provider()
            asked = {"prompt": self.site.settings.prompt} if self.site.settings.prompt else {}
            asked |= level_asked(request.args.get("acr", ""), essential=request.args.get("essential") == "1")
            address = f"{self.site.settings.url}/oidc/callback"
            answer: ResponseReturnValue = self.client.authorize_redirect(address, **asked)
        except (requests.RequestException, ValueError):
            return self.site.trouble(UNREACHABLE, 503)
        return answer

    def callback(self) -> ResponseReturnValue:
        if request.args.get("error"):
            return self._refused(request.args["error"])
        try:
            tokens = self._redeem()
        except requests.RequestException:
            return self.site.trouble(UNREACHABLE, 503)
        except (AuthlibBaseError, JoseError, ValueError) as error:
            # A stale or foreign state, a spent code, an ID token that does not verify: all mean starting over.
            return self.site.trouble(NOT_COMPLETED, 400, str(getattr(error, "error", "") or "invalid_response"))
        return self._begin(tokens)

    def _redeem(self) -> dict[str, Any]:
        """The tokens for the code in this request, with the verified ID token's claims under `userinfo`."""
        ours = self.site.settings.issuer
        self._require_our_provider()
        # The code must go to the provider that sent it, and to no other's token endpoint. RFC 9207 §2.4.
        promised = self.client.server_metadata.get("authorization_response_iss_parameter_supported", False)
        if request.args.get("iss", None if promised else ours) != ours:
            raise ValueError("the answer is another issuer's")
        tokens: dict[str, Any] = self.client.authorize_access_token(
            claims_options={"iss": {"essential": True, "value": ours}}
        )
        if not tokens.get("userinfo"):
            raise ValueError("no ID token")
        return tokens

    def _begin(self, tokens: dict[str, Any]) -> ResponseReturnValue:
        claims, told = tokens["userinfo"], self._told(tokens)
        arrival = SignedIn(
            issuer=claims["iss"],
            subject=claims["sub"],
            name=claims.get("name") or told.get("name") or "통합회원",
            protocol="OpenID Connect",
            source=claims["iss"],
            authenticated_at=claims["iat"],
            sid=claims.get("sid"),
            id_token=tokens["id_token"],
            email=told.get("email"),
        )
        try:
            token = self.site.records.sign_in(arrival)
        except LinkEnded:
            return self.site.trouble(LINK_ENDED, 403, "unlinked")
        except MemberDisabled:
            return self.site.trouble(MEMBER_DISABLED, 403, "disabled")
        self.arrived(arrival, {**tokens, "released": told})
        self.site.begin_session(token)
        return go_home()

    def logout(self) -> ResponseReturnValue:
        """End our session first, whatever the provider does next. OpenID RP-Initiated Logout 1.0 §2."""
        was = self.site.sign_out()
        if was is None or was["origin"] != "integrated":
            return go_home()
        try:
            return self._end_there_too(was["id_token"])
        except (requests.RequestException, ValueError):
            return self.site.trouble("이 사이트에서는 로그아웃했지만 통합로그인 서버에는 알리지 못했습니다.", 503)

    def notice_time_is_up(self) -> ResponseReturnValue | None:
        """A session that ran out here ends at the provider too: the first page asked for afterwards goes by there."""
        row = self.site.session()
        if request.method != "GET" or request.endpoint != "home" or row is None or row["ended_because"] != "timeout":
            return None
        if row["origin"] != "integrated" or not self.site.first_look_at_the_end():
            return None
        try:
            return self._end_there_too(row["id_token"])
        except (requests.RequestException, ValueError):
            return None  # the page says that time is up here; the provider's own clock runs as well

    def _end_there_too(self, id_token: str) -> ResponseReturnValue:
        end_session = self.client.load_server_metadata().get("end_session_endpoint")
        if not end_session:
            return go_home()
        query = urlencode(
            {
                "id_token_hint": id_token,
                "client_id": self.site.settings.client_id,
                "post_logout_redirect_uri": f"{self.site.settings.url}/",
            }
        )
        return redirect(f"{end_session}?{query}", 303)

    def backchannel_logout(self) -> ResponseReturnValue:
        no_store = {"Cache-Control": "no-store"}
        try:
            self.logout_receiver(request.form.get("logout_token", ""))
        except NotALogout as refused:
            return {"error": "invalid_request", "error_description": str(refused)}, 400, no_store
        except KeysUnavailable:
            return "", 503, no_store
        return "", 200, no_store

    def frontchannel_logout(self) -> ResponseReturnValue:
        """End the session that the provider's page names. OpenID Front-Channel Logout 1.0 §2.

        By `sid` alone and without our cookie, which browsers more and more keep out of other sites' frames. Nobody but
        the provider and we know a `sid`, so nobody else can end a session by this address.
        """
        sid, issuer = request.args.getlist("sid"), request.args.getlist("iss")
        if issuer != [self.site.settings.issuer] or len(sid) != 1:
            return "", 400
        self.site.records.end_sessions(issuer[0], subject=None, sid=sid[0], because="frontchannel_logout")
        return "", 200

    def _require_our_provider(self) -> None:
        """Hold the discovery document to the issuer we were configured with. OpenID Connect Discovery 1.0 §4.3."""
        if self.client.load_server_metadata().get("issuer") != self.site.settings.issuer:
            raise ValueError("the discovery document names another issuer")

    def _told(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """What userinfo releases of the member: the ID token carries no personal data."""
        try:
            told: dict[str, Any] = dict(self.client.userinfo(token=tokens))
        except (requests.RequestException, AuthlibBaseError, ValueError, KeyError):
            return {}  # the sign-in stands without it
        # Of another subject it would be another person's. OpenID Connect Core 1.0 §5.3.2.
        return told if told.get("sub") == tokens["userinfo"]["sub"] else {}

    def _refused(self, error: str) -> ResponseReturnValue:
        if error == "access_denied":
            return self.site.trouble("동의하지 않아 통합로그인으로 로그인하지 않았습니다.", 403, error)
        if error == "unmet_authentication_requirements":
            return self.site.trouble(
                "이 사이트에 필요한 수준으로 본인을 확인하지 못해 로그인하지 않았습니다.", 403, error
            )
        return self.site.trouble(NOT_COMPLETED, 400, error)


def _keep_no_tokens(_arrival: SignedIn, _tokens: dict[str, Any]) -> None:
    """Who only signs people in needs no token afterwards."""


def connect(site: Site, *, arrived: TokensArrived = _keep_no_tokens) -> None:
    """Add sign-in and sign-out by OpenID Connect to `site`."""
    settings = site.settings
    oauth = OAuth(site.app)
    client = oauth.register(
        "provider",
        client_id=settings.client_id,
        client_secret=settings.client_secret or None,
        server_metadata_url=openid_configuration(settings.issuer),
        client_kwargs={
            "scope": settings.scope,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic" if settings.client_secret else "none",
            "default_timeout": (3, 10),
        },
    )
    keys = PublishedKeys(openid_configuration(settings.issuer), settings.issuer)
    receiver = LogoutReceiver(settings.issuer, settings.client_id, keys, site.records)
    routes = OpenIDConnect(site, client, arrived, receiver)
    site.app.before_request(routes.notice_time_is_up)
    site.app.add_url_rule("/login", "login", routes.login)
    site.app.add_url_rule("/oidc/callback", "callback", routes.callback)
    site.app.add_url_rule("/logout", "logout", routes.logout, methods=["POST"])
    site.app.add_url_rule(FRONT_CHANNEL, "frontchannel_logout", routes.frontchannel_logout)
    site.app.add_url_rule("/oidc/backchannel-logout", "backchannel_logout", routes.backchannel_logout, methods=["POST"])
