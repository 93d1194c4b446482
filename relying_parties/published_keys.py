"""The identity provider's public keys, found through its discovery document and kept for a while."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

_LIMIT = 256 * 1024
_MAX_AGE = 3600.0
_LEAST_INTERVAL = 10.0
_USABLE_WHEN_UNREACHABLE = 24 * 3600.0

PublicKey = RSAKey | ECKey


class UnknownKey(Exception):
    """The key set, read just now, has no such key."""


class KeysUnavailable(Exception):
    """We cannot tell at present; asking again later may help."""


def openid_configuration(issuer: str) -> str:
    """Where an OpenID provider describes itself: after the issuer's path. OpenID Connect Discovery 1.0 §4."""
    return f"{issuer}/.well-known/openid-configuration"


def ssf_configuration(issuer: str) -> str:
    """Where an event transmitter describes itself: before the issuer's path. Shared Signals Framework 1.0 §7.2."""
    parts = urlsplit(issuer)
    path = "/.well-known/ssf-configuration" + parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def fetch_bytes(url: str) -> bytes:
    """The body at `url`, asked for with a timeout, without following redirects and no longer than we can bear.

    Raises:
        KeysUnavailable: no 200 came.
    """
    try:
        with requests.get(url, timeout=(3, 5), allow_redirects=False, stream=True) as answer:
            if answer.status_code != 200:
                raise KeysUnavailable(f"{url} answered {answer.status_code}")
            body = b""
            for piece in answer.iter_content(16 * 1024):
                body += piece
                if len(body) > _LIMIT:
                    raise KeysUnavailable(f"{url} is longer than {_LIMIT} bytes")
    except requests.RequestException as error:
        raise KeysUnavailable(f"{url}: {type(error).__name__}") from error
    return body


def fetch_object(url: str) -> dict[str, Any]:
    """The JSON object at `url`.

    Raises:
        KeysUnavailable: there is none.
    """
    try:
        document = json.loads(fetch_bytes(url))
    except ValueError as error:
        raise KeysUnavailable(f"{url} is not JSON") from error
    if not isinstance(document, dict):
        raise KeysUnavailable(f"{url} is not an object")
    return document


class PublishedKeys:
    """Finds a verification key by its `kid`; reads the set again when it is old or the `kid` is new to us."""

    def __init__(
        self,
        metadata_url: str,
        issuer: str,
        *,
        fetch: Callable[[str], dict[str, Any]] = fetch_object,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metadata_url = metadata_url
        self._issuer = issuer
        self._fetch = fetch
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._keys: dict[str, PublicKey] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None

    def find(self, kid: str) -> PublicKey:
        """The key called `kid`.

        Raises:
            UnknownKey: the issuer publishes no such key.
            KeysUnavailable: the issuer does not answer, or was asked a moment ago; try again later.
        """
        with self._lock:
            fresh = self._age(self._read_at) < _MAX_AGE
            if fresh and kid in self._keys:
                return self._keys[kid]
            # Without this pause anybody who sends invented kids would make us call the issuer as often as they like.
            if self._age(self._tried_at) < _LEAST_INTERVAL:
                return self._remembered(kid, "asked the issuer a moment ago")
            self._tried_at = self._elapsed()
            try:
                self._keys = self._read()
            except KeysUnavailable as error:
                return self._remembered(kid, str(error))
            self._read_at = self._elapsed()
            if kid not in self._keys:
                raise UnknownKey
            return self._keys[kid]

    def _remembered(self, kid: str, why_not_read: str) -> PublicKey:
        """A key from the last reading: a short outage of the issuer must not make us refuse what it signed."""
        if kid in self._keys and self._age(self._read_at) < _USABLE_WHEN_UNREACHABLE:
            return self._keys[kid]
        raise KeysUnavailable(why_not_read)

    def _age(self, since: float | None) -> float:
        return float("inf") if since is None else self._elapsed() - since

    def _read(self) -> dict[str, PublicKey]:
        metadata = self._fetch(self._metadata_url)
        if metadata.get("issuer") != self._issuer:
            raise KeysUnavailable("the discovery document names another issuer")
        keys = self._fetch(str(metadata.get("jwks_uri"))).get("keys")
        found: dict[str, PublicKey] = {}
        for key in keys if isinstance(keys, list) else []:
            # A symmetric key published by mistake must never verify anything: everybody could sign with it.
            if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig":
                imported = _imported(key)
                if imported is not None and isinstance(key.get("kid"), str):
                    found[key["kid"]] = imported
        return found


def _imported(key: dict[str, Any]) -> PublicKey | None:
    try:
        made = JWKRegistry.import_key(key)
    except (JoseError, ValueError, TypeError, KeyError):
        return None  # a kind of key from after our time; the others still serve
    return made if isinstance(made, (RSAKey, ECKey)) else None
