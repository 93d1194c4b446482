"""Messages that arrive in a query string: read once from the raw octets, signature included (bindings §3.4).

Web frameworks decode the query before we see it, and two decoders disagree: with `SAMLReques%74=EVIL&SAMLRequest=GOOD`
a signature check on the raw text covers GOOD while the framework hands out EVIL (SimpleSAMLphp CVE-2025-27773). So the
query is split here and what was signed is what is read.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

from idp.saml.certificates import SigningCertificate
from idp.saml.names import DEFLATE, SIGNATURE_METHODS
from idp.saml.refusals import UnreadableMessage, UntrustedSignature
from idp.saml.toolkit import MESSAGE_LIMIT

QUERY_LIMIT = 64 * 1024
RELAY_STATE_LIMIT = 2048
"""The standard allows 80 octets and service providers send whole addresses (bindings §3.4.3)."""

_PROTECTED = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding")


@dataclass(frozen=True, slots=True)
class RedirectSignature:
    """A signature over query octets; no claim yet that it holds."""

    signed: bytes
    algorithm: str
    value: bytes

    def holds(self, certificates: Iterable[SigningCertificate]) -> bool:
        """Whether one of the certificates' keys made it. Bindings §3.4.4.1."""
        return any(certificate.verifies(self.signed, self.value, self.algorithm) for certificate in certificates)


@dataclass(frozen=True, slots=True)
class RedirectMessage:
    """What one query string carried."""

    xml: bytes
    relay_state: str | None
    signature: RedirectSignature | None


def read(query: bytes, *, message: Literal["SAMLRequest", "SAMLResponse"] = "SAMLRequest") -> RedirectMessage:
    """The message in a raw query string, inflated, with its signature unverified.

    Raises:
        UnreadableMessage: a parameter is doubled, spelled with escapes, missing, too long or not decodable.
        UntrustedSignature: SigAlg and Signature do not come together, or the algorithm is not one we verify.
    """
    raw = _parameters(query)
    other = "SAMLResponse" if message == "SAMLRequest" else "SAMLRequest"
    if message not in raw or other in raw:
        raise UnreadableMessage(f"the query must hold one {message} and no {other}")
    if "SAMLEncoding" in raw and _text(raw["SAMLEncoding"]) != DEFLATE:
        raise UnreadableMessage("SAMLEncoding is not DEFLATE")
    relay_state = _text(raw["RelayState"].replace(b"+", b" ")) if "RelayState" in raw else None
    if relay_state is not None and len(relay_state.encode()) > RELAY_STATE_LIMIT:
        raise UnreadableMessage(f"RelayState over {RELAY_STATE_LIMIT} octets")
    return RedirectMessage(
        xml=inflate(_base64(raw[message])), relay_state=relay_state, signature=_signature(raw, message)
    )


def inflate(compressed: bytes, *, limit: int = MESSAGE_LIMIT) -> bytes:
    """The octets of one raw DEFLATE stream, never more than `limit` of them: 389 kB can hold 300 MB.

    Raises:
        UnreadableMessage: larger, cut short, followed by anything, or not DEFLATE.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        octets = inflater.decompress(compressed, limit + 1)
    except zlib.error as error:
        raise UnreadableMessage("not a DEFLATE stream") from error
    if len(octets) > limit:
        raise UnreadableMessage(f"message over {limit} octets")
    if not inflater.eof or inflater.unused_data:
        raise UnreadableMessage("a DEFLATE stream cut short or followed by something")
    return octets


def _parameters(query: bytes) -> dict[str, bytes]:
    if len(query) > QUERY_LIMIT:
        raise UnreadableMessage(f"query over {QUERY_LIMIT} octets")
    found: dict[str, bytes] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        meant = unquote_to_bytes(name.replace(b"+", b" ")).decode("latin-1").strip()
        if meant not in _PROTECTED:
            continue
        if name != meant.encode() or meant in found:
            raise UnreadableMessage(f"{meant} occurs twice or is spelled with escapes")
        found[meant] = value
    return found


def _signature(raw: dict[str, bytes], message: str) -> RedirectSignature | None:
    if "Signature" not in raw and "SigAlg" not in raw:
        return None
    if "Signature" not in raw or "SigAlg" not in raw:
        raise UntrustedSignature("Signature and SigAlg must come together")
    algorithm = _text(raw["SigAlg"])
    if algorithm not in SIGNATURE_METHODS:
        raise UntrustedSignature("SigAlg is not RSA or ECDSA with SHA-256 or longer")
    names = [message, *(["RelayState"] if "RelayState" in raw else []), "SigAlg"]
    signed = b"&".join(name.encode() + b"=" + raw[name] for name in names)
    return RedirectSignature(signed=signed, algorithm=algorithm, value=_base64(raw["Signature"]))


def _text(value: bytes) -> str:
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableMessage("a parameter is not UTF-8") from error


def _base64(value: bytes) -> bytes:
    # A bare plus stands for itself: base64 has no blanks, so it can have been nothing else.
    try:
        return base64.b64decode(unquote_to_bytes(value), validate=True)
    except binascii.Error as error:
        raise UnreadableMessage("a parameter is not base64") from error
