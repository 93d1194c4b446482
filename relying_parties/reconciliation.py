"""Making sure that we believe of every link what the provider does, and telling it so.

our digests ──▶ what is equal is confirmed ──▶ what differs is fetched and taken over ──▶ our digests once more
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from relying_parties.event_effects import apply_link_change
from relying_parties.records import Records
from relying_parties.security_event import SecurityEvent


class Provider(Protocol):
    """What is asked of the provider."""

    def compare(self, buckets: dict[str, Any]) -> list[str]:
        """The buckets that differ."""
        ...

    def links(self, buckets: list[str]) -> list[dict[str, Any]]:
        """The links of these buckets as the provider has them."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How many links we took over, how many we have that the provider does not know, and what differs still."""

    taken_over: int
    unknown_there: int
    still_differing: int


@dataclass(frozen=True)
class Reconcile:
    """One comparison. Called as often as one likes; where all is equal it changes nothing."""

    provider: Provider
    records: Records
    issuer: str
    link_changed: str
    applied: Callable[[sqlite3.Connection, SecurityEvent], None]
    """Told of every link that was taken over, in the transaction that did it; as for an event."""

    def __call__(self) -> Outcome:
        differing = self.provider.compare(digests(self._ours()))
        if not differing:
            return Outcome(0, 0, 0)
        theirs = self.provider.links(differing)
        taken_over = sum(self._take_over(link) for link in theirs)
        known = {link["link_id"] for link in theirs}
        unknown = [each for each in self._ours() if bucket_of(each[0]) in differing and each[0] not in known]
        return Outcome(taken_over, len(unknown), len(self.provider.compare(digests(self._ours()))))

    def _ours(self) -> list[tuple[str, int, str]]:
        """Link id, version and status of every link we heard of; one known by a sign-in alone has no id yet."""
        return [
            (row["link_id"], row["version"], row["status"])
            for row in self.records.links()
            if row["issuer"] == self.issuer and row["link_id"]
        ]

    def _take_over(self, link: dict[str, Any]) -> bool:
        """Whether it told us anything: the same as an event would that we never received."""
        changed_at = datetime.fromisoformat(link["changed_at"]).timestamp()
        payload = {
            "current_status": link["status"],
            # The full state, so that what we put behind the link before gives way to what is named.
            "previous_status": "unlinked",
            "version": link["version"],
            "link_id": link["link_id"],
            "agency_accounts": link["agency_accounts"],
        }
        event = SecurityEvent(self.issuer, "", changed_at, self.link_changed, payload, link["subject"])
        with self.records.transaction() as connection:
            # At one version there is one status. Where ours is another it is ours that is wrong.
            connection.execute(
                "update links set version = version - 1 "
                "where issuer = ? and subject = ? and version = ? and (status != ? or link_id is not ?)",
                (self.issuer, link["subject"], link["version"], link["status"], link["link_id"]),
            )
            if apply_link_change(connection, event, self.records.now()):
                return False
            self.applied(connection, event)
        return True


def bucket_of(link_id: str) -> str:
    """The bucket of a link: the first octet of SHA-256 over its id, in hexadecimal."""
    return hashlib.sha256(link_id.encode()).hexdigest()[:2]


def digests(links: Iterable[tuple[str, int, str]]) -> dict[str, dict[str, Any]]:
    """Count and hash of every bucket that is not empty."""
    held: dict[str, list[str]] = {}
    for link_id, version, status in sorted(links):
        held.setdefault(bucket_of(link_id), []).append(f"{link_id}:{version}:{status}\n")
    return {
        name: {"count": len(lines), "hash": hashlib.sha256("".join(lines).encode()).hexdigest()}
        for name, lines in held.items()
    }
