"""A relying party sends somebody to convert an old account: reading its signed request (REQ-05, REQ-06).

JWS, typ onepass-conversion+jwt
iss  client_id or entityID          aud  our issuer
iat, exp  at most ten minutes       jti  of one use
account       the account's id there        account_name  what the member knows it by
roles         its roles there; `config/conversion.toml` says which type of member they make
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import KeySet, OctKey

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.enrolment.draft import Conversion
from idp.enrolment.role_table import RoleTable
from idp.errors import BadRequest
from idp.storage.expiring import ExpiringStore

TYPE = "onepass-conversion+jwt"
_LONGEST = 8192
_LIFETIME = timedelta(minutes=10)
_SKEW = timedelta(seconds=30)
_LATEST = 10**11
"""Seconds since 1970 that any clock may say."""
_ASYMMETRIC = ["RS256", "PS256", "ES256"]


class ConversionRefused(BadRequest):
    """The request is forged, too old, used before, or not for us; the member may still join the ordinary way."""

    code = "conversion_refused"


@dataclass(frozen=True, slots=True)
class ReadConversionRequest:
    """Reads and spends conversion requests."""

    issuer: str
    catalogue: Catalogue
    store: ExpiringStore
    clock: Clock
    roles: RoleTable

    def __call__(self, token: str) -> Conversion:
        """What the relying party said; a second time it is refused.

        Raises:
            ConversionRefused: says why, for the log.
        """
        party, claims = self._verified(token)
        self._check_times(claims)
        account, name, roles = claims.get("account"), claims.get("account_name"), claims.get("roles", [])
        if not isinstance(account, str) or not 0 < len(account) <= 200 or not isinstance(name, str) or len(name) > 200:
            raise ConversionRefused("account or account_name is missing or too long")
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise ConversionRefused("roles is not a list of strings")
        if not all(_storable(text) for text in (account, name, *roles)):
            raise ConversionRefused("a control character or half a character in account, account_name or roles")
        expected = self.roles.kind_of(roles)
        if expected is None:
            raise ConversionRefused("no role of the account is in the role table")
        self._spend(party, claims)
        strict = party.conversion is not None and party.conversion.refuse_other_kind
        issued_at = float(claims["iat"])
        return Conversion(party.id, account, name, ", ".join(roles)[:200], expected, strict, issued_at)

    def _verified(self, token: str) -> tuple[RelyingParty, Mapping[str, Any]]:
        if len(token) > _LONGEST or not token.isascii():
            raise ConversionRefused("too long, or not ASCII")
        try:
            unverified = jws.extract_compact(token.encode("ascii"))
            said = json.loads(unverified.payload)
            party = self._party(said.get("iss") if isinstance(said, dict) else None)
            keys, algorithms = _keys(party)
            verified = _verified_by(token, keys, algorithms)
            claims = json.loads(verified.payload)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ConversionRefused(f"not a token of that relying party ({type(error).__name__})") from error
        # A token that the same key signed for another use must not pass for this (RFC 8725 §3.11).
        if verified.headers().get("typ") != TYPE or claims.get("aud") != self.issuer:
            raise ConversionRefused("typ or aud is another")
        return party, claims

    def _party(self, name: object) -> RelyingParty:
        party = None
        if isinstance(name, str):
            party = self.catalogue.client(name) or self.catalogue.service_provider(name)
        if party is None or party.conversion is None:
            raise ConversionRefused("the relying party is unknown or not registered for conversion")
        return party

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self.clock.now().timestamp()
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(expires, int) or max(abs(issued), abs(expires)) > _LATEST:
            raise ConversionRefused("iat or exp is missing, or no time")
        skew, lifetime = _SKEW.total_seconds(), _LIFETIME.total_seconds()
        if not issued - skew <= now < expires + skew or expires - issued > lifetime:
            raise ConversionRefused("too old, too early or too long-lived")

    def _spend(self, party: RelyingParty, claims: Mapping[str, Any]) -> None:
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 16 <= len(jti) <= 200:
            raise ConversionRefused("jti is missing or too short")
        key = f"conversion:{party.id}:{secret_digest(jti)}"
        if not self.store.add_if_absent(key, b"", _LIFETIME + 2 * _SKEW):
            raise ConversionRefused("used before")


def _storable(text: str) -> bool:
    """JSON lets through what neither a page nor a database takes."""
    return not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)


def _verified_by(token: str, keys: Sequence[Any], algorithms: list[str]) -> jws.CompactSignature:
    """Raises JoseError where none of `keys` signed it."""
    for key in keys[:-1]:
        with suppress(BadSignatureError):
            return jws.deserialize_compact(token, key, algorithms=algorithms)
    return jws.deserialize_compact(token, keys[-1], algorithms=algorithms)


def _keys(party: RelyingParty) -> tuple[Sequence[Any], list[str]]:
    """The relying party's keys, each to be tried, and what they may sign with. A registered key set shuts the secret
    out, so that a public key can never be taken for one (RFC 8725 §3.1)."""
    if party.conversion is not None and party.conversion.jwks is not None:
        return [KeySet.import_key_set(dict(party.conversion.jwks))], _ASYMMETRIC  # type: ignore[arg-type]
    digests = party.oidc.secret_digests if party.oidc is not None else ()
    if not digests:
        raise ConversionRefused("no key or secret to check the request with")
    # We keep the secret's digest only; the relying party keys its HMAC with the same digest.
    return [OctKey.import_key(digest.encode("ascii")) for digest in digests], ["HS256"]
