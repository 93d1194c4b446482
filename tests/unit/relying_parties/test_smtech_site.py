"""Signing in at SMTECH by SAML."""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from flask.testing import FlaskClient
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from werkzeug.test import TestResponse

from relying_parties.published_keys import KeysUnavailable
from relying_parties.site import Site
from relying_parties.smtech import service_provider
from relying_parties.smtech.smtech_site import DEFAULTS, open_smtech
from tests.unit.relying_parties.transmitter import SUBJECT

_IDP = "http://127.0.0.1:8000/saml/metadata"
_US = "http://127.0.0.1:8103"
_RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r{id}" Version="2.0" IssueInstant="{now}"
 Destination="{destination}" InResponseTo="{asked}"><saml:Issuer>{idp}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""
_ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a{id}" Version="2.0"
 IssueInstant="{now}"><saml:Issuer>{idp}</saml:Issuer><saml:Subject><saml:NameID Format="{format}"
 >{subject}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"
 ><saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{recipient}" InResponseTo="{asked}"
 /></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}"
 ><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions
 ><saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_s"><saml:AuthnContext><saml:AuthnContextClassRef
 >urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement
 ><saml:AttributeStatement><saml:Attribute Name="urn:oid:2.16.840.1.113730.3.1.241" FriendlyName="displayName"
 ><saml:AttributeValue>홍길동</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"""
_METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{idp}"><md:IDPSSODescriptor
 protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo
 ><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor
 ><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:SingleSignOnService
 Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="http://127.0.0.1:8000/saml/sso"
 /></md:IDPSSODescriptor></md:EntityDescriptor>"""


class Provider:
    """An identity provider's key and pen."""

    def __init__(self, common_name: str = "idp") -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = dt.datetime.now(dt.UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + dt.timedelta(days=1))
            .sign(self._key, hashes.SHA256())
        )
        self._id = 0

    @property
    def metadata(self) -> bytes:
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        return _METADATA.format(idp=_IDP, certificate=base64.b64encode(der).decode()).encode()

    def answer(
        self,
        asked: str,
        *,
        sign_assertion: bool = True,
        sign_response: bool = True,
        changes: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """A SAMLResponse form value, good unless `changes` say otherwise."""
        self._id += 1
        now = dt.datetime.now(dt.UTC)
        facts = {
            "id": str(self._id),
            "idp": _IDP,
            "asked": asked,
            "destination": f"{_US}/saml/acs",
            "recipient": f"{_US}/saml/acs",
            "audience": f"{_US}/saml/metadata",
            "subject": SUBJECT,
            "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "now": _stamp(now),
            "since": _stamp(now - dt.timedelta(minutes=1)),
            "until": _stamp(now + dt.timedelta(minutes=5)),
        } | dict(changes)
        assertion = _ASSERTION.format(**facts)
        if sign_assertion:
            assertion = self._signed(assertion)
        response = _RESPONSE.format(**facts, assertion=assertion)
        if sign_response:
            response = self._signed(response)
        return base64.b64encode(response.encode()).decode()

    def _signed(self, document: str) -> str:
        key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        certificate = self._certificate.public_bytes(serialization.Encoding.PEM).decode()
        signed: bytes = OneLogin_Saml2_Utils.add_sign(document, key, certificate)
        return etree.tostring(etree.fromstring(signed), encoding="unicode")


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture
def smtech(provider: Provider, tmp_path: Path) -> Site:
    """The site, with the provider's metadata at hand."""
    known = service_provider.IdentityProvider(DEFAULTS, fetch=lambda _url: provider.metadata)
    site = open_smtech({"SMTECH_DATABASE": str(tmp_path / "smtech.db")}, provider=known)
    site.app.testing = True
    return site


def ask(browser: FlaskClient) -> str:
    """Start signing in and return the id of the request that was sent."""
    address = browser.get("/login").headers["Location"]
    packed = base64.b64decode(parse_qs(urlsplit(address).query)["SAMLRequest"][0])
    return str(etree.fromstring(zlib.decompress(packed, -15)).get("ID"))


def bring(browser: FlaskClient, answer: str) -> TestResponse:
    """Post the answer as the provider's page does."""
    return browser.post("/saml/acs", data={"SAMLResponse": answer}, headers={"Origin": "http://127.0.0.1:8000"})


def test_asks_for_a_persistent_name(smtech: Site) -> None:
    """Whatever the provider's metadata lists first, what we ask for is ours to say."""
    address = smtech.app.test_client().get("/login").headers["Location"]
    assert address.startswith("http://127.0.0.1:8000/saml/sso?")
    packed = base64.b64decode(parse_qs(urlsplit(address).query)["SAMLRequest"][0])
    policy = etree.fromstring(zlib.decompress(packed, -15)).find("{urn:oasis:names:tc:SAML:2.0:protocol}NameIDPolicy")
    assert policy is not None
    assert policy.get("Format") == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def test_signs_in_by_a_good_answer(smtech: Site, provider: Provider) -> None:
    """SAML V2.0 Profiles §4.1.4.3."""
    browser = smtech.app.test_client()
    assert bring(browser, provider.answer(ask(browser))).status_code == 303
    page = browser.get("/").text
    for shown in ("홍길동님", "SAML 2.0", _IDP, SUBJECT, "연결됨"):
        assert shown in page


def test_refuses_the_same_answer_again(smtech: Site, provider: Provider) -> None:
    """SAML V2.0 Profiles §4.1.4.5: an assertion is used once, even by the browser that asked."""
    browser = smtech.app.test_client()
    asked = ask(browser)
    answer = provider.answer(asked)
    assert bring(browser, answer).status_code == 303
    with browser.session_transaction() as held:
        held["saml_request"] = asked
    assert bring(browser, answer).status_code == 400


def test_refuses_an_answer_to_somebody_elses_question(smtech: Site, provider: Provider) -> None:
    """Else whoever holds an answer could sign any browser in as themselves."""
    theirs, mine = smtech.app.test_client(), smtech.app.test_client()
    answer = provider.answer(ask(theirs))
    assert bring(mine, answer).status_code == 400
    ask(mine)
    assert bring(mine, answer).status_code == 400
    assert mine.get("/state").get_json()["session"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"audience": "http://127.0.0.1:8101/"}, id="for another party"),
        pytest.param({"destination": f"{_US}/elsewhere"}, id="sent elsewhere"),
        pytest.param({"recipient": "http://evil.test/acs"}, id="for another recipient"),
        pytest.param({"idp": "http://evil.test/"}, id="by another issuer"),
        pytest.param({"until": "2020-01-01T00:00:00Z"}, id="expired"),
        pytest.param({"since": "2090-01-01T00:00:00Z"}, id="not yet valid"),
        pytest.param({"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, id="a passing name"),
    ],
)
def test_refuses_an_answer_that_is_not_for_us(smtech: Site, provider: Provider, wrong: dict[str, str]) -> None:
    """SAML V2.0 Profiles §4.1.4.3, each check on its own."""
    browser = smtech.app.test_client()
    refused = bring(browser, provider.answer(ask(browser), changes=wrong))
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert browser.get("/state").get_json()["session"] is None


