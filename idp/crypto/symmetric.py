"""The deployment's three symmetric keys, each a file of 32 random bytes: `kek`, `digest.key`, `secret_key`.

A former key-encryption key lies beside the current one as `kek.<anything>` and still opens what it wrapped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from idp.crypto.fields import KeyEncryptionKeys
from idp.crypto.key_files import write_file
from idp.errors import ConfigurationError
from idp.randomness import Randomness

_KEY = 32
_FILES = ("kek", "digest.key", "secret_key")


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
    former = sorted(path for path in directory.glob("kek.*") if path.is_file())
    return SymmetricKeys(
        kek=KeyEncryptionKeys(_read(directory / "kek"), [_read(path) for path in former]),
        digest_key=_read(directory / "digest.key"),
        secret_key=_read(directory / "secret_key"),
    )


def _read(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"keys_dir: {type(error).__name__} on reading {path.name}") from error
    if len(key) != _KEY:
        raise ConfigurationError(f"keys_dir: {path.name} must hold exactly {_KEY} bytes")
    return key
