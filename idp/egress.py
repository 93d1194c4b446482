"""Which addresses we may be led to by what others registered or name: judged where a connection is opened."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from idp.errors import ConfigurationError
from idp.settings import Settings

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOOPBACK: tuple[_Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
# IPv6 that carries an IPv4 address inside: a translator or tunnel would deliver it to that address, unjudged.
_CARRIERS = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


class AddressRefused(OSError):  # an OSError so that whatever connects carries it like any failed connection
    """The host resolves to an address to which we do not go."""

    def __init__(self) -> None:
        super().__init__("address not allowed")


@dataclass(frozen=True, slots=True)
class Egress:
    """Where we go: public addresses, the networks an operator opened, and this machine in a demonstration."""

    opened: tuple[_Network, ...]
    plain_http: bool

    @classmethod
    def of(cls, settings: Settings) -> Egress:
        """The rules of this deployment.

        Raises:
            ConfigurationError: an entry of `private_event_targets` is not a network.
        """
        demo = settings.environment == "demo"
        try:
            opened = tuple(ipaddress.ip_network(network) for network in settings.private_event_targets)
        except ValueError as error:
            raise ConfigurationError(f"private_event_targets: {error}") from error
        return cls(opened + (_LOOPBACK if demo else ()), plain_http=demo)

    def allows_scheme(self, url: str) -> bool:
        """https always, http in a demonstration."""
        return url.startswith("https://") or (self.plain_http and url.startswith("http://"))

    def allows(self, host: str) -> bool:
        """Whether a connection to this IP address may be opened. IANA special-purpose registries (RFC 6890)."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        if any(address in network for network in self.opened):
            return True
        if any(address in carrier for carrier in _CARRIERS):
            return False
        return address.is_global and not address.is_multicast
