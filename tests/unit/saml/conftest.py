"""Keys that every SAML test may sign with, made once a run, and registrations around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp.agencies.registered_url import RegisteredUrl
from idp.agencies.relying_party import Agency, RelyingParty, SamlRegistration
from idp.saml import sp_metadata
from idp.saml.certificates import SigningCertificate, signing_certificate
from idp.saml.registration import Registration
from tests.vectors.saml.forge import Signatory, metadata, signatory

AGENCY = Agency("smtech", "SMTECH", "", ("기업",), None, 1)


@pytest.fixture(scope="session")
def provider_key() -> Signatory:
    """The registered provider's."""
    return signatory()


@pytest.fixture(scope="session")
def second_key() -> Signatory:
    """The provider's next one, an ECDSA key whose certificate is long past its dates."""
    return signatory(ec.generate_private_key(ec.SECP256R1()), expired=True)


@pytest.fixture(scope="session")
def rival_key() -> Signatory:
    """Nobody's."""
    return signatory()


@pytest.fixture(scope="session")
def certificates(provider_key: Signatory, second_key: Signatory) -> tuple[SigningCertificate, ...]:
    """What the metadata registers."""
    return tuple(signing_certificate(each.certificate_text) for each in (second_key, provider_key))


@pytest.fixture
def register() -> Callable[..., Registration]:
    """Makes a registration from metadata and terms."""
    return registration


def relying_party(text: str, *, version: int = 1, **terms: Any) -> RelyingParty:
    """A SAML relying party as the catalogue hands it out."""
    defaults: dict[str, Any] = {
        "name": "SMTECH",
        "home": RegisteredUrl("http://127.0.0.1:8103/"),
        "sign_response": True,
        "sign_assertion": True,
        "require_signed_requests": None,
        "release": frozenset({"profile", "email"}),
        "initiate_login_uri": None,
    }
    saml = SamlRegistration(entity_id=sp_metadata.read(text).entity_id, metadata_xml=text, **(defaults | terms))
    return RelyingParty("smtech-saml", AGENCY, version, "saml", None, saml, None)


def registration(text: str | None = None, **terms: Any) -> Registration:
    """A registration with that metadata, plain unless given."""
    party = relying_party(text or metadata(), **terms)
    assert party.saml is not None
    return Registration(party, party.saml, sp_metadata.read(party.saml.metadata_xml))
