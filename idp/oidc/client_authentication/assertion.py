"""Clients that sign a JWT about themselves: `private_key_jwt` and `client_secret_jwt`. RFC 7523 §3, OpenID Connect
Core §9, FAPI 2.0 Security Profile §5.3.2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp.agencies.machine_client import MachineClient
from idp.agencies.registration_secrets import ClientSecrets
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.crypto.foreign_jwt import ForeignJwt, NotAToken
from idp.crypto.signatures import ALGS, PublicKey
from idp.oidc import profile
from idp.oidc.client_authentication.client import Registered
from idp.oidc.client_keys import ClientSignatures
from idp.oidc.errors import InvalidClient
from idp.storage.expiring import ExpiringStore

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGS: Final = ("RS256", "PS256", "ES256", "EdDSA", "HS256")
"""What assertions may be signed with; each client only with what its method, profile and registration leave."""

_SKEW = timedelta(seconds=10)
_FURTHEST = timedelta(hours=1)
"""How far ahead an assertion may end: until then its `jti` is remembered."""
_MOST_AUDIENCES = 10
_TYPES = frozenset({None, "jwt", "client-authentication+jwt"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one client's assertions must look like."""

    method: str
    algs: frozenset[str]
    issuer_only: bool
    """`aud` is our issuer, one string: no list, and no endpoint that somebody might have talked the client into."""


def rule_for(client: Registered) -> Rule | None:
    """The rule for `client`; None where it registered another way of proving itself."""
    registration = client.registration
    if client.uses("client_secret_jwt"):
        return Rule("client_secret_jwt", frozenset({"HS256"}), issuer_only=False)
    if not client.uses("private_key_jwt"):
        return None
    if isinstance(registration, MachineClient):
        alg = registration.token_endpoint_auth_signing_alg
        return Rule("private_key_jwt", ALGS if alg is None else ALGS & {alg}, issuer_only=False)
    asked = profile.of(registration)
    return Rule("private_key_jwt", asked.assertion_algs, asked.issuer_is_only_audience)


@dataclass(frozen=True, slots=True)
class ClientAssertions:
    """Weighs assertions and spends them."""

    issuer: str
    signatures: ClientSignatures
    secrets: ClientSecrets
    store: ExpiringStore
    clock: Clock

    def __call__(
        self, form: Mapping[str, str], audiences: Collection[str], find: Callable[[str], Registered | None]
    ) -> tuple[Registered, str]:
        """The client that signed the assertion in `form`, and by which method; a second time it is refused.

        What is wrong with an assertion is told to whoever holds the key, and to nobody else.

        Raises:
            InvalidClient: it is not a registered client's, not for us, not of now, or used before.
        """
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise InvalidClient("client_assertion_type is missing or not supported")
        try:
            token = ForeignJwt.read(form.get("client_assertion", ""))
        except NotAToken as error:
            raise InvalidClient("client_assertion is not a JWT that can be used") from error
        name = token.text("sub", 128) or ""
        if form.get("client_id", name) != name:
            raise InvalidClient("client_id differs from the authenticated client")
        client = find(name)
        rule = rule_for(client) if client is not None else None
        if client is None or rule is None:
            # An unknown client costs about as much as a wrong signature of a known one.
            token.signed_by(_nobodys(token.alg))
            raise InvalidClient("client authentication failed")
        if token.alg not in rule.algs or not self._signed(client, rule, token):
            why = "signature" if token.alg in rule.algs else "alg"
            _log.info("client_assertion.refused", relying_party=client.relying_party.id, why=why)
            raise InvalidClient("client authentication failed")
        self._spend(client, token, rule, audiences)
        return client, rule.method

    def _signed(self, client: Registered, rule: Rule, token: ForeignJwt) -> bool:
        registration = client.registration
        if rule.method == "private_key_jwt":
            return self.signatures(registration, token)
        if isinstance(registration, MachineClient):
            return False
        keyed = [token.keyed_by(secret) for secret in self.secrets(registration)]
        return any(keyed)

    def _spend(self, client: Registered, token: ForeignJwt, rule: Rule, audiences: Collection[str]) -> None:
        now = self.clock.now().timestamp()
        allowed = (self.issuer,) if rule.issuer_only else (self.issuer, *audiences)
        why = why_not(token, client.client_id, allowed, now, issuer_only=rule.issuer_only)
        if why is not None:
            raise InvalidClient(why)
        lifetime = timedelta(seconds=(token.time("exp") or now) - now) + _SKEW
        # A client_id holds no blank, so that the two cannot be cut in another place.
        spent = secret_digest(f"{client.client_id} {token.claims['jti']}")
        if not self.store.add_if_absent(f"client-assertion:{spent}", b"", lifetime):
            raise InvalidClient("client_assertion was used before")


def why_not(
    token: ForeignJwt, client_id: str, audiences: Collection[str], now: float, *, issuer_only: bool
) -> str | None:
    """What is wrong with a rightly signed assertion, or None. Pure. RFC 7523 §3."""
    if token.typ not in _TYPES:
        # What the same key signed for another use must not pass for this (RFC 8725 §3.11).
        return "typ of client_assertion is that of another kind of token"
    if token.claims.get("iss") != client_id or token.claims.get("sub") != client_id:
        return "iss and sub of client_assertion must be the client_id"
    if not _for_us(token.claims.get("aud"), audiences, issuer_only=issuer_only):
        return "aud of client_assertion is not us"
    if token.text("jti") is None:
        return "jti of client_assertion is missing or too long"
    return _why_not_now(token, now)


def _why_not_now(token: ForeignJwt, now: float) -> str | None:
    skew = _SKEW.total_seconds()
    try:
        issued, starts, ends = token.time("iat"), token.time("nbf"), token.time("exp")
    except NotAToken:
        return "iat, nbf or exp of client_assertion is no time"
    if ends is None or ends <= now - skew:
        return "client_assertion has expired or has no exp"
    if ends > now + _FURTHEST.total_seconds() + skew:
        return "exp of client_assertion is too far ahead"
    if max(issued or 0, starts or 0) > now + skew:
        return "client_assertion is not valid yet"
    return None


def _for_us(aud: object, audiences: Collection[str], *, issuer_only: bool) -> bool:
    if isinstance(aud, str):
        return aud in audiences
    if issuer_only or not isinstance(aud, list) or len(aud) > _MOST_AUDIENCES:
        return False
    return all(isinstance(each, str) for each in aud) and any(each in audiences for each in aud)


@cache
def _nobodys(alg: str) -> tuple[PublicKey, ...]:
    """A key of which nobody has the other half, for `alg`."""
    if alg in {"RS256", "PS256"}:
        return (rsa.RSAPublicNumbers(65537, (1 << 2047) | 1).public_key(),)
    if alg == "ES256":
        return (ec.generate_private_key(ec.SECP256R1()).public_key(),)
    return (ed25519.Ed25519PrivateKey.generate().public_key(),) if alg == "EdDSA" else ()
