"""Signing keys as values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509

from idp.crypto.signing_key import KeyRecord, from_parts, generate, public_members, self_signed, thumbprint, to_pem
from idp.errors import ConfigurationError
from tests.fakes import FixedRandomness

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_names_an_rsa_key_by_its_thumbprint():
    """The RFC's own example. RFC 7638 §3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM"
        "stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5"
        "hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    assert thumbprint({"n": n, "e": "AQAB", "kty": "RSA"}) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_names_an_ed25519_key_by_its_thumbprint():
    """The RFC's own example. RFC 8037 §A.3."""
    members = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(members) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_writes_coordinates_at_full_length():
    """A coordinate with leading zeros keeps them. RFC 7518 §6.2.1.2."""
    assert {
        len(members[axis]) for members in (public_members(generate("ES256")) for _ in range(300)) for axis in ("x", "y")
    } == {43}


def test_refuses_a_key_that_is_not_for_the_algorithm():
    """A metadata file edited by hand must not turn an EC key into an RSA one."""
    private = generate("ES256")
    record = KeyRecord(thumbprint(public_members(private)), "oidc", "RS256", NOW, NOW)
    with pytest.raises(ConfigurationError, match="not one for RS256"):
        from_parts(record, to_pem(private), None)


def test_refuses_a_key_of_another_id():
    """Relying parties would fetch a public key that does not verify."""
    record = KeyRecord(thumbprint(public_members(generate("ES256"))), "oidc", "ES256", NOW, NOW)
    with pytest.raises(ConfigurationError, match="another one"):
        from_parts(record, to_pem(generate("ES256")), None)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_refuses_a_broken_file_without_quoting_it(content: bytes):
    """Whatever stands in a key file must not reach a log."""
    with pytest.raises(ConfigurationError) as refused:
        from_parts(KeyRecord("kid", "oidc", "ES256", NOW, NOW), content, None)
    assert "AAAA" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_never_shows_the_private_half():
    """A key may land in a traceback."""
    private = generate("ES256")
    key = from_parts(KeyRecord(thumbprint(public_members(private)), "oidc", "ES256", NOW, NOW), to_pem(private), None)
    assert "PRIVATE" not in repr(key)
    assert "private" not in repr(key)


def test_certifies_itself():
    """The certificate holds the key it is for and is valid for years. SAML V2.0 Metadata §2.4.1.1."""
    private = generate("RS256")
    certificate = x509.load_pem_x509_certificate(
        self_signed(private, "idp.example.kr", NOW, FixedRandomness()).encode()
    )
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key() == private.public_key()
    assert certificate.subject.rfc4514_string() == "CN=idp.example.kr"
    assert certificate.not_valid_before_utc < NOW
    assert certificate.not_valid_after_utc.year == 2036


def test_refuses_a_name_no_certificate_can_carry():
    """X.520 bounds a common name to 64 characters."""
    with pytest.raises(ConfigurationError):
        self_signed(generate("ES256"), "n" * 65, NOW, FixedRandomness())
