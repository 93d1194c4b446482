"""What a browser sent back from an authenticator, read as far as we must judge it ourselves. Pure.

The signature and everything it covers is py_webauthn's to check; this is what decides which challenge was answered,
and which refusal is written down.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from webauthn.helpers import base64url_to_bytes, parse_authenticator_data

from idp.credentials.passkey_refusals import MalformedResponse

LONGEST = 16_384
"""Characters of one answer. A direct attestation with its certificates takes about six thousand."""
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "internal", "hybrid", "smart-card"})


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """The parts of an answer that come unsigned or must be known before the signature is looked at."""

    values: dict[str, Any] = field(repr=False)
    credential_id: bytes = field(repr=False)
    challenge: bytes = field(repr=False)
    origin: str
    cross_origin: bool
    user_handle: bytes | None = field(repr=False)
    transports: tuple[str, ...]

    @property
    def user_verified(self) -> bool:
        """Whether an assertion says that its authenticator knew who touched it.

        Raises:
            MalformedResponse: it says nothing that can be read.
        """
        try:
            octets = base64url_to_bytes(self.values["response"]["authenticatorData"])
            return bool(parse_authenticator_data(octets).flags.uv)
        except Exception as error:
            raise MalformedResponse("authenticator data") from error


def read(text: str) -> PasskeyAnswer:
    """The answer in a form field.

    Raises:
        MalformedResponse: it is none.
    """
    if len(text) > LONGEST:
        raise MalformedResponse("too long")
    try:
        values = json.loads(text)
        response = values["response"]
        client_data = json.loads(base64url_to_bytes(response["clientDataJSON"]))
        handle, transports = response.get("userHandle"), response.get("transports") or ()
        return PasskeyAnswer(
            values=values,
            credential_id=base64url_to_bytes(values["rawId"]),
            challenge=base64url_to_bytes(client_data["challenge"]),
            origin=str(client_data["origin"]),
            # Ours is never framed (frame-ancestors): an answer made in somebody's frame was not made on our page.
            cross_origin=client_data.get("crossOrigin") is True,
            user_handle=base64url_to_bytes(handle) if handle else None,
            transports=tuple(each for each in transports if each in _TRANSPORTS),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedResponse(type(error).__name__) from None