@pytest.mark.parametrize(("assertion", "response"), [(False, True), (True, False), (False, False)])
def test_insists_on_both_signatures(smtech: Site, provider: Provider, *, assertion: bool, response: bool) -> None:
    """Assertion and response are each signed."""
    browser = smtech.app.test_client()
    answer = provider.answer(ask(browser), sign_assertion=assertion, sign_response=response)
    assert bring(browser, answer).status_code == 400


def test_refuses_another_key(smtech: Site) -> None:
    """The certificate inside a message proves nothing; the metadata's does."""
    browser = smtech.app.test_client()
    assert bring(browser, Provider("idp").answer(ask(browser))).status_code == 400


def test_refuses_a_changed_subject(smtech: Site, provider: Provider) -> None:
    """What is signed cannot be altered."""
    browser = smtech.app.test_client()
    document = base64.b64decode(provider.answer(ask(browser))).replace(SUBJECT.encode(), b"x" * len(SUBJECT))
    assert bring(browser, base64.b64encode(document).decode()).status_code == 400


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param("", id="nothing"),
        pytest.param("!!!", id="not base64"),
        pytest.param(base64.b64encode(b"<a>").decode(), id="broken XML"),
        pytest.param(base64.b64encode(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").decode(), id="a DOCTYPE"),
        pytest.param(base64.b64encode(b"\xff" * 1000).decode(), id="noise"),
    ],
)
def test_answers_garbage_with_a_page(smtech: Site, garbage: str) -> None:
    """No 500, whatever is posted."""
    browser = smtech.app.test_client()
    ask(browser)
    assert bring(browser, garbage).status_code == 400


def test_uses_known_metadata_through_an_outage(provider: Provider, smtech: Site) -> None:
    """An hour without the provider's metadata is no reason to forget it; a day is."""
    moment, up = 0.0, True

    def fetch(_url: str) -> bytes:
        if not up:
            raise KeysUnavailable("down")
        return provider.metadata

    kept = service_provider.IdentityProvider(smtech.settings, fetch=fetch, elapsed=lambda: moment)
    kept.toolkit_settings()
    moment, up = 3600.0, False
    assert kept.toolkit_settings()["idp"]["entityId"] == _IDP
    moment = 25 * 3600.0
    with pytest.raises(KeysUnavailable):
        kept.toolkit_settings()


@pytest.mark.parametrize("document", [b"", b"<a/>", b"<!DOCTYPE a><a/>", b"not xml"])
def test_refuses_metadata_of_no_provider(smtech: Site, document: bytes) -> None:
    """A page that says it is unavailable, not a failure."""
    broken = service_provider.IdentityProvider(smtech.settings, fetch=lambda _url: document)
    with pytest.raises(KeysUnavailable):
        broken.toolkit_settings()


def test_describes_itself(smtech: Site) -> None:
    """The metadata the provider registers us by."""
    answer = smtech.app.test_client().get("/saml/metadata")
    assert answer.content_type == "application/samlmetadata+xml"
    document = etree.fromstring(answer.data)
    assert document.get("entityID") == f"{_US}/saml/metadata"
    assert document.get("validUntil") is None
    assert f'Location="{_US}/saml/acs"' in answer.text
