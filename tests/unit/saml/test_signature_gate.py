"""The gate says which XML message is genuine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from idp.saml import signature_gate, toolkit
from idp.saml.certificates import SigningCertificate
from idp.saml.names import DS, qualified
from idp.saml.refusals import UntrustedSignature
from tests.fakes import FrozenClock
from tests.vectors.saml.forge import FORGED, Signatory, filled, genuine, signed, written

LUCK = {"two_signatures", "wrapped_in_extensions_same_id"}
"""Whether a bare check accepts these depends on which of two it finds first."""


@pytest.mark.parametrize("name", ["request", "sha512"])
def test_returns_the_element_that_was_signed(
    name: str, provider_key: Signatory, certificates: Sequence[SigningCertificate], frozen_clock: FrozenClock
):
    """The document element itself, not a copy that might differ (core §5.4.2)."""
    root = toolkit.parse(genuine(frozen_clock.now(), provider_key, name))
    assert signature_gate.verified(root, certificates) is root


def test_ignores_a_key_that_travels_with_the_message(
    provider_key: Signatory, rival_key: Signatory, certificates: Sequence[SigningCertificate], frozen_clock: FrozenClock
):
    """KeyInfo proves nothing: a rival's certificate inside neither helps nor harms (IIP-G02)."""
    path = Path("tests/vectors/saml/genuine/foreign_key_info.xml")
    document = filled(path, now=written(frozen_clock.now()), certificate=rival_key.certificate_text)
    assert signature_gate.verified(toolkit.parse(signed(document, provider_key)), certificates) is not None
    with pytest.raises(UntrustedSignature):
        signature_gate.verified(toolkit.parse(signed(document, rival_key)), certificates)


@pytest.mark.parametrize("path", FORGED, ids=lambda path: path.stem)
def test_refuses_a_forgery(
    path: Path, provider_key: Signatory, certificates: Sequence[SigningCertificate], frozen_clock: FrozenClock
):
    """Each vector; first it is shown that the bare signature check takes it for genuine, or it would prove nothing."""
    root = toolkit.parse(signed(filled(path, now=written(frozen_clock.now())), provider_key))
    if path.stem not in LUCK:
        signature = next(root.iter(qualified(DS, "Signature")))
        assert toolkit.verifies(signature, root, certificates[1].pem)
    with pytest.raises(UntrustedSignature):
        signature_gate.verified(root, certificates)


def test_refuses_a_changed_message(
    provider_key: Signatory, certificates: Sequence[SigningCertificate], frozen_clock: FrozenClock
):
    """One attribute more and the digest differs (xmldsig-core §3.2)."""
    document = genuine(frozen_clock.now(), provider_key).replace(b' Version="2.0"', b' Version="2.0" ForceAuthn="true"')
    with pytest.raises(UntrustedSignature):
        signature_gate.verified(toolkit.parse(document), certificates)


def test_refuses_an_unsigned_message(
    provider_key: Signatory, certificates: Sequence[SigningCertificate], frozen_clock: FrozenClock
):
    """No signature is no proof; python3-saml's own check for requests says otherwise."""
    root = toolkit.parse(genuine(frozen_clock.now(), provider_key))
    root.remove(next(root.iter(qualified(DS, "Signature"))))
    with pytest.raises(UntrustedSignature):
        signature_gate.verified(root, certificates)


def test_refuses_a_signature_without_any_registered_key(provider_key: Signatory, frozen_clock: FrozenClock):
    """With nothing to verify against nothing is verified."""
    with pytest.raises(UntrustedSignature):
        signature_gate.verified(toolkit.parse(genuine(frozen_clock.now(), provider_key)), ())


def test_refuses_an_hmac_keyed_with_the_certificate(
    provider_key: Signatory, certificates: Sequence[SigningCertificate], frozen_clock: FrozenClock
):
    """Key confusion: a public certificate must never serve as a secret."""
    document = genuine(frozen_clock.now(), provider_key).replace(
        b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
    )
    with pytest.raises(UntrustedSignature):
        signature_gate.verified(toolkit.parse(document), certificates)
