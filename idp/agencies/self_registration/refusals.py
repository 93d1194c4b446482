"""Why a client is not registered, changed or shown.

Refusal
├── RegistrationRefused   400: the metadata, by the error code of RFC 7591 §3.2.2
├── ManagementRefused     400: what was sent with the metadata contradicts what is registered
└── AccessRefused         401: the token is not one, or is no longer good for this
"""

from __future__ import annotations

import re
from typing import Final, Literal

from idp.errors import BadRequest, NotSignedIn

RegistrationError = Literal["invalid_redirect_uri", "invalid_client_metadata", "unapproved_software_statement"]
_NOT_ALLOWED: Final = re.compile(r'[^\x20-\x7e]|["\\]')


class RegistrationRefused(BadRequest):
    """`error` and `description` are for the client; the description names metadata, never values."""

    code = "registration_refused"

    def __init__(self, error: RegistrationError, description: str) -> None:
        self.error = error
        self.description = _NOT_ALLOWED.sub("'", description)[:300]
        super().__init__(f"{error}: {self.description}")


class ManagementRefused(BadRequest):
    """RFC 7592 §2.2: `client_id`, `client_secret` or a member that may not be sent."""

    code = "client_management_refused"


class AccessRefused(NotSignedIn):
    """Unknown, spent, expired, revoked, or another client's: they are told apart by nobody."""

    code = "registration_access_refused"
