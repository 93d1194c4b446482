"""What a message says, built from its outbox row alone: the member may be gone by now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.clock import epoch_seconds
from idp.errors import IdpError
from idp.signals.catalogue import EventType
from idp.signals.event_types import uri_of
from idp.transmitter.claim import Claimed

SET_TYP = "secevent+jwt"
LOGOUT_TYP = "logout+jwt"
_LOGOUT_LIFETIME = timedelta(minutes=2)
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Unbuildable(IdpError):
    """A row whose message cannot be made; no waiting mends it."""

    code = "unbuildable"


def event_uri(event_type: str, schema_base: str) -> str:
    """The URI of an event type.

    Raises:
        Unbuildable: it is unknown here, or not told by Security Event Token.
    """
    known = event_type in EventType.__members__.values()
    uri = uri_of(EventType(event_type), schema_base) if known else None
    if uri is None:
        raise Unbuildable(f"{event_type} has no event URI")
    return uri


def set_claims(row: Claimed, *, issuer: str, audience: str, schema_base: str) -> Mapping[str, Any]:
    """The claims of a Security Event Token; the same at every attempt. RFC 8417 §2.2, SSF 1.0 §4.

    No `sub` and no `exp`: with them a token could be taken for an ID token or an access token (RFC 8417 §4.5, §4.6).

    Raises:
        Unbuildable: the row holds no event of ours.
    """
    return {
        "iss": issuer,
        "iat": epoch_seconds(row.occurred_at),
        "jti": row.jti,
        "aud": audience,
        "txn": row.txn,
        "sub_id": row.sub_id or {"format": "iss_sub", "iss": issuer, "sub": row.subject},
        "events": {event_uri(row.event_type, schema_base): row.payload},
    }


def logout_claims(row: Claimed, *, issuer: str, audience: str, now: datetime) -> Mapping[str, Any]:
    """The claims of a logout token. OpenID Connect Back-Channel Logout 1.0 §2.4.

    `iat` is the attempt's own time: the token lives two minutes and a late attempt would else be expired at birth. What
    a receiver tells repeats by is the `jti`.

    Raises:
        Unbuildable: neither `sub` nor `sid` says whose session ends.
    """
    whose = {name: row.payload[name] for name in ("sub", "sid") if isinstance(row.payload.get(name), str)}
    if row.event_type != EventType.BACKCHANNEL_LOGOUT or not whose:
        raise Unbuildable("a logout token needs sub or sid")
    return {
        "iss": issuer,
        "aud": audience,
        "iat": epoch_seconds(now),
        "exp": epoch_seconds(now + _LOGOUT_LIFETIME),
        "jti": row.jti,
        "events": {_LOGOUT_EVENT: {}},
        **whose,
    }
