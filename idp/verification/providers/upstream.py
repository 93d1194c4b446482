"""What OpenID Connect and plain OAuth 2.0 have in common: the browser leaves with a state and a challenge, and a code
is exchanged, by Authlib over our wire. RFC 6749 §4.1, RFC 7636, RFC 9207.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from idp.crypto.digests import same
from idp.randomness import url_token
from idp.sections.providers import OpenIdProvider, ProfileProvider
from idp.verification.failures import (
    Cancelled,
    Denied,
    ForeignResult,
    ProviderFailed,
    ProviderUnavailable,
    Replayed,
    VerificationFailure,
)
from idp.verification.identity import Identity
from idp.verification.method import Context, Memory, Redirect, Turn
from idp.verification.providers import reading
from idp.verification.providers.adapter import Adapter
from idp.verification.providers.reading import Said
from idp.verification.providers.wire import Reply, Wire

RETURN = "/verification/return"
"""Where every provider of this kind sends browsers: such an address is registered once, so it names no verification."""

REFUSALS: Mapping[str, type[VerificationFailure]] = {
    "access_denied": Cancelled,
    "login_required": Denied,
    "consent_required": Denied,
    "interaction_required": Denied,
    "account_selection_required": Denied,
    "temporarily_unavailable": ProviderUnavailable,
    "server_error": ProviderFailed,
    "invalid_grant": Replayed,  # a code that was spent, or is too old
    "invalid_client": ProviderFailed,
    "invalid_request": ProviderFailed,
    "invalid_scope": ProviderFailed,
    "unauthorized_client": ProviderFailed,
}


class _Answer:
    """A reply in the words that Authlib asks for."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self._octets = reply.octets

    def json(self) -> dict[str, Any]:
        return dict(reading.json_object(self._octets).values)

    def raise_for_status(self) -> None:
        raise ProviderFailed(f"status {self.status_code}")


class _Session:
    """Our wire in the words that Authlib asks for."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth) -> _Answer:
        url, prepared, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _Answer(self.wire.post_form(url, body, prepared))


@dataclass(frozen=True, slots=True)
class Upstream(Adapter):
    """A provider that members sign in to."""

    told: OpenIdProvider | ProfileProvider

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        return None

    def leave(self, context: Context, authorization_endpoint: str, memory: Memory, **more: str) -> Turn:
        """The browser's way there."""
        # The first part finds the verification again, the second nobody can know who was not sent by us.
        state = f"{context.tx_id}.{url_token(self.by.randomness, 16)}"
        verifier = url_token(self.by.randomness)
        url, _ = self._client().create_authorization_url(
            authorization_endpoint, state=state, code_verifier=verifier, **more
        )
        return Turn(Redirect(url), {**memory, "state": state, "verifier": verifier})

    def tokens(self, memory: Memory, answer: Mapping[str, str], token_endpoint: str, issuer: str = "") -> Said:
        """What the code is worth; the state is looked at before anything that the browser brings.

        Raises:
            VerificationFailure: the state is not ours, or the provider or the member said no.
        """
        if not same(answer.get("state", ""), str(memory["state"])):
            raise ForeignResult
        # Who says of itself that it names itself is not believed without (RFC 9207 §2.4).
        if issuer and answer.get("iss", "" if memory.get("names_itself") else issuer) != issuer:
            raise ForeignResult
        if "error" in answer:
            raise self.refused(REFUSALS, answer["error"])
        try:
            found = self._client().fetch_token(
                token_endpoint,
                grant_type="authorization_code",
                code=answer.get("code", "")[:2000],
                code_verifier=memory["verifier"],
                redirect_uri=self.by.issuer + RETURN,
            )
        except OAuth2Error as error:
            raise self.refused(REFUSALS, str(error.error)) from error
        except (ValueError, TypeError) as error:
            raise self.wire.failed("token answer unusable") from error
        return Said(dict(found))

    def bearer(self, url: str, access_token: str) -> Said:
        """A JSON object that the access token opens."""
        if not access_token.isascii() or not access_token.isprintable():
            raise self.wire.failed("access token unusable")
        reply = self.wire.get(url, {"Authorization": f"Bearer {access_token}"})
        if not reply.good:
            raise self.wire.failed(f"profile status {reply.status}")
        return reading.json_object(reply.octets)

    def identity(self, said: Said, usual: Mapping[str, str]) -> Identity:
        """Out of claims, wherever the configuration finds them. Only the name must be there."""
        at = {**usual, **self.told.claims}

        def claim(field: str) -> str | None:
            return said.maybe(at[field], 200) if field in at else None

        day = claim("birth_date")
        year = claim("birth_year")
        if day is not None and year is not None:
            day = year + day.replace("-", "")
        return Identity(
            name=reading.person_name(claim("name") or ""),
            birth_date=reading.optional(reading.birth_date, day),
            gender=reading.gender(claim("gender")),
            phone=reading.optional(reading.mobile, claim("phone")),
            ci=reading.ci(claim("ci")),
            di=reading.di(claim("di")),
        )

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            _Session(self.wire),
            client_id=self.told.client_id,
            client_secret=self.told.client_secret.get_secret_value(),
            token_endpoint_auth_method=self.told.token_auth,
            scope=" ".join(self.told.scopes) or None,
            redirect_uri=self.by.issuer + RETURN,
            code_challenge_method="S256",
        )
