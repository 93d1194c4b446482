"""What providers are spoken to over: one request, bounded in time and size, to configured hosts only."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import structlog

from idp.errors import ConfigurationError
from idp.sections.providers import Provider
from idp.timed_answer import Deadline, answered, octets_of
from idp.verification.failures import ProviderFailed, ProviderUnavailable
from idp.verification.providers.reading import Said

LARGEST_ANSWER = 256 * 1024
"""Identities and key sets are a few kilobytes; whatever is longer is none."""

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. Its octets are foreign and may name somebody, so they are kept out of the representation."""

    status: int
    octets: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def good(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status <= 299


@dataclass(frozen=True, slots=True)
class Wire:
    """Requests to one provider. No redirect is followed: its target would be an address that nobody configured."""

    provider: str
    base_url: str
    hosts: frozenset[str]
    seconds: float
    ca_file: str | None = None
    elapsed: Callable[[], float] = time.monotonic

    @classmethod
    def to(cls, told: Provider) -> Wire:
        """The wire to a configured provider.

        Raises:
            ConfigurationError: its `ca_file` cannot be read.
        """
        hosts = frozenset({*(urlsplit(address).netloc.lower() for address in told.addresses), *told.hosts})
        wire = cls(told.name, told.base_url, hosts, told.timeout.total_seconds(), told.ca_file)
        try:
            _tls(told.ca_file)
        except OSError as error:
            raise ConfigurationError(f"verification.providers: ca_file of {told.name} cannot be read") from error
        return wire

    def allows(self, url: str) -> bool:
        """Whether `url` is at a configured host, and no less protected than the configured address."""
        try:
            parts = urlsplit(url)
            netloc = parts.netloc.lower()
        except ValueError:
            return False
        secure = parts.scheme == "https" or (parts.scheme == "http" and self.base_url.startswith("http://"))
        return secure and netloc in self.hosts and url.isascii() and url.isprintable() and " " not in url

    def address(self, said: Said, name: str, longest: int = 2000) -> str:
        """Where the provider says that something is, at a configured host."""
        url = said.text(name, longest)
        if not self.allows(url):
            raise self.failed(f"{name} not at a configured host")
        return url

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Reply:
        """The answer to a GET of a path below the provider's address, or of an address that it named."""
        return self._ask("GET", target, None, headers or {})

    def post_json(self, target: str, content: Mapping[str, Any] | bytes, headers: Mapping[str, str]) -> Reply:
        """The answer to JSON; octets are sent as they are, for whoever has signed them."""
        octets = content if isinstance(content, bytes) else json_octets(content)
        return self._ask("POST", target, octets, {**_JSON, **headers})

    def post_form(self, target: str, content: str, headers: Mapping[str, str]) -> Reply:
        """The answer to an encoded form."""
        return self._ask("POST", target, content.encode(), {**_FORM, **headers})

    def _ask(self, verb: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        url = target if "://" in target else self.base_url + target
        if not self.allows(url):
            raise self.failed("address not configured")
        try:
            reply = self._exchange(verb, url, body, headers)
        except TimeoutError as error:
            raise self._unavailable("timeout") from error
        except ssl.SSLError as error:
            raise self._unavailable("tls") from error
        except OSError as error:
            raise self._unavailable("connect") from error
        except (http.client.HTTPException, ValueError) as error:
            raise self.failed("protocol") from error
        if reply.status in (429, 502, 503, 504):
            raise self._unavailable(f"status {reply.status}")
        if 300 <= reply.status <= 399 or reply.status >= 500:
            raise self.failed(f"status {reply.status}")
        return reply

    def _exchange(self, verb: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        sent = {"Accept": "application/json", **headers}
        deadline = Deadline.after(self.seconds, self.elapsed)
        with answered(verb, url, body, sent, deadline, _tls(self.ca_file)) as response:
            octets = octets_of(response, LARGEST_ANSWER)
            if octets is None:
                raise self.failed("answer too long")
            if response.length:
                raise self.failed("answer cut off")
            return Reply(response.status, octets, {key.lower(): value for key, value in response.getheaders()})

    def failed(self, why: str) -> ProviderFailed:
        """A failure of the provider's own, told to the log. `why` holds nothing that it sent but a status or code."""
        _log.warning("verification.provider_failed", provider=self.provider, why=why)
        return ProviderFailed(why)

    def _unavailable(self, why: str) -> ProviderUnavailable:
        _log.warning("verification.provider_unavailable", provider=self.provider, why=why)
        return ProviderUnavailable(why)


@cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    """How the other side must prove itself. Kept: reading the machine's certificates takes longer than a request."""
    return ssl.create_default_context(cafile=ca_file)


def json_octets(content: Mapping[str, Any]) -> bytes:
    """JSON as it is sent, and signed."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
