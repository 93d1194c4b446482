"""An address that somebody registered. Redirects and pushes take this type and no string."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.errors import ConfigurationError

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOOPBACK_REDIRECT = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(/.*)?")
"""By address and not by name: `localhost` may be made to mean another machine (RFC 8252 §8.3)."""
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class RegisteredUrl:
    """Made by reading a registration, nowhere else; whoever holds one knows the check was made."""

    value: str

    def __str__(self) -> str:
        return self.value

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a Content-Security-Policy source."""
        parts = urlsplit(self.value)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def page_origin(self) -> str:
        """The origin as a browser writes it in `Origin`: lower case, no default port (RFC 6454 §6.2)."""
        parts = urlsplit(self.value)
        authority = parts.netloc.lower().removesuffix(f":{_DEFAULT_PORTS.get(parts.scheme)}")
        return f"{parts.scheme}://{authority}"


def registered(url: str, *, what: str) -> RegisteredUrl:
    """`url` as an address from a registration.

    Raises:
        ConfigurationError: it is not an absolute http(s) URL without fragment and credentials, or plain http to a host
            other than this machine (RFC 9700 §2.1, RFC 6749 §3.1.2).
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{what}: {url!r} is not a URL") from error
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigurationError(f"{what}: {url!r} must be an absolute http(s) URL")
    if "#" in url:
        raise ConfigurationError(f"{what}: {url!r} must not have a fragment")
    if parts.username is not None or any(not 33 <= ord(character) <= 126 for character in url) or "\\" in url:
        raise ConfigurationError(f"{what}: {url!r} has credentials, backslashes or other than printable ASCII in it")
    if "*" in parts.netloc:
        raise ConfigurationError(f"{what}: {url!r} has a wildcard host")
    if parts.netloc.startswith("[") and parts.netloc.partition("]")[2][:1] not in ("", ":"):
        raise ConfigurationError(f"{what}: {url!r} has more than a port behind its address")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise ConfigurationError(f"{what}: {url!r} must be https; plain http is only for this machine")
    return RegisteredUrl(url)


def on_any_port(address: RegisteredUrl, url: str) -> RegisteredUrl | None:
    """`url` where it is the loopback address that a native client registered but for its port, which the system gave it
    when it started (RFC 8252 §7.3); else None."""
    known, given = _LOOPBACK_REDIRECT.fullmatch(address.value), _LOOPBACK_REDIRECT.fullmatch(url)
    if known is None or given is None or (known[1], known[3]) != (given[1], given[3]):
        return None
    return RegisteredUrl(url) if 0 < int(given[2] or 80) <= _LAST_PORT else None


def registered_on_hosts(url: str, hosts: Iterable[str], *, what: str) -> RegisteredUrl:
    """`url`, which a relying party gave, as a registered address: the operator registered its host, exactly.

    Raises:
        ConfigurationError: its host is none of `hosts` (`host` or `host:port`), or it is no address we would use.
    """
    address = registered(url, what=what)
    parts = urlsplit(url)
    default = _DEFAULT_PORTS[parts.scheme]
    host = parts.netloc.lower().removesuffix(f":{default}")
    if host not in {each.lower().removesuffix(f":{default}") for each in hosts}:
        raise ConfigurationError(f"{what}: its host is not one of those registered for this relying party")
    return address
