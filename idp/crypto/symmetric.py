"""The deployment's three symmetric keys, each a file of 32 random bytes: `kek`, `digest.key`, `secret_key`.

A former key-encryption key lies beside the current one as `kek.<anything>` and still opens what it wrapped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from idp.clock import Clock
from idp.crypto.fields import KeyEncryptionKeys
from idp.crypto.key_files import write_file
from idp.errors import ConfigurationError
from idp.randomness import Randomness

_KEY = 32
_FILES = ("kek", "digest.key", "secret_key")
RECHECK = timedelta(seconds=3)
"""How old at most a process's knowledge of the directory is."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SymmetricKeys:
    """What encrypts, what finds, what signs forms."""

    kek: KeyEncryptionKeys
    digest_key: bytes = field(repr=False)
    secret_key: bytes = field(repr=False)


def ensure_symmetric(directory: Path, randomness: Randomness) -> None:
    """Make the files on first start, never over one that is there; for a caller that holds the directory's lock.

    Raises:
        ConfigurationError: some are missing beside others, so they were lost. A new `kek` would make every member's
            data unreadable without a word, a new `digest.key` would make every member unfindable.
    """
    present = [(directory / name).exists() for name in _FILES]
    for name, there, later in zip(_FILES, present, (any(present[1:]), any(present[2:]), False), strict=True):
        if there:
            continue
        # They are made in this order: one that lacks while a later one is there was not merely interrupted.
        if later:
            raise ConfigurationError(f"keys_dir: {name} is gone; restore it from the backup")
        write_file(directory / name, randomness.octets(_KEY), 0o600, randomness, replace=False)


def load_symmetric(directory: Path) -> SymmetricKeys:
    """The keys as they lie there.

    Raises:
        ConfigurationError: one is missing or not of 32 bytes; says which.
    """
    return SymmetricKeys(
        kek=load_kek(directory),
        digest_key=read_key(directory / "digest.key"),
        secret_key=read_key(directory / "secret_key"),
    )


def load_kek(directory: Path) -> KeyEncryptionKeys:
    """The key-encryption keys as they lie there.

    Raises:
        ConfigurationError: one is missing or not of 32 bytes; says which.
    """
    return KeyEncryptionKeys(read_key(directory / "kek"), [read_key(path) for path in other_keks(directory)])


def other_keks(directory: Path) -> list[Path]:
    """The files of keys that open and do not wrap."""
    return sorted(path for path in directory.glob("kek.*") if path.is_file())


class LivingKeys:
    """The key-encryption keys of a directory, looked at again every few seconds: nothing restarts for a rotation."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        """Load what is there.

        Raises:
            ConfigurationError: a key cannot be used.
        """
        self._directory = directory
        self._clock = clock
        self._looked_at = clock.now()
        self._state = self._fingerprint()
        self._keys = load_kek(directory)

    def __call__(self) -> KeyEncryptionKeys:
        """The keys as they were at most three seconds ago. Files that went bad stop nobody who holds good keys."""
        now = self._clock.now()
        # A clock set back must not keep us from looking until it has caught up, hence abs.
        if abs(now - self._looked_at) >= RECHECK:
            self._looked_at = now
            try:
                # The state is taken before the files: a change in between is seen again next time, never missed.
                state = self._fingerprint()
                if state != self._state:
                    self._keys, self._state = load_kek(self._directory), state
            except ConfigurationError as error:
                _log.error("kek.unreadable", detail=error.detail)
        return self._keys

    def _fingerprint(self) -> frozenset[tuple[str, int, int]]:
        try:
            states = [(path.name, path.stat()) for path in (self._directory / "kek", *other_keks(self._directory))]
        except OSError as error:
            raise ConfigurationError(f"keys_dir: {type(error).__name__} on looking at kek") from error
        return frozenset((name, state.st_ino, state.st_mtime_ns) for name, state in states)


def read_key(path: Path) -> bytes:
    """One key file's octets.

    Raises:
        ConfigurationError: it cannot be read, or is not of 32 bytes; says which.
    """
    try:
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"keys_dir: {type(error).__name__} on reading {path.name}") from error
    if len(key) != _KEY:
        raise ConfigurationError(f"keys_dir: {path.name} must hold exactly {_KEY} bytes")
    return key
