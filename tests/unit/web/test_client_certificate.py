"""The certificate of a request, from a proxy that we believe."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError
from structlog.testing import capture_logs
from werkzeug.middleware.proxy_fix import ProxyFix

from idp.crypto.client_certificate import ClientCertificate
from idp.sections import ClientCertificates
from idp.web.client_certificate import shown_certificate
from tests.certificates import Shown, made

NGINX: dict[str, Any] = {
    "header": "X-Client-Cert",
    "form": "escaped_pem",
    "verified_header": "X-Client-Verify",
    "proxies": ["172.18.0.0/16", "fd00::/8"],
}
RFC9440: dict[str, Any] = {"header": "Client-Cert", "proxies": ["172.18.0.0/16"]}


@pytest.fixture(scope="module")
def shown() -> Shown:
    return made()


def seen(
    told: dict[str, Any], headers: dict[str, str], peer: str = "172.18.0.5", hops: int = 1
) -> ClientCertificate | None:
    """What is learnt of a request that `peer` sends."""
    app = Flask("test")
    found: list[ClientCertificate | None] = []
    read = shown_certificate(ClientCertificates(**told))

    @app.get("/")
    def look() -> str:
        found.append(read())
        return ""

    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops)  # type: ignore[method-assign]
    app.test_client().get("/", headers=headers, environ_base={"REMOTE_ADDR": peer})
    return found[0]


def test_reads_what_nginx_writes(shown: Shown) -> None:
    """`$ssl_client_escaped_cert` and `$ssl_client_verify`."""
    certificate = seen(NGINX, {"X-Client-Cert": shown.escaped_pem, "X-Client-Verify": "SUCCESS"})
    assert certificate is not None
    assert certificate.der == shown.der
    assert certificate.chained


def test_reads_the_header_of_the_standard(shown: Shown) -> None:
    """RFC 9440 §2.1; without a word of the proxy about the chain there is none."""
    certificate = seen(RFC9440, {"Client-Cert": shown.rfc9440, "X-Client-Verify": "SUCCESS"})
    assert certificate is not None
    assert certificate.der == shown.der
    assert not certificate.chained


@pytest.mark.parametrize("said", ["NONE", "FAILED:self signed certificate", "success", "", "SUCCESS,SUCCESS"])
def test_takes_no_chain_for_verified_that_was_not(shown: Shown, said: str) -> None:
    """RFC 8705 §2.1: PKI mutual TLS needs the chain."""
    certificate = seen(NGINX, {"X-Client-Cert": shown.escaped_pem, "X-Client-Verify": said})
    assert certificate is not None
    assert not certificate.chained


@pytest.mark.parametrize(
    ("peer", "believed"),
    [
        ("172.18.0.5", True),
        ("::ffff:172.18.0.5", True),
        ("fd00::1", True),
        ("172.19.0.5", False),
        ("127.0.0.1", False),
        ("203.0.113.9", False),
        ("::1", False),
        ("", False),
        ("unix:", False),
    ],
)
def test_believes_proxies_of_ours_alone(shown: Shown, peer: str, *, believed: bool) -> None:
    """RFC 9440 §4: whoever else sends the header proves nothing by it."""
    headers = {"X-Client-Cert": shown.escaped_pem, "X-Client-Verify": "SUCCESS"}
    assert (seen(NGINX, headers, peer) is not None) == believed


def test_is_not_told_who_the_proxy_is_by_a_header(shown: Shown) -> None:
    """`X-Forwarded-For` says who called the proxy; that somebody calls himself the proxy is no proof."""
    headers = {"X-Client-Cert": shown.escaped_pem, "X-Forwarded-For": "172.18.0.5"}
    assert seen(NGINX, headers, "203.0.113.9") is None
    assert seen(NGINX, {**headers, "X-Forwarded-For": "203.0.113.9"}, "172.18.0.5") is not None


def test_knows_of_no_header_without_the_setting(shown: Shown) -> None:
    """The default: nobody has a certificate."""
    assert seen({}, {"Client-Cert": shown.rfc9440, "X-Client-Cert": shown.escaped_pem}) is None
    assert seen(RFC9440, {"X-Client-Cert": shown.escaped_pem}) is None


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "::",
        ":AAAA:",
        ":AAAA",
        "AAAA",
        ":A A:",
        "-----BEGIN CERTIFICATE-----",
        "%",
        ":" + "A" * 20_000 + ":",
        ":\u00e9:",
    ],
)
def test_takes_nothing_else_for_a_certificate(value: str) -> None:
    """Bad input: no certificate, a line in the log, and none of the octets in it."""
    for told, header in ((NGINX, "X-Client-Cert"), (RFC9440, "Client-Cert")):
        with capture_logs() as lines:
            assert seen(told, {header: value}) is None
        assert [line["event"] for line in lines] == ["client_certificate.unreadable"]
        assert value not in str(lines)


def test_takes_two_certificates_for_none(shown: Shown) -> None:
    """A caller that adds the header to the proxy's must not be the one who is read."""
    other = made()
    assert seen(RFC9440, {"Client-Cert": f"{shown.rfc9440}, {other.rfc9440}"}) is None
    assert seen(NGINX, {"X-Client-Cert": f"{shown.escaped_pem},{other.escaped_pem}"}) is None


@pytest.mark.parametrize(
    "told",
    [
        {"header": "Client-Cert"},
        {"proxies": ["10.0.0.0/8"]},
        {"header": "Client-Cert", "proxies": ["0.0.0.0/0"]},
        {"header": "Client-Cert", "proxies": ["::/0"]},
        {"header": "Client-Cert", "proxies": ["somewhere"]},
        {"header": "Client Cert", "proxies": ["10.0.0.0/8"]},
        {"verified_header": "X-Client-Verify"},
        {"address": "https://mtls.example"},
        {**RFC9440, "address": "https://mtls.example/"},
        {**RFC9440, "address": "mtls.example"},
    ],
)
def test_refuses_settings_that_would_believe_anybody(told: dict[str, Any]) -> None:
    """Checked once, at start."""
    with pytest.raises(ValidationError):
        ClientCertificates(**told)


def test_says_which_methods_work() -> None:
    """RFC 8705 §2: without a verified chain there is only the self-signed kind."""
    assert ClientCertificates().methods == ()
    assert ClientCertificates(**RFC9440).methods == ("self_signed_tls_client_auth",)
    assert ClientCertificates(**NGINX).methods == ("tls_client_auth", "self_signed_tls_client_auth")


def test_tells_certificates_apart_by_their_octets(shown: Shown) -> None:
    """RFC 8705 §3.1: `x5t#S256`, as OpenSSL counts it."""
    certificate = seen(RFC9440, {"Client-Cert": shown.rfc9440})
    assert certificate is not None
    assert base64.urlsafe_b64decode(certificate.thumbprint + "=") == sha256(shown.der).digest()
