"""Our metadata, read by strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

from idp.randomness import SystemRandomness
from idp.saml import names, signature_gate, toolkit
from idp.saml.certificates import signing_certificate
from idp.saml.identity import Identity
from idp.saml.idp_metadata import FRESH, IdpMetadata
from idp.saml.names import NAMESPACES
from idp.saml.signing import Signing
from tests.fakes import FrozenClock
from tests.unit.saml.keys import Keys, saml_key
from tests.vectors.saml.forge import ISSUER, SSO


@pytest.fixture
def keys() -> Keys:
    return Keys([saml_key(), saml_key()])


@pytest.fixture
def made(keys: Keys, frozen_clock: FrozenClock) -> IdpMetadata:
    return IdpMetadata(Identity(ISSUER), "중기원패스 & 친구들", Signing(keys), frozen_clock, SystemRandomness())


def test_conforms_to_the_schema_and_is_signed_by_the_key_it_announces(made: IdpMetadata):
    """Metadata §2, §3; SDP-MD09. The first certificate is the one that signs."""
    root = toolkit.parse(made())
    toolkit.require_schema(root, "metadata")
    first = next(root.iter(names.qualified(names.DS, "X509Certificate")))
    in_role = root.findall("md:IDPSSODescriptor/md:KeyDescriptor//ds:X509Certificate", NAMESPACES)
    assert first.text
    assert signature_gate.verified(root, [signing_certificate(in_role[0].text or "")]) is root


def test_announces_the_next_key_before_it_signs(made: IdpMetadata, keys: Keys):
    """Publish, wait, switch, withdraw (SDP-IDP33)."""
    root = etree.fromstring(made())
    found = root.findall("md:IDPSSODescriptor/md:KeyDescriptor[@use='signing']//ds:X509Certificate", NAMESPACES)
    expected = ["".join((key.certificate or "").splitlines()[1:-1]) for key in keys.keys]
    assert [each.text for each in found] == expected


def test_says_what_we_do_and_nothing_else(made: IdpMetadata):
    """Entity, endpoint, format, scope, name; no validUntil on the role (SDP-MD04, crewjam #287)."""
    root = etree.fromstring(made())
    (role,) = root.findall("md:IDPSSODescriptor", NAMESPACES)
    (endpoint,) = role.findall("md:SingleSignOnService", NAMESPACES)
    assert root.get("entityID") == f"{ISSUER}/saml/metadata"
    assert dict(endpoint.items()) == {"Binding": names.REDIRECT, "Location": SSO}
    assert [each.text for each in role.findall("md:NameIDFormat", NAMESPACES)] == [names.PERSISTENT]
    (scope,) = role.findall("md:Extensions/shibmd:Scope", NAMESPACES)
    assert (scope.text, scope.get("regexp")) == ("127.0.0.1", "false")
    (shown,) = role.findall("md:Extensions/mdui:UIInfo/mdui:DisplayName", NAMESPACES)
    assert shown.text == "중기원패스 & 친구들"
    assert root.get("validUntil") == "2026-03-16T09:00:00Z"
    assert role.get("validUntil") is None
    assert not role.findall("md:SingleLogoutService", NAMESPACES)


def test_lists_the_algorithms_we_verify(made: IdpMetadata):
    """Without them a Shibboleth provider signs with SHA-1, which we refuse (IIP-MD09)."""
    root = etree.fromstring(made())
    digests = [each.get("Algorithm") for each in root.findall("md:Extensions/alg:DigestMethod", NAMESPACES)]
    methods = [each.get("Algorithm") for each in root.findall("md:Extensions/alg:SigningMethod", NAMESPACES)]
    assert (tuple(digests), tuple(methods)) == (names.DIGEST_METHODS, names.SIGNATURE_METHODS)


def test_configures_python3_saml(made: IdpMetadata, keys: Keys):
    """A provider that reads it knows where to go and whom to believe."""
    read = OneLogin_Saml2_IdPMetadataParser.parse(made())["idp"]
    assert read["entityId"] == f"{ISSUER}/saml/metadata"
    assert read["singleSignOnService"] == {"url": SSO, "binding": names.REDIRECT}
    assert len(read["x509certMulti"]["signing"]) == 2


def test_is_made_again_when_the_hour_is_over_or_a_key_comes(made: IdpMetadata, keys: Keys, frozen_clock: FrozenClock):
    """Ready octets in between: a signature for each reader would cost a hundred times the rest."""
    first = made()
    frozen_clock.advance(FRESH - timedelta(seconds=1))
    assert made() is first
    frozen_clock.advance(timedelta(seconds=1))
    second = made()
    assert second != first
    keys.keys.append(saml_key())
    assert made() != second
