"""A relay, a gateway and a certificate for this machine."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.mail import gateway as gateways, relay as relays
from tests.unit.mail.gateway import Gateway
from tests.unit.mail.relay import Relay


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate: the file to believe, and the context of whoever shows it."""

    file: Path
    context: ssl.SSLContext


def make_certificate(directory: Path, address: str) -> Certificate:
    """A certificate for one IP address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = directory / f"{address}.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    both = directory / f"{address}.both.pem"
    both.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + file.read_bytes()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return Certificate(file, context)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of 127.0.0.1."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="session")
def foreign_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of another machine."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.9")


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay in the clear."""
    with relays.running(Relay()) as running:
        yield running


@pytest.fixture
def tls_relay(certificate: Certificate) -> Iterator[Relay]:
    """A relay that offers STARTTLS."""
    with relays.running(Relay(tls=certificate.context)) as running:
        yield running


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """An SMS gateway."""
    with gateways.running(Gateway()) as running:
        yield running
