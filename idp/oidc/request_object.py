"""Authorization requests that a client signed. RFC 9101, OpenID Connect Core §6, FAPI 2.0 Message Signing §5.3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from idp.agencies.oidc_registration import OidcRegistration
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.crypto.foreign_jwt import ForeignJwt, NotAToken
from idp.oidc import profile
from idp.oidc.answered_once import ENDS_WITHIN, Ticket
from idp.oidc.client_keys import ClientSignatures
from idp.oidc.errors import InvalidRequestObject, UnsignedRequestObject
from idp.oidc.profile import Profile

LONGEST: Final = 16_384
"""Characters of an object that we look at; no parameter may be longer either."""

_TYPES = frozenset({None, "jwt", "oauth-authz-req+jwt"})
_ABOUT_ITSELF = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
_NEVER_INSIDE = ("request", "request_uri")
_MOST_AUDIENCES = 10
_SKEW = 10.0
"""Seconds that clocks may differ. FAPI 2.0 Security §5.3.2.1: 10 must be taken, 60 must not."""
_REMEMBERED = timedelta(hours=1).total_seconds()


@dataclass(frozen=True, slots=True)
class RequestObject:
    """What a client signed; `ticket` where it may be answered only once."""

    parameters: Mapping[str, str]
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class ReadRequestObject:
    """Tells what a client signed from what it did not."""

    issuer: str
    signatures: ClientSignatures
    clock: Clock

    def __call__(self, relying_party_id: str, client: OidcRegistration, compact: str) -> RequestObject:
        """The parameters in `compact`, which count alone: what stands beside the object does not (RFC 9101 §6.3).

        Raises:
            InvalidRequestObject: it is not `client`'s, not for us, not of now, or says what it may not.
        """
        if compact.count(".") == 4:
            raise InvalidRequestObject("encrypted request objects are not supported")
        try:
            token = ForeignJwt.read(compact, longest=LONGEST)
        except NotAToken as error:
            raise InvalidRequestObject("the request object is not a JWT that can be used") from error
        if token.alg == "none":
            raise UnsignedRequestObject("the request object is not signed")
        asked = profile.of(client)
        # Of the algorithm before of any key: it decides which keys are looked at, never the other way round.
        if token.alg not in asked.request_object_algs:
            raise InvalidRequestObject("alg of the request object is not allowed")
        if token.typ not in _TYPES:
            # What the same key signed for another use must not pass for this (RFC 8725 §3.11).
            raise InvalidRequestObject("typ of the request object is that of another kind of token")
        if not self.signatures(client, token):
            raise InvalidRequestObject("the request object is not signed by a key of this client")
        now = self.clock.now().timestamp()
        reason = why_not(token, client.client_id, self.issuer, asked, now)
        if reason is not None:
            raise InvalidRequestObject(reason)
        parameters = {"client_id": client.client_id, **_parameters(token.claims)}
        return RequestObject(parameters, _ticket(token, relying_party_id, now))


def why_not(token: ForeignJwt, client_id: str, issuer: str, asked: Profile, now: float) -> str | None:
    """What is wrong with a rightly signed request object, or None. Pure. RFC 9101 §4, §6, §10.8."""
    claims, strict = token.claims, asked.longest_request_object is not None
    if not _for_us(claims.get("aud", None if strict else issuer), issuer):
        return "aud of the request object must be our issuer"
    if any(name in claims for name in _NEVER_INSIDE):
        return "request and request_uri must not stand in the request object"
    try:
        return _why_not_theirs(claims, client_id, strict=strict) or _why_not_now(token, asked, now)
    except NotAToken:
        return "iat, nbf or exp of the request object is no time"


def _why_not_theirs(claims: Mapping[str, Any], client_id: str, *, strict: bool) -> str | None:
    if claims.get("client_id", client_id) != client_id:
        return "client_id of the request object is another client"
    if claims.get("iss", None if strict else client_id) != client_id:
        return "iss of the request object must be the client_id"
    if claims.get("sub") == client_id:
        # So are client assertions made: one that leaked must not begin a sign-in.
        return "sub of the request object must not be the client_id"
    return None


def _why_not_now(token: ForeignJwt, asked: Profile, now: float) -> str | None:
    issued, starts, ends = token.time("iat"), token.time("nbf"), token.time("exp")
    longest = asked.longest_request_object
    if longest is not None:
        if starts is None or ends is None:
            return "nbf and exp of the request object are required"
        if ends - starts > longest.total_seconds() or now - starts > longest.total_seconds() + _SKEW:
            return "nbf of the request object is too old, or exp too far from it"
    if ends is not None and ends <= now - _SKEW:
        return "the request object has expired"
    if max(issued or 0.0, starts or 0.0) > now + _SKEW:
        return "the request object is not valid yet"
    return None


def _for_us(aud: object, issuer: str) -> bool:
    if isinstance(aud, list):
        return len(aud) <= _MOST_AUDIENCES and issuer in aud
    return aud == issuer


def _parameters(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as the parameters that they stand for; what is empty or null counts as absent. RFC 9101 §4."""
    found = {name: _text(value) for name, value in claims.items() if name not in _ABOUT_ITSELF and value is not None}
    return {name: value for name, value in found.items() if value}


def _text(value: Any) -> str:
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool | int | list | dict):
        # `max_age` comes as a number and `claims` as an object, which the address would carry as JSON.
        try:
            text = json.dumps(value, ensure_ascii=False)
        except RecursionError:
            raise InvalidRequestObject("a parameter in the request object is nested too deeply") from None
    else:
        raise InvalidRequestObject("a parameter in the request object has no form that we know")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidRequestObject("a parameter in the request object is not Unicode") from None
    if "\x00" in text:
        raise InvalidRequestObject("a parameter in the request object holds a NUL character")
    return text


def _ticket(token: ForeignJwt, relying_party_id: str, now: float) -> Ticket | None:
    """An object that names itself and ends soon is answered once. One that is good for longer is made to be hosted and
    used again (OpenID Connect Core §6.2)."""
    ends, jti = token.time("exp"), token.text("jti")
    if jti is None or ends is None or ends - now > _REMEMBERED + _SKEW:
        return None
    return f"{relying_party_id}:jti:{secret_digest(jti)}", ends + _SKEW + ENDS_WITHIN.total_seconds()
