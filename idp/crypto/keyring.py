"""The signing keys of a running process: which one signs, which are published, and when that changes.

    create ── published, waits ──signs_from──> signs ──a newer signs──> published ──retire──> published ──keep──> gone

Keys are made and retired in the directory by anybody who may write there; every process notices within seconds and
nothing restarts. A key is published before it signs and after it stopped, long enough for caches (`LEAD`, `KEEP`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from idp.clock import Clock
from idp.crypto.key_files import (
    LEAD,
    LastKey,
    NoSuchKey,
    create_in_locked,
    create_key,
    fingerprint,
    list_keys,
    load_key,
    locked,
    retire_key,
)
from idp.crypto.signing_key import Algorithm, KeyRecord, SigningKey, Use
from idp.crypto.symmetric import SymmetricKeys, ensure_symmetric, load_symmetric
from idp.errors import ConfigurationError
from idp.randomness import Randomness

__all__ = [
    "FIRST",
    "KEEP",
    "LEAD",
    "Algorithm",
    "KeyRecord",
    "Keyring",
    "LastKey",
    "NoSuchKey",
    "SigningKey",
    "SymmetricKeys",
    "Use",
    "create_key",
    "ensure_keys",
    "list_keys",
    "load_symmetric",
    "retire_key",
]

KEEP = timedelta(days=7)
"""How long a retired key goes on being published and verifying."""
FIRST: tuple[tuple[Use, Algorithm], ...] = (
    ("oidc", "RS256"),
    ("oidc", "PS256"),
    ("oidc", "ES256"),
    ("oidc", "EdDSA"),
    ("events", "RS256"),
    ("events", "ES256"),
    ("saml", "RS256"),
)
"""What a first start makes: for relying parties every algorithm that one of them may register."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The directory as it was last read; replaced whole, so a reader needs no lock."""

    state: frozenset[tuple[str, int, int, int]]
    keys: tuple[SigningKey, ...]
    by_kind: Mapping[tuple[Use, Algorithm], tuple[SigningKey, ...]] = field(default_factory=dict)
    """Latest to sign first."""


class Keyring:
    """The keys in one directory, private halves parsed once."""

    def __init__(
        self, directory: Path, clock: Clock, *, keep: timedelta = KEEP, recheck: timedelta = timedelta(seconds=3)
    ) -> None:
        """Load what is there; look again at most every `recheck`.

        Raises:
            ConfigurationError: the directory or a key in it cannot be used.
        """
        self._directory = directory
        self._clock = clock
        self._keep = keep
        self._recheck = recheck
        self._reading = threading.Lock()
        self._looked_at = clock.now()
        self._snapshot = self._read({})

    def signing_key(self, use: Use, alg: Algorithm) -> SigningKey:
        """The key to sign with: the newest whose time has come and that is not retired.

        Raises:
            ConfigurationError: no such key signs.
        """
        now = self._clock.now()
        for key in self._current(now).by_kind.get((use, alg), ()):
            if key.record.signs_from <= now and (key.record.retired_at is None or key.record.retired_at > now):
                return key
        raise ConfigurationError(f"no {use} key signs {alg}: `idp keys new --use {use} --alg {alg}`")

    def published(self, use: Use) -> tuple[SigningKey, ...]:
        """Every key that verifiers should know: waiting, signing, and retired less than `keep` ago."""
        now = self._clock.now()
        return tuple(key for key in self._current(now).keys if key.use == use and self._is_published(key, now))

    def jwks(self, use: Use) -> dict[str, list[dict[str, str]]]:
        """The JWK Set to publish; public members only. RFC 7517 §5."""
        return {"keys": [dict(key.jwk) for key in self.published(use)]}

    def find(self, use: Use, kid: str) -> SigningKey | None:
        """The published key of that id, if any."""
        return next((key for key in self.published(use) if key.kid == kid), None)

    def _is_published(self, key: SigningKey, now: datetime) -> bool:
        retired_at = key.record.retired_at
        return retired_at is None or now < retired_at + self._keep

    def _current(self, now: datetime) -> _Snapshot:
        # A clock set back must not keep us from looking until it has caught up, hence abs.
        if abs(now - self._looked_at) >= self._recheck and self._reading.acquire(blocking=False):
            try:
                self._refresh(now)
            finally:
                self._reading.release()
        return self._snapshot

    def _refresh(self, now: datetime) -> None:
        """Read what changed. A directory that went bad stops nobody who holds good keys; it is told to the log."""
        self._looked_at = now
        try:
            if fingerprint(self._directory) != self._snapshot.state:
                self._snapshot = self._read({key.kid: key for key in self._snapshot.keys})
        except ConfigurationError as error:
            _log.error("keyring.unreadable", detail=error.detail)

    def _read(self, known: Mapping[str, SigningKey]) -> _Snapshot:
        # The state is taken before the files: a change in between is seen again next time, never missed.
        state = fingerprint(self._directory)
        keys: list[SigningKey] = []
        for record in list_keys(self._directory):
            key = known.get(record.kid)
            keys.append(load_key(self._directory, record) if key is None else replace(key, record=record))
        by_kind: dict[tuple[Use, Algorithm], tuple[SigningKey, ...]] = {}
        for key in keys:
            by_kind[key.use, key.alg] = (key, *by_kind.get((key.use, key.alg), ()))
        return _Snapshot(state, tuple(keys), by_kind)


def ensure_keys(
    directory: Path,
    *,
    clock: Clock,
    randomness: Randomness,
    name: str = "idp",
    first: Sequence[tuple[Use, Algorithm]] = FIRST,
) -> None:
    """Make what a first start needs and nothing that is there already; two processes may start at once.

    `name` becomes the common name of the SAML certificate.

    Raises:
        ConfigurationError: the directory cannot be written, or a symmetric key was lost.
    """
    with locked(directory):
        ensure_symmetric(directory, randomness)
        there = {(key.use, key.alg) for key in list_keys(directory) if key.retired_at is None}
        for use, alg in first:
            if (use, alg) not in there:
                create_in_locked(directory, use, alg, clock=clock, randomness=randomness, lead=LEAD, name=name)
