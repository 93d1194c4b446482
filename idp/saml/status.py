"""What a Response says when it carries no assertion (core §3.2.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_PREFIX: Final = "urn:oasis:names:tc:SAML:2.0:status:"

SUCCESS: Final = f"{_PREFIX}Success"


@dataclass(frozen=True, slots=True)
class Status:
    """A top-level code, what it means more exactly, and a sentence for whoever integrates the service provider."""

    code: str
    subcode: str | None
    message: str


def _requester(subcode: str | None, message: str) -> Status:
    return Status(f"{_PREFIX}Requester", subcode and _PREFIX + subcode, message)


def _responder(subcode: str | None, message: str) -> Status:
    return Status(f"{_PREFIX}Responder", subcode and _PREFIX + subcode, message)


VERSION_MISMATCH: Final = Status(f"{_PREFIX}VersionMismatch", None, "Only SAML 2.0 is spoken here")
UNSUPPORTED_BINDING: Final = _requester("UnsupportedBinding", "Responses go by HTTP-POST only")
UNSUPPORTED_REQUEST: Final = _requester("RequestUnsupported", "The Subject of the request cannot be read")
INVALID_NAME_ID_POLICY: Final = _requester(
    "InvalidNameIDPolicy", "The NameID format or SPNameQualifier is not available"
)
NO_AUTHN_CONTEXT: Final = _responder("NoAuthnContext", "The requested authentication context cannot be met")
NO_PASSIVE: Final = _responder("NoPassive", "The member would have to be asked")
UNKNOWN_PRINCIPAL: Final = _responder("UnknownPrincipal", "Somebody else is signed in")
REQUEST_DENIED: Final = _responder("RequestDenied", "The member or the operator refused")
