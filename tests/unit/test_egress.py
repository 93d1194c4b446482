"""Where we go."""

from __future__ import annotations

import pytest

from idp.egress import Egress
from idp.errors import ConfigurationError
from idp.settings import Settings

_CLOSED = Egress(opened=(), plain_http=True)
_DEMO = Egress.of(Settings(environment="demo"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "ff02::1", "::ffff:8.8.8.8", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001::1",
        "2001:db8::1", "not an address",
    ],
)  # fmt: skip
def test_refuses_addresses_inside(address: str):
    """Account events §3.6: private, loopback, link-local, CGNAT, ULA, multicast, and IPv6 that carries IPv4."""
    assert not _CLOSED.allows(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_allows_public_addresses(address: str):
    """Where agencies live."""
    assert _CLOSED.allows(address)


def test_opens_only_the_networks_an_operator_named():
    """Agencies inside the government network need an explicit exception."""
    egress = Egress.of(Settings(environment="production", private_event_targets=["10.20.0.0/16"]))
    assert egress.allows("10.20.3.4")
    assert not egress.allows("10.21.0.1")
    assert not egress.allows("127.0.0.1")
    assert not egress.allows("::ffff:10.20.3.4")


def test_refuses_settings_that_name_no_network():
    """Checked once, at start."""
    with pytest.raises(ConfigurationError):
        Egress.of(Settings(private_event_targets=["10.20.0.1/16"]))


def test_sends_in_the_clear_only_in_a_demonstration():
    """https always in production."""
    production = Egress.of(Settings(environment="production"))
    assert _DEMO.allows_scheme("http://127.0.0.1/")
    assert production.allows_scheme("https://a.example/")
    assert not production.allows_scheme("http://a.example/")
    assert not _DEMO.allows_scheme("ftp://a.example/")
