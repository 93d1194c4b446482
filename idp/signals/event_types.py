"""What is fixed of each event type: its URI and its priority. Account-events are ours, RISC's, CAEP's or SSF's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from idp.signals.catalogue import EventType, Priority

_OPENID = "https://schemas.openid.net/secevent"
_RISC, _CAEP, _SSF = f"{_OPENID}/risc/event-type", f"{_OPENID}/caep/event-type", f"{_OPENID}/ssf/event-type"
_STANDARD: Final[Mapping[EventType, str]] = MappingProxyType(
    {
        EventType.ACCOUNT_PURGED: _RISC,
        EventType.ACCOUNT_DISABLED: _RISC,
        EventType.ACCOUNT_ENABLED: _RISC,
        EventType.ACCOUNT_CREDENTIAL_CHANGE_REQUIRED: _RISC,
        EventType.CREDENTIAL_COMPROMISE: _RISC,
        EventType.IDENTIFIER_CHANGED: _RISC,
        EventType.RECOVERY_ACTIVATED: _RISC,
        EventType.RECOVERY_INFORMATION_CHANGED: _RISC,
        EventType.SESSION_REVOKED: _CAEP,
        EventType.CREDENTIAL_CHANGE: _CAEP,
        EventType.TOKEN_CLAIMS_CHANGE: _CAEP,
        EventType.VERIFICATION: _SSF,
        EventType.STREAM_UPDATED: _SSF,
    }
)
_SECURITY: Final = frozenset(
    {
        EventType.ACCOUNT_DISABLED,
        EventType.ACCOUNT_CREDENTIAL_CHANGE_REQUIRED,
        EventType.CREDENTIAL_COMPROMISE,
        EventType.SESSION_REVOKED,
        EventType.CREDENTIAL_CHANGE,
        EventType.VERIFICATION,
        EventType.STREAM_UPDATED,
        EventType.BACKCHANNEL_LOGOUT,
    }
)
ABOUT_THE_STREAM: Final = frozenset({EventType.VERIFICATION, EventType.STREAM_UPDATED})
"""Sent whether requested or not. SSF 1.0 §8.1.4, §8.1.5."""
PERSONAL: Final = frozenset({EventType.TOKEN_CLAIMS_CHANGE, EventType.IDENTIFIER_CHANGED})
"""What says something of a member that is theirs: told only where it is released, and filled in when it is signed."""
REQUESTABLE: Final = (EventType.ACCOUNT_LINK_CHANGED, *(each for each in _STANDARD if each not in ABOUT_THE_STREAM))
"""What a stream may ask for."""

OPTIONAL: Final = frozenset(REQUESTABLE) - {EventType.ACCOUNT_LINK_CHANGED, EventType.ACCOUNT_PURGED}
"""What a receiver may have enough of for one subject; that a link or an account ended is not of that kind."""


def priority_of(event_type: EventType) -> Priority:
    """How urgent a message of this type is where nobody says otherwise."""
    return Priority.SECURITY if event_type in _SECURITY else Priority.LINK


def uri_of(event_type: EventType, schema_base: str) -> str | None:
    """The URI of an event type, None where it is not told by Security Event Token. Our own type lives under the
    operator's domain `schema_base`, never under schemas.openid.net."""
    if event_type is EventType.ACCOUNT_LINK_CHANGED:
        return f"{schema_base}/secevent/link/event-type/{event_type.value}"
    base = _STANDARD.get(event_type)
    return None if base is None else f"{base}/{event_type.value}"
