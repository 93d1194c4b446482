"""Revocation lists that the operator imported: files named by what they speak for, read again when they change."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from idp.errors import BadRequest
from idp.verification.certificates.authorities import Authorities
from idp.verification.certificates.crl import WHOLE, Flaw, ListRefused, RevocationList, places_of, read_list
from idp.verification.certificates.revocation import Standing
from idp.verification.certificates.x509_values import Certified, NameKey

_KEPT = 256
"""Lists held in memory: partitioned ones are small and many."""


class ListNotImported(BadRequest):
    """A revocation list was not taken; the detail says why."""

    code = "revocation_list_not_imported"


@dataclass(frozen=True)
class Shelf:
    """A directory of them. A source of revocation by itself: what is past its nextUpdate has nothing to say."""

    directory: Path
    _read: dict[Path, tuple[int, RevocationList | None]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, certificate: Certified, issuer: Certified, now: datetime) -> Standing | None:
        found = None
        for place in (WHOLE, *(place for place, _address in places_of(certificate))):
            listed = self._at(self._path(issuer.subject, place))
            if listed is not None and listed.why_not(issuer, now) is None:
                found = listed.standing(certificate) or found
            if found is Standing.REVOKED:
                return found
        return found

    def take(self, octets: bytes, authorities: Authorities, now: datetime) -> RevocationList:
        """Keep a list in place of the one before.

        Raises:
            ListNotImported: it is not a current one of an authority of ours, or older than what is here.
        """
        try:
            listed = read_list(octets)
        except ListRefused as error:
            raise ListNotImported(error.flaw.value) from None
        flaws = {listed.why_not(each, now) for each in authorities.all if each.subject == listed.issuer}
        if None not in flaws:
            worst = next(iter(sorted(flaw.value for flaw in flaws if flaw)), Flaw.FOREIGN.value)
            raise ListNotImported(worst)
        for place in sorted(listed.places):
            path = self._path(listed.issuer, place)
            before = self._at(path)
            if before is not None and (before.this_update, before.number) > (listed.this_update, listed.number):
                raise ListNotImported("older than the one that is here")
            _replace(path, listed.crl.public_bytes(Encoding.DER))
        return listed

    def listed(self) -> Iterator[tuple[Path, RevocationList]]:
        """Everything here, by file."""
        for path in sorted(self.directory.glob("*.crl")) if self.directory.is_dir() else ():
            listed = self._at(path)
            if listed is not None:
                yield path, listed

    def _path(self, issuer: NameKey, place: str) -> Path:
        named = hashlib.sha256(repr((issuer, place)).encode()).hexdigest()[:32]
        return self.directory / f"{named}.crl"

    def _at(self, path: Path) -> RevocationList | None:
        try:
            changed = path.stat().st_mtime_ns
            known = self._read.get(path)
            if known is not None and known[0] == changed:
                return known[1]
            listed = read_list(path.read_bytes())
        except OSError:
            return None
        except ListRefused:
            listed = None
        with self._lock:
            if len(self._read) >= _KEPT:
                self._read.clear()
            self._read[path] = (changed, listed)
        return listed


def _replace(path: Path, octets: bytes) -> None:
    """Whoever reads meanwhile finds the old list or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(f".{os.getpid()}.new")
    written.write_bytes(octets)
    written.replace(path)
