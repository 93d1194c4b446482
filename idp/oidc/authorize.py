"""The authorization endpoint: reading the question. OpenID Connect Core §3.1.2, §3.2.2, §3.3.2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.agencies.catalogue import Catalogue
from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.registered_url import RegisteredUrl
from idp.agencies.relying_party import RelyingParty
from idp.oidc import pkce, profile, response_mode, verified_claims
from idp.oidc.asked_claims import AskedClaims, asked_claims
from idp.oidc.engine import messages
from idp.oidc.errors import InvalidRequest, OAuthError, UnauthorizedClient, UntrustedRequest
from idp.oidc.id_token_hint import ReadHint
from idp.oidc.profile import Profile
from idp.oidc.requested_acr import requested_acr
from idp.oidc.response_mode import ResponseMode
from idp.oidc.response_type import CODE, response_type
from idp.oidc.scopes import granted
from idp.signin.request import SignInRequest
from idp.web.source_words import N_

ANSWER_PATH = "/oidc/authorize/answer"
_THUMBPRINT = re.compile("[A-Za-z0-9_-]{43}")
_UNSUPPORTED = {"registration": "registration_not_supported"}
_LONGEST = {"state": 4096, "nonce": 1024, "login_hint": 256}
"""In octets: what we keep of a question while its member is asked. Anybody may ask, and each question waits for half an
hour; without a bound one browser fills the store."""
_LONGEST_MAX_AGE = 1_000_000_000
"""Seconds; no session is older, and larger numbers do not fit a duration."""


@dataclass(frozen=True, slots=True)
class TrustedRedirect:
    """Where an answer may go: a known client and an address it registered. Only `trusted` makes one."""

    party: RelyingParty
    client: OidcRegistration
    profile: Profile
    uri: RegisteredUrl
    mode: ResponseMode
    """How the answer goes there, or the error about a request that is not one we answer."""
    state: str | None


def trusted(catalogue: Catalogue, parameters: Mapping[str, str]) -> TrustedRedirect:
    """The redirect that the parameters name, checked character for character. RFC 9700 §2.1.

    Raises:
        UntrustedRequest: unknown client, or an address it did not register; until both hold nothing is redirected.
    """
    party = catalogue.client(parameters.get("client_id", ""))
    if party is None or party.oidc is None:
        raise UntrustedRequest("unknown client_id", public=N_("등록되지 않은 서비스에서 온 요청입니다."))
    uri = party.oidc.redirect_uri(parameters.get("redirect_uri", ""))
    if uri is None:
        raise UntrustedRequest(
            "unregistered redirect_uri",
            public=N_("서비스가 등록하지 않은 주소로 돌아가려는 요청이라 처리하지 않았습니다."),
        )
    asked_of = profile.of(party.oidc)
    mode = response_mode.response_mode(parameters, must_sign=asked_of.signed_answer_required)
    return TrustedRedirect(party, party.oidc, asked_of, uri, mode, parameters.get("state"))


def read(redirect: TrustedRedirect, parameters: Mapping[str, str], read_hint: ReadHint) -> SignInRequest:
    """The question to the rest of the house. Pure: what a client pushed or signed is read as what its query says.

    Raises:
        OAuthError: the request is not one we answer; goes to `redirect`.
    """
    for name, error in _UNSUPPORTED.items():
        if name in parameters:
            raise OAuthError(f"{name} is not supported", error=error)
    words = response_type(parameters, redirect.profile)
    refusal = response_mode.why_not(parameters, must_sign=redirect.profile.signed_answer_required)
    if refusal is not None:
        raise InvalidRequest(refusal)
    if CODE in words:
        if "authorization_code" not in redirect.client.grant_types:
            raise UnauthorizedClient("grant type authorization_code is not registered")
        _check_pkce(parameters, required=redirect.profile.pkce_required)
    for name, longest in _LONGEST.items():
        if len(parameters.get(name, "").encode()) > longest:
            raise InvalidRequest(f"{name} is longer than {longest} octets")
    typed = messages.authorization_request(parameters)
    asked = asked_claims(parameters.get("claims"), redirect.client.scopes)
    expected = _expected_subject(redirect, parameters, asked, read_hint)
    return _question(redirect, typed, parameters, asked, expected)


def _expected_subject(
    redirect: TrustedRedirect, parameters: Mapping[str, str], asked: AskedClaims, read_hint: ReadHint
) -> str | None:
    """Whom the relying party believes to be at the browser. OpenID Connect Core §3.1.2.1, §3.1.2.2."""
    token = parameters.get("id_token_hint")
    if token is None:
        return asked.subject
    claims = read_hint(token)
    if claims is None or claims.get("aud") != redirect.client.client_id:
        raise InvalidRequest("id_token_hint is not an ID token of this client")
    hinted = str(claims.get("sub"))
    if asked.subject not in (None, hinted):
        raise InvalidRequest("id_token_hint and claims name different subjects")
    return hinted


def _check_pkce(parameters: Mapping[str, str], *, required: bool) -> None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if required or method is not None:
            raise InvalidRequest("code_challenge is missing")
        return
    if method != "S256":
        raise InvalidRequest("code_challenge_method must be S256")
    if not pkce.is_challenge(challenge):
        raise InvalidRequest("code_challenge is malformed")


def _question(
    redirect: TrustedRedirect,
    typed: Mapping[str, Any],
    parameters: Mapping[str, str],
    asked: AskedClaims,
    expected_subject: str | None,
) -> SignInRequest:
    prompt = frozenset(typed.get("prompt", ()))
    if "none" in prompt and len(prompt) > 1:
        raise InvalidRequest("prompt none cannot be combined")
    max_age = typed.get("max_age", redirect.client.default_max_age)
    if max_age is not None:
        if max_age < 0:
            raise InvalidRequest("max_age is negative")
        max_age = min(max_age, _LONGEST_MAX_AGE)
    acr = requested_acr(parameters, redirect.client.default_acr_values)
    scopes = granted(tuple(typed["scope"]), redirect.client.scopes)
    # A page may ask for what an essential claim needs; without pages the answer leaves the claim out (§5.5.1).
    needed = asked.essential_scopes - scopes if "none" not in prompt else frozenset()
    return SignInRequest(
        relying_party_id=redirect.party.id,
        answer_path=ANSWER_PATH,
        scopes=scopes | needed,
        may_interact="none" not in prompt,
        must_reauthenticate=bool(prompt & {"login", "select_account"}),
        must_consent="consent" in prompt,
        max_age=max_age,
        acr_values=acr.values,
        acr_essential=acr.essential,
        login_hint=parameters.get("login_hint"),
        expected_subject=expected_subject,
        continues_at=redirect.uri.value,
        protocol_state={
            "redirect_uri": redirect.uri.value,
            "response_type": parameters["response_type"],
            "response_mode": redirect.mode.name,
            "state": redirect.state,
            "nonce": parameters.get("nonce"),
            "verified_claims": verified_claims.requested(parameters.get("claims")),
            "claims": asked.packed(),
            "scopes_for_claims": list(needed),
            "code_challenge": parameters.get("code_challenge"),
            "dpop_jkt": _key_to_come(parameters.get("dpop_jkt")),
        },
    )


def _key_to_come(jkt: str | None) -> str | None:
    """The thumbprint of the key that will redeem the code. RFC 9449 §10."""
    if jkt is not None and _THUMBPRINT.fullmatch(jkt) is None:
        raise InvalidRequest("dpop_jkt is not a SHA-256 thumbprint")
    return jkt
