"""Whether a refresh token is spent by its use, and for how long a spent one is forgiven. Pure. RFC 9700 §4.14."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from idp.agencies.oidc_registration import OidcRegistration
from idp.oidc import profile
from idp.oidc.grants import Grant

FORGIVEN: Final = timedelta(seconds=60)
"""How long the token before the present one is answered with the present one, for an answer that was lost. FAPI 2.0
§5.3.2.1 wants the old one to be good where one is replaced at all."""


def only_its_clients(client: OidcRegistration, grant: Grant) -> bool:
    """Whether a refresh token is of no use to a thief: the client proves itself, or a key."""
    return client.token_endpoint_auth_method != "none" or bool(grant.bound_to)


def rotates(client: OidcRegistration, grant: Grant) -> bool:
    """Whether each use brings a new one. Where nothing else binds it that is how a theft is noticed."""
    return not only_its_clients(client, grant) or profile.of(client).rotate_refresh_tokens


def is_forgiven(client: OidcRegistration, grant: Grant, now: datetime) -> bool:
    """Whether a spent token is taken for a question asked again.

    Not of a bearer's: a thief who is quick would hold the present token beside its owner, and neither of them would be
    noticed as long as they keep asking within that time of each other.
    """
    return only_its_clients(client, grant) and grant.replaced_at is not None and now - grant.replaced_at < FORGIVEN
