"""The stream of account events of one relying party: what its registration allows, what its receiver made of that, and
the stream that results. SSF 1.0 §8.1.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from idp.agencies.registered_url import RegisteredUrl, registered, registered_on_hosts
from idp.errors import ConfigurationError
from idp.signals.catalogue import EventType
from idp.signals.event_types import REQUESTABLE

Delivery = Literal["push", "poll"]
Manager = Literal["operator", "receiver"]


class StreamStatus(StrEnum):
    """SSF 1.0 §8.1.2: what is not `enabled` is not sent; while `disabled` nothing is even kept."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


DELETED: Final = "deleted"
"""What stands in place of a status once a receiver deleted its stream: there is none, and what a server queued for it
that had not heard yet is to go."""


@dataclass(frozen=True, slots=True)
class StreamTerms:
    """What an operator registered about a relying party's stream."""

    managed_by: Manager
    alg: Literal["RS256", "ES256"]
    receiver_hosts: tuple[str, ...]
    """Where a receiver may have its events pushed: exact `host` or `host:port`."""
    standard_events_only: bool
    delivery: Delivery | None
    """None: there is no stream until its receiver makes one."""
    endpoint_url: str | None
    tenant_events: bool = False
    """Whether one message about a whole enterprise is understood."""
    wants_previous_subject: bool = False
    """Whether it asks for the former subject of somebody who left and came back, where they agree."""
    max_concurrency: int | None = None
    max_per_minute: int | None = None
    withdrawal_check_url: RegisteredUrl | None = None
    """Where it may be asked whether an application of a member's is open who is about to leave."""

    @property
    def supported(self) -> tuple[EventType, ...]:
        """What this receiver may ask for; our own type only where it is not to meet standard ones alone."""
        return tuple(
            each for each in REQUESTABLE if not (self.standard_events_only and each is EventType.ACCOUNT_LINK_CHANGED)
        )

    def receivers_address(self, url: str) -> RegisteredUrl:
        """`url`, which a receiver gave: the registered address itself, or one on a host registered for it.

        Raises:
            ConfigurationError: it is neither.
        """
        if url == self.endpoint_url:
            return registered(url, what="endpoint_url")
        return registered_on_hosts(url, self.receiver_hosts, what="endpoint_url")


@dataclass(frozen=True, slots=True)
class EventStream:
    """A relying party's stream as it is in force now."""

    stream_id: str
    status: StreamStatus
    reason: str | None
    delivery: Delivery
    endpoint_url: RegisteredUrl | None
    """Where events are pushed; None where they are fetched, or where the address is not registered (any more)."""
    authorization: bytes | None = field(repr=False)
    """The `Authorization` header value, sealed; only the transmitter opens it."""
    alg: Literal["RS256", "ES256"]
    delivered: frozenset[EventType]
    """Of what is supported, what was requested (`events_delivered`)."""
    requested_uris: tuple[str, ...] | None
    """`events_requested` as its receiver wrote it, unknown ones too; None where a file says what is requested."""
    description: str | None
    tenant_events: bool = False
    wants_previous_subject: bool = False
    max_concurrency: int | None = None
    """How many requests it can take at once, from every worker together; None: as many as each worker likes."""
    max_per_minute: int | None = None

    @property
    def requested(self) -> frozenset[EventType]:
        """What is to be queued for it now: nothing while it is disabled."""
        return frozenset() if self.status is StreamStatus.DISABLED else self.delivered


def terms_of(kept: Mapping[str, Any] | None) -> StreamTerms | None:
    """The terms in a kept registration; None: its relying party can have no stream."""
    if kept is None:
        return None
    return StreamTerms(
        # Registered by a release before this one, it has none of these: events were pushed, as the operator said.
        managed_by=kept.get("managed_by", "operator"),
        alg=kept["signing_alg"],
        receiver_hosts=tuple(kept.get("receiver_hosts", ())),
        standard_events_only=kept.get("standard_events_only", False),
        delivery=kept["delivery"],
        endpoint_url=kept["endpoint_url"],
        tenant_events=kept.get("tenant_events", False),
        wants_previous_subject=kept.get("wants_previous_subject", False),
        max_concurrency=kept.get("max_concurrency"),
        max_per_minute=kept.get("max_per_minute"),
        withdrawal_check_url=_checked(kept.get("withdrawal_check_url")),
    )


def stream_of(
    relying_party_id: str, kept: Mapping[str, Any] | None, authorization: bytes | None, row: Mapping[str, Any] | None
) -> EventStream | None:
    """The stream that a registration and what its receiver changed (`row`) come to.

    Delivery and events are the receiver's word only where the registration leaves them to it; the status always is.

    Raises:
        ConfigurationError: the registration's own address is not one we would ever use.
    """
    terms = terms_of(kept)
    if kept is None or terms is None:
        return None
    if row is not None and row["status"] == DELETED:
        row = None
    if row is not None and row["delivery"] is not None and terms.managed_by == "receiver":
        delivery, sealed, requested, uris = (
            row["delivery"],
            row["authorization"],
            row["requested"] if row["requested"] is not None else terms.supported,
            tuple(row["requested_uris"]) if row["requested_uris"] is not None else None,
        )
        endpoint = _still_registered(row["endpoint_url"], terms) if delivery == "push" else None
    elif terms.delivery is not None:
        delivery, sealed, requested, uris = terms.delivery, authorization, kept["events_requested"], None
        endpoint = registered(kept["endpoint_url"], what="events.endpoint_url") if delivery == "push" else None
    else:
        return None
    return EventStream(
        stream_id=row["stream_id"] if row is not None else relying_party_id,
        status=StreamStatus(row["status"]) if row is not None else StreamStatus.ENABLED,
        reason=row["reason"] if row is not None else None,
        delivery=delivery,
        endpoint_url=endpoint,
        authorization=sealed,
        alg=terms.alg,
        delivered=frozenset(terms.supported).intersection(requested),
        requested_uris=uris,
        description=row["description"] if row is not None else None,
        tenant_events=terms.tenant_events,
        wants_previous_subject=terms.wants_previous_subject,
        max_concurrency=terms.max_concurrency,
        max_per_minute=terms.max_per_minute,
    )


def _checked(url: str | None) -> RegisteredUrl | None:
    return registered(url, what="events.withdrawal_check_url") if url is not None else None


def _still_registered(url: str, terms: StreamTerms) -> RegisteredUrl | None:
    """A host that the operator took back gets nothing more; the rest of the catalogue is not harmed by it."""
    try:
        return terms.receivers_address(url)
    except ConfigurationError:
        return None
