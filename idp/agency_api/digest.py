"""Digests of an agency's links, by which both sides find where they differ without showing each other everything.

    bucket(link)  = the first octet of SHA-256(link_id), as two hexadecimal digits
    hash(bucket)  = SHA-256 over `link_id:version:status` and a newline for each link of the bucket, by link_id

256 buckets: of a million links one bucket holds four thousand, so a single difference costs one page or two.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from idp.clock import Clock
from idp.links import agency_view
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore

BUCKETS = 256
BUCKET = re.compile(r"[0-9a-f]{2}")
"""How a bucket is called."""
KEPT = timedelta(seconds=30)
"""How old an answer may be: an agency that compares at once after a change sees a difference that is gone next time."""
_ID = 32


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many links are in it, and the hash over them."""

    count: int
    hash: str


EMPTY = Bucket(0, hashlib.sha256().hexdigest())


@dataclass(slots=True)
class Tally:
    """Digests in the making; links come by id."""

    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    hashes: list[hashlib._Hash] = field(default_factory=lambda: [hashlib.sha256() for _ in range(BUCKETS)])

    def add(self, link_id: str, version: int, status: str) -> int:
        """Count one link; the number of its bucket."""
        number = bucket_of(link_id)
        self.counts[number] += 1
        self.hashes[number].update(f"{link_id}:{version}:{status}\n".encode())
        return number

    def buckets(self) -> list[Bucket]:
        """All of them, in order."""
        return [Bucket(count, each.hexdigest()) for count, each in zip(self.counts, self.hashes, strict=True)]


def bucket_of(link_id: str) -> int:
    """The number of a link's bucket."""
    return hashlib.sha256(link_id.encode()).digest()[0]


def name_of(bucket: int) -> str:
    """A bucket as it is called: `00` to `ff`."""
    return f"{bucket:02x}"


@dataclass(frozen=True, slots=True)
class Digests:
    """Makes an agency's digests by reading all of its links once, and keeps them for a moment."""

    database: Database
    store: ExpiringStore
    clock: Clock

    def __call__(self, agency_id: str) -> tuple[list[Bucket], str]:
        """The buckets, and when they were made (RFC 3339)."""
        key = f"agency-api:digest:{agency_id}"
        kept = self.store.get(key)
        if kept is None:
            made_at = self.clock.now().isoformat()
            tally = Tally()
            with self.database.reading() as connection:
                for link in agency_view.versions(connection, agency_id):
                    tally.add(*link)
            buckets = tally.buckets()
            said = {"at": made_at, "buckets": [[each.count, each.hash] for each in buckets]}
            self.store.put(key, json.dumps(said).encode(), KEPT)
            return buckets, made_at
        said = json.loads(kept)
        return [Bucket(*each) for each in said["buckets"]], said["at"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The buckets that differ, and the links, by id and version, of those that do not and were not confirmed before."""

    differing: list[int]
    unconfirmed: Iterator[tuple[str, int]]


def compare(connection: Connection, agency_id: str, relying_party_id: str, theirs: Mapping[int, Bucket]) -> Comparison:
    """Our digests of this moment against an agency's; a bucket it does not name is empty there.

    What is equal was equal in one look: a link that moves on while we compare is confirmed at the version compared, so
    the versions are kept, 36 octets a link that was not confirmed, and not read again.
    """
    tally, kept = Tally(), [bytearray() for _ in range(BUCKETS)]
    named = {number for number, bucket in theirs.items() if bucket.count}
    for link_id, version, status, known in agency_view.confirmed_versions(connection, agency_id, relying_party_id):
        number = tally.add(link_id, version, status)
        if number in named and (known is None or known < version):
            kept[number] += link_id.encode().ljust(_ID) + version.to_bytes(4, "big")
    ours = tally.buckets()
    differing = [number for number in range(BUCKETS) if ours[number] != theirs.get(number, EMPTY)]
    same = set(range(BUCKETS)) - set(differing)
    return Comparison(differing, (link for number in sorted(same) for link in _links(kept[number])))


def _links(kept: bytearray) -> Iterator[tuple[str, int]]:
    for start in range(0, len(kept), _ID + 4):
        yield kept[start : start + _ID].decode().rstrip(), int.from_bytes(kept[start + _ID : start + _ID + 4], "big")
