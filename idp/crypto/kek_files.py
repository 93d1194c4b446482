"""Rotating the key-encryption key: once the old key is gone, what it wrapped, and lies in backups, opens no more.

    make ──> kek.<new>: opens ──> use ──> kek: wraps, kek.<old>: opens ──> (everything wrapped anew) ──> drop ──> gone

Every file is whole at every moment and both keys are there until the last step, so a power cut loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from idp.crypto.fields import key_id
from idp.crypto.key_files import locked, write_file
from idp.crypto.symmetric import other_keks, read_key
from idp.errors import ConfigurationError
from idp.randomness import Randomness

_KEY = 32


@dataclass(frozen=True, slots=True)
class Kek:
    """One key-encryption key; `id` names it in what it wrapped, `since` is when its file came there."""

    id: str
    current: bool
    since: datetime
    path: Path


def list_keks(directory: Path) -> tuple[Kek, ...]:
    """Every key, the one in use first.

    Raises:
        ConfigurationError: a file cannot be used; says which.
    """
    files = [directory / "kek", *other_keks(directory)]
    return tuple(_kek(path, current=path == files[0]) for path in files)


def make_kek(directory: Path, randomness: Randomness) -> Kek:
    """A new key that opens and does not wrap yet: machines with directories of their own are given its file first.

    Raises:
        ConfigurationError: the directory cannot be written.
    """
    key = randomness.octets(_KEY)
    path = directory / f"kek.{key_id(key).hex()}"
    with locked(directory):
        write_file(path, key, 0o600, randomness, replace=False)
    return _kek(path, current=False)


def use_kek(directory: Path, name: str, randomness: Randomness) -> Kek:
    """Let the key `name` wrap from now on; the one before it still opens.

    Raises:
        ConfigurationError: there is no such key, or the directory cannot be written.
    """
    with locked(directory):
        chosen = _found(directory, name)
        if not chosen.current:
            former = read_key(directory / "kek")
            write_file(directory / f"kek.{key_id(former).hex()}", former, 0o600, randomness, replace=False)
            write_file(directory / "kek", read_key(chosen.path), 0o600, randomness)
            chosen.path.unlink()
    return _kek(directory / "kek", current=True)


def drop_kek(directory: Path, name: str) -> None:
    """Destroy the key `name`. The caller has seen that nothing is left which only this key opens.

    Raises:
        ConfigurationError: there is no such key, or it is the one in use.
    """
    with locked(directory):
        chosen = _found(directory, name)
        if chosen.current:
            raise ConfigurationError(f"key-encryption key {name} is in use")
        try:
            # What the disk keeps of a deleted file is the disk's; overwriting first leaves less of it.
            with chosen.path.open("r+b") as file:
                file.write(bytes(_KEY))
            chosen.path.unlink()
        except OSError as error:
            raise ConfigurationError(f"keys_dir: {type(error).__name__} on deleting {chosen.path.name}") from error


def _found(directory: Path, name: str) -> Kek:
    for kek in list_keks(directory):
        if kek.id == name:
            return kek
    raise ConfigurationError(f"no key-encryption key {name[:32]}: `idp keys kek list`")


def _kek(path: Path, *, current: bool) -> Kek:
    since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Kek(key_id(read_key(path)).hex(), current, since, path)
