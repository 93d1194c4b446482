"""Signing keys on disk: `<use>-<kid>.pem` (private, 0600), `<use>-<kid>.json` (metadata), for SAML `<use>-<kid>.crt`.

The metadata file is written last and so makes the key exist; a reader never meets half a key. Whoever changes the
directory holds its lock; readers take none.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idp.clock import Clock
from idp.crypto.signing_key import (
    ALGORITHMS,
    USES,
    Algorithm,
    KeyRecord,
    SigningKey,
    Use,
    from_parts,
    generate,
    public_members,
    self_signed,
    thumbprint,
    to_pem,
)
from idp.errors import ConfigurationError, Conflict, NotFound
from idp.randomness import Randomness, case_blind_token

LEAD = timedelta(hours=24)
"""How long a new key is published before it signs; longer than any cache of our JWKS or metadata."""


class NoSuchKey(NotFound):
    """No key of that id lies in the directory."""

    code = "no_such_key"


class LastKey(Conflict):
    """Retiring this key would leave nothing that signs in its place."""

    code = "last_key"


def create_key(
    directory: Path,
    use: Use,
    alg: Algorithm,
    *,
    clock: Clock,
    randomness: Randomness,
    lead: timedelta = LEAD,
    name: str = "idp",
) -> KeyRecord:
    """A new key. It signs after `lead`; the first of its kind at once, since nobody caches what was never published.

    `name` becomes the common name of a SAML certificate.

    Raises:
        ConfigurationError: the algorithm does not serve that use, or the directory cannot be written.
    """
    with locked(directory):
        return create_in_locked(directory, use, alg, clock=clock, randomness=randomness, lead=lead, name=name)


def create_in_locked(
    directory: Path, use: Use, alg: Algorithm, *, clock: Clock, randomness: Randomness, lead: timedelta, name: str
) -> KeyRecord:
    """`create_key` for a caller that holds the directory's lock."""
    if alg not in ALGORITHMS.get(use, ()):
        raise ConfigurationError(f"{alg} is not an algorithm for {use} keys")
    private = generate(alg)
    now = clock.now()
    others = [key for key in list_keys(directory) if _serves(key, use, alg)]
    record = KeyRecord(thumbprint(public_members(private)), use, alg, now, now + lead if others else now)
    if use == "saml":
        write_file(
            _path(directory, record, "crt"), self_signed(private, name, now, randomness).encode(), 0o644, randomness
        )
    write_file(_path(directory, record, "pem"), to_pem(private), 0o600, randomness)
    _write_record(directory, record, randomness)
    return record


def retire_key(directory: Path, kid: str, *, clock: Clock, randomness: Randomness) -> KeyRecord:
    """The key, signing no more from now on; it goes on verifying for the keyring's `keep`. Twice is as once.

    Raises:
        NoSuchKey: there is none of that id.
        LastKey: no other key of its kind signs yet.
    """
    with locked(directory):
        keys = list_keys(directory)
        record = next((key for key in keys if key.kid == kid), None)
        if record is None:
            raise NoSuchKey(f"no key {kid}")
        if record.retired_at is not None:
            return record
        now = clock.now()
        waits = record.signs_from > now
        successors = [key for key in keys if key.kid != kid and _serves(key, record.use, record.alg)]
        if not waits and not any(key.signs_from <= now for key in successors):
            hint = min((key.signs_from for key in successors), default=None)
            raise LastKey(
                f"{kid} is the only {record.use} key that signs {record.alg}: "
                + (f"its successor signs from {hint.isoformat()}" if hint else "make its successor first")
            )
        retired = KeyRecord(kid, record.use, record.alg, record.created_at, record.signs_from, now)
        _write_record(directory, retired, randomness)
        return retired


def list_keys(directory: Path) -> tuple[KeyRecord, ...]:
    """What is known of every key in the directory, retired ones too, oldest first. Opens no private key.

    Raises:
        ConfigurationError: a metadata file cannot be read; says which.
    """
    records = [_read_record(path) for path in _metadata_files(directory)]
    return tuple(sorted(records, key=lambda key: (key.signs_from, key.created_at, key.kid)))


def load_key(directory: Path, record: KeyRecord) -> SigningKey:
    """The key that belongs to this record.

    Raises:
        ConfigurationError: its files are missing or do not belong together.
    """
    try:
        private_pem = _path(directory, record, "pem").read_bytes()
        certificate = _path(directory, record, "crt").read_text("ascii") if record.use == "saml" else None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"key {record.kid}: {type(error).__name__} on reading its files") from error
    return from_parts(record, private_pem, certificate)


def fingerprint(directory: Path) -> frozenset[tuple[str, int, int, int]]:
    """Changes whenever a metadata file comes, goes or is replaced: a replaced file has another inode.

    Raises:
        ConfigurationError: the directory cannot be read.
    """
    try:
        states = [(path.name, path.stat()) for path in _metadata_files(directory)]
    except OSError as error:
        raise ConfigurationError(f"keys_dir: {type(error).__name__} on reading {directory}") from error
    return frozenset((name, state.st_ino, state.st_mtime_ns, state.st_size) for name, state in states)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """The directory to ourselves, made first where it is missing; another process waits until we are done, or dead.

    Raises:
        ConfigurationError: the directory cannot be made or written.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"keys_dir: {type(error).__name__} on writing to {directory}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes, mode: int, randomness: Randomness, *, replace: bool = True) -> bool:
    """Put a whole file in place at once, or nothing; whether it was put. With `replace` off an existing one stays.

    Raises:
        ConfigurationError: the directory cannot be written.
    """
    draft = path.with_name(f".{case_blind_token(randomness)}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                draft.replace(path)
            else:
                # A link, unlike a rename, never covers what another process put there first.
                path.hardlink_to(draft)
        finally:
            draft.unlink(missing_ok=True)
        _settle(path.parent)
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigurationError(f"keys_dir: {type(error).__name__} on writing {path.name}") from error
    return True


def _settle(directory: Path) -> None:
    """Survive a power cut: a key that has signed must not be gone afterwards."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _metadata_files(directory: Path) -> list[Path]:
    return [path for use in USES for path in directory.glob(f"{use}-*.json")]


def _path(directory: Path, record: KeyRecord, kind: str) -> Path:
    return directory / f"{record.use}-{record.kid}.{kind}"


def _serves(key: KeyRecord, use: Use, alg: Algorithm) -> bool:
    return (key.use, key.alg) == (use, alg) and key.retired_at is None


def _write_record(directory: Path, record: KeyRecord, randomness: Randomness) -> None:
    document = {
        "kid": record.kid,
        "use": record.use,
        "alg": record.alg,
        "created_at": record.created_at.isoformat(),
        "signs_from": record.signs_from.isoformat(),
        "retired_at": record.retired_at.isoformat() if record.retired_at else None,
    }
    write_file(_path(directory, record, "json"), json.dumps(document, indent=2).encode() + b"\n", 0o600, randomness)


def _read_record(path: Path) -> KeyRecord:
    try:
        document = json.loads(path.read_bytes())
        record = KeyRecord(
            kid=document["kid"],
            use=document["use"],
            alg=document["alg"],
            created_at=_instant(document["created_at"]),
            signs_from=_instant(document["signs_from"]),
            retired_at=_instant(document["retired_at"]) if document["retired_at"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"key metadata {path.name}: {type(error).__name__}") from error
    if path.name != f"{record.use}-{record.kid}.json" or record.alg not in ALGORITHMS.get(record.use, ()):
        raise ConfigurationError(f"key metadata {path.name}: kid, use or alg does not fit")
    return record


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("naive datetime")
    return instant.astimezone(UTC)
