"""What an agency's relying parties are told of a change to a link. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from idp.agencies.relying_party import RelyingParty
from idp.links.state import LinkState
from idp.signals.catalogue import Channel, EventType, LinkChange
from idp.signals.outbox import Notice


def notices(
    change: LinkChange,
    subject: str,
    parties: Iterable[RelyingParty],
    *,
    purged: bool = False,
    accounts: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Iterator[Notice]:
    """One message for each relying party and kind it asked for; where a link ends, its sessions there end too.

    `accounts`: by relying party, the ids it gave accounts of its own; nobody else is told them. `purged`: the
    account here is gone for good, so the subject never comes back (RISC account-purged is then true).
    """
    for party in parties:
        requested = party.events.requested if party.events is not None else frozenset[str]()
        if EventType.ACCOUNT_LINK_CHANGED in requested:
            own = accounts.get(party.id, ())
            yield _notice(change, subject, party, EventType.ACCOUNT_LINK_CHANGED, dict(change.claims(own)))
        if purged and EventType.ACCOUNT_PURGED in requested:
            yield _notice(change, subject, party, EventType.ACCOUNT_PURGED, {})
        ends = change.current_status != LinkState.LINKED
        if ends and party.oidc is not None and party.oidc.backchannel_logout_uri is not None:
            yield Notice(
                party.id,
                EventType.BACKCHANNEL_LOGOUT,
                subject,
                {"sub": subject},
                change.at,
                change.link_id,
                change.version,
                Channel.LOGOUT,
            )


def _notice(
    change: LinkChange, subject: str, party: RelyingParty, event_type: EventType, payload: dict[str, object]
) -> Notice:
    return Notice(party.id, event_type, subject, payload, change.at, change.link_id, change.version)
