"""Making the message of a row, late: each attempt is signed with the key of the day, so a rotation strands nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from idp.clock import Clock
from idp.crypto import jws
from idp.crypto.keyring import Keyring
from idp.errors import ConfigurationError, IdpError, StoreUnavailable
from idp.signals.catalogue import Channel
from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Destination
from idp.transmitter.set_token import LOGOUT_TYP, SET_TYP, Unbuildable, logout_claims, set_claims
from idp.transmitter.verdict import Answer, unanswered, unsendable, withheld

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message as it goes over the wire."""

    text: str
    kid: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Sign:
    """Makes messages. Costs an RSA signature: call it off the event loop."""

    keyring: Keyring
    clock: Clock
    issuer: str
    schema_base: str
    complete: Callable[[Claimed], Claimed | None]
    """The row with what it says of the member, if anything may still be said."""

    def __call__(self, row: Claimed, destination: Destination) -> Message | Answer:
        """The message of `row` for `destination`, or why there is none."""
        try:
            return self._signed(row, destination)
        except Unbuildable:
            return unsendable("unbuildable")
        except StoreUnavailable:
            return unanswered("cannot_look_up")
        except ConfigurationError as error:
            # No key for the registered algorithm: the operator's to mend, and no message's fault.
            _log.error("events.cannot_sign", relying_party=row.relying_party_id, detail=error.detail)
            return unanswered("cannot_sign")
        except IdpError as error:
            # A member's data that cannot be opened, above all: it must cost this message, not every lane its worker.
            _log.error("events.cannot_make", jti=row.jti, relying_party=row.relying_party_id, code=error.code)
            return unsendable(error.code)

    def _signed(self, row: Claimed, destination: Destination) -> Message | Answer:
        if row.channel is Channel.LOGOUT:
            # The client verifies it like an ID token, with the same keys (Back-Channel Logout §2.6).
            key = self.keyring.signing_key("oidc", destination.alg)
            now = self.clock.now()
            claims = logout_claims(row, issuer=self.issuer, audience=destination.audience, now=now)
            return Message(jws.sign(key, claims, typ=LOGOUT_TYP), key.kid)
        key = self.keyring.signing_key("events", destination.alg)
        whole = self.complete(row)
        if whole is None:
            return withheld()
        claims = set_claims(whole, issuer=self.issuer, audience=destination.audience, schema_base=self.schema_base)
        return Message(jws.sign(key, claims, typ=SET_TYP), key.kid)
