"""The public keys of clients: those they registered, and those they host. OpenID Connect Core §10, RFC 7591 §2."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

import structlog
from joserfc.jwk import KeySet

from idp import strict_json
from idp.agencies.oidc_registration import ClientKeys
from idp.crypto.foreign_jwt import ForeignJwt
from idp.crypto.foreign_keys import UnusableKeys, read_key_set, signing_keys
from idp.fetch import JSON_KINDS, Fetch, FetchFailed

_LONGEST = 128 * 1024
_FRESH = timedelta(minutes=10)
"""After which what a client hosts is read again."""
_GOOD = timedelta(hours=1)
"""For which keys that cannot be read again still count: an outage of a client's is short, a stolen key's use is not."""
_DISTANCE = timedelta(seconds=10)
"""Between two readings, whoever asks: with tokens of made-up `kid`s anybody can make us want to."""
_LONGEST_REST = timedelta(minutes=1)
"""Between two readings that fail."""
_WAITING = 4
"""Threads that wait while another reads for the first time. More are refused: else one dead host would take all."""
_MOST: Final = 4096

_log = structlog.get_logger(__name__)


class HasKeys(Protocol):
    """Whoever registered keys."""

    @property
    def keys(self) -> ClientKeys: ...


@dataclass(slots=True)
class _Hosted:
    """What is known of one address."""

    keys: KeySet | None = None
    read_at: float = 0.0
    rests_until: float = 0.0
    failures: int = 0
    reading: threading.Lock = field(default_factory=threading.Lock)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_WAITING))

    def good(self, now: float) -> KeySet | None:
        return self.keys if self.keys is not None and now - self.read_at < _GOOD.total_seconds() else None


class ClientKeySets:
    """Hands out each client's usable keys; none where they cannot be had."""

    def __init__(self, fetch: Fetch, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._elapsed = elapsed
        self._hosted: dict[str, _Hosted] = {}
        self._registered: dict[int, tuple[ClientKeys, KeySet]] = {}
        self._lock = threading.Lock()

    def __call__(self, client: HasKeys) -> KeySet:
        """Its keys as we know them: those it hosts are at most ten minutes old, an hour where its host is down."""
        keys = client.keys
        if keys.jwks is not None:
            return self._by_value(keys)
        return self._by_reference(keys.jwks_uri.value, anew=False) if keys.jwks_uri is not None else KeySet([])

    def anew(self, client: HasKeys) -> KeySet:
        """The same for whoever found no fitting key in them: read again, where the last time is long enough ago."""
        address = client.keys.jwks_uri if client.keys.jwks is None else None
        return self(client) if address is None else self._by_reference(address.value, anew=True)

    def _by_value(self, keys: ClientKeys) -> KeySet:
        """Read once as long as the catalogue holds it."""
        kept = self._registered.get(id(keys))
        if kept is not None and kept[0] is keys:
            return kept[1]
        try:
            found = read_key_set(keys.jwks)
        except UnusableKeys as error:
            _log.warning("client_keys.refused", why=error.detail)
            found = KeySet([])
        with self._lock:
            if len(self._registered) >= _MOST:
                self._registered.clear()
            self._registered[id(keys)] = keys, found
        return found

    def _by_reference(self, address: str, *, anew: bool) -> KeySet:
        hosted = self._of(address)
        asked_at = self._elapsed()
        known = hosted.good(asked_at)
        old = known is None or asked_at - hosted.read_at >= _FRESH.total_seconds()
        if (anew or old) and asked_at >= hosted.rests_until:
            self._renew(hosted, address, asked_at, may_wait=anew or known is None)
        return hosted.good(self._elapsed()) or KeySet([])

    def _of(self, address: str) -> _Hosted:
        with self._lock:
            if address not in self._hosted and len(self._hosted) >= _MOST:
                self._hosted.pop(next(iter(self._hosted)))
            return self._hosted.setdefault(address, _Hosted())

    def _renew(self, hosted: _Hosted, address: str, asked_at: float, *, may_wait: bool) -> None:
        if not hosted.reading.acquire(blocking=False):
            if not may_wait or not hosted.waiting.acquire(blocking=False):
                return
            try:
                if not hosted.reading.acquire(timeout=self._fetch.patience.total_seconds()):
                    return
            finally:
                hosted.waiting.release()
        try:
            if asked_at >= hosted.rests_until:  # else somebody has read meanwhile
                self._read(hosted, address)
        finally:
            hosted.reading.release()

    def _read(self, hosted: _Hosted, address: str) -> None:
        try:
            octets = self._fetch(address, kinds=JSON_KINDS, longest=_LONGEST)
            keys = read_key_set(strict_json.read(octets))
        except (FetchFailed, UnusableKeys, ValueError) as error:
            why = error.detail if isinstance(error, FetchFailed | UnusableKeys) else "not JSON"
            _log.warning("client_keys.unreadable", address=address, why=why)
            rest = min(_DISTANCE * 2**hosted.failures, _LONGEST_REST)
            hosted.failures = min(hosted.failures + 1, 8)
        else:
            hosted.keys, hosted.read_at, hosted.failures, rest = keys, self._elapsed(), 0, _DISTANCE
        hosted.rests_until = self._elapsed() + rest.total_seconds()


@dataclass(frozen=True, slots=True)
class ClientSignatures:
    """Whether a client signed a token."""

    keys: ClientKeySets

    def __call__(self, client: HasKeys, token: ForeignJwt) -> bool:
        """Whether one of its keys did. The caller has checked that the token's `alg` is one the client may use."""
        known = self.keys(client)
        if token.signed_by(signing_keys(known, token.alg, token.kid)):
            return True
        renewed = self.keys.anew(client)
        return renewed is not known and token.signed_by(signing_keys(renewed, token.alg, token.kid))
