"""Addresses that may be registered."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from idp.agencies.registered_url import registered
from idp.errors import ConfigurationError


@pytest.mark.parametrize(
    "url",
    [
        "https://voucher.example",
        "https://voucher.example/cb?x=1&y=a%20b",
        "https://voucher.example:8443/cb",
        "https://192.0.2.1/cb",
        "https://[2001:db8::1]/cb",
        "http://127.0.0.1:8101/cb",
        "http://localhost/cb",
        "http://[::1]:8101/cb",
        "https://xn--3e0b707e.example/",
        "https://voucher.example/cb?next=http://elsewhere.example/@x",
    ],
)
def test_takes_an_address_as_it_is(url: str) -> None:
    """RFC 9700 §2.1: kept character for character, since that is how it is compared."""
    assert str(registered(url, what="redirect_uris")) == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "absolute"),
        ("/cb", "absolute"),
        ("//voucher.example/cb", "absolute"),
        ("voucher.example/cb", "absolute"),
        ("https://", "absolute"),
        ("https:///cb", "absolute"),
        ("javascript:alert(1)", "absolute"),
        ("data:text/html,x", "absolute"),
        ("file:///etc/passwd", "absolute"),
        ("com.example.app:/cb", "absolute"),
        ("https://voucher.example/cb#x", "fragment"),
        ("https://voucher.example/cb#", "fragment"),
        ("https://user@voucher.example/", "credentials"),
        ("https://user:pass@voucher.example/", "credentials"),
        ("https://voucher.example\\@evil.example/", "backslash"),
        ("https://voucher.example/a b", "printable"),
        ("https://voucher.example/a\tb", "printable"),
        ("https://voucher.example/a\n", "printable"),
        ("https://voucher.example/\x7f", "printable"),
        ("https://한국.example/", "printable"),
        ("https://voucher。example/", "printable"),
        ("https://*.example/cb", "wildcard"),
        ("https://voucher.example:port/cb", "not a URL"),
        ("https://voucher.example:99999/cb", "not a URL"),
        ("https://[::1/cb", "not a URL"),
        ("http://voucher.example/cb", "https"),
        ("http://127.0.0.1.evil.example/", "https"),
        ("http://localhost.evil.example/", "https"),
        ("http://10.0.0.1/", "https"),
        ("http://[::1].evil.example/", "port|not a URL"),
    ],
)
def test_refuses_what_could_lead_elsewhere(url: str, why: str) -> None:
    """RFC 9700 §2.1, RFC 6749 §3.1.2; the operator reads which key and why."""
    with pytest.raises(ConfigurationError, match=why) as raised:
        registered(url, what="redirect_uris")
    assert "redirect_uris" in raised.value.detail


@given(st.text(max_size=60))
def test_either_takes_or_refuses(url: str) -> None:
    """No text makes it fail in another way; what it takes can stand in a Location header."""
    for candidate in (url, f"https://voucher.example/{url}", f"https://{url}/"):
        try:
            taken = registered(candidate, what="x")
        except ConfigurationError:
            continue
        taken.value.encode("ascii")
        assert taken.value == candidate
        assert candidate.startswith(taken.origin)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://KAMP.example:443/cb?x=1", "https://kamp.example"),
        ("https://kamp.example:8443/cb", "https://kamp.example:8443"),
        ("http://127.0.0.1:80/cb", "http://127.0.0.1"),
        ("http://[::1]:8101/cb", "http://[::1]:8101"),
    ],
)
def test_knows_the_origin_as_browsers_write_it(url: str, origin: str) -> None:
    """RFC 6454 §6.2: lower case, no default port."""
    assert registered(url, what="redirect_uris").page_origin == origin
