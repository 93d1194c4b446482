"""What we send, read by strangers: the schemas, xmlsec1 and python3-saml's own provider half."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from idp.randomness import SystemRandomness
from idp.saml import names, signature_gate, status, toolkit
from idp.saml.answer import Answer, Facts
from idp.saml.attributes import Attribute
from idp.saml.certificates import signing_certificate
from idp.saml.identity import Identity
from idp.saml.names import NAMESPACES
from idp.saml.registration import Registration
from idp.saml.signing import Signing
from tests.unit.saml.keys import Keys, Now, saml_key
from tests.vectors.saml.forge import ACS, ENTITY_ID, ISSUER, metadata

Register = Callable[..., Registration]

FACTS = Facts(
    subject="mfrggzdfmztwq2lknnwg23tpobyxe43u",
    attributes=(
        Attribute("urn:oid:2.16.840.1.113730.3.1.241", "displayName", '홍길동 & <동료> "들" \' ]]>'),
        Attribute("urn:oid:0.9.2342.19200300.100.1.3", "mail", "hong@example.kr"),
    ),
    authenticated=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    context_class=names.PASSWORD_PROTECTED_TRANSPORT,
    session_index="s" * 32,
)


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys()


@pytest.fixture
def answer(keys: Keys) -> Answer:
    return Answer(Identity(ISSUER), Signing(keys), Now(), SystemRandomness())


@pytest.fixture(params=[(True, True), (True, False), (False, True)], ids=["both", "response", "assertion"])
def terms(request: pytest.FixtureRequest) -> dict[str, bool]:
    """Every way of signing an operator may choose (IIP-SSO04)."""
    whole, part = request.param
    return {"sign_response": whole, "sign_assertion": part}


def success(answer: Answer, registration: Registration, in_response_to: str | None = "_request") -> bytes:
    return answer.success(registration, registration.provider.default_consumer, in_response_to, FACTS)


def signed_elements(xml: bytes) -> Iterator[str]:
    for signature in etree.fromstring(xml).iter(names.qualified(names.DS, "Signature")):
        parent = signature.getparent()
        assert parent is not None
        yield etree.QName(parent).localname


def test_conforms_to_the_schema(answer: Answer, register: Register, terms: dict[str, bool]):
    """Whatever is signed (core §3.3.3, §2.3.3)."""
    toolkit.require_schema(toolkit.parse(success(answer, register(**terms))), "protocol")


def test_signs_what_was_agreed(answer: Answer, register: Register, terms: dict[str, bool]):
    """Response, assertion or both, and whatever the operator chose the assertion where the provider insists."""
    wanted = [name for name, chosen in zip(["Response", "Assertion"], terms.values(), strict=True) if chosen]
    assert list(signed_elements(success(answer, register(**terms)))) == wanted
    insists = register(metadata(attributes='WantAssertionsSigned="true"'), sign_assertion=False)
    assert list(signed_elements(success(answer, insists))) == ["Response", "Assertion"]


def test_never_sends_an_assertion_under_no_signature(answer: Answer, register: Register):
    """Both options off would make a bearer token anybody can write."""
    assert list(signed_elements(success(answer, register(sign_response=False, sign_assertion=False)))) == ["Assertion"]


def test_is_verified_by_xmlsec1(answer: Answer, register: Register, terms: dict[str, bool], keys: Keys, tmp_path: Path):
    """The command-line program, each signature by itself."""
    xml = success(answer, register(**terms))
    (tmp_path / "response.xml").write_bytes(xml)
    (tmp_path / "certificate.pem").write_text(keys.keys[0].certificate or "")
    for element in signed_elements(xml):
        assert verified(tmp_path, element) == 0
    tampered = xml.replace(b"hong@example.kr", b"kong@example.kr")
    assert tampered != xml
    (tmp_path / "response.xml").write_bytes(tampered)
    for element in signed_elements(xml):
        assert verified(tmp_path, element) != 0


def verified(folder: Path, element: str) -> int:
    place = {"Response": "/*/*[local-name()='Signature']", "Assertion": "/*/*/*[local-name()='Signature']"}[element]
    command = ["xmlsec1", "--verify", "--pubkey-cert-pem", "certificate.pem", "--enabled-key-data", "rsa"]
    command += ["--id-attr:ID", f"{names.SAMLP}:Response", "--id-attr:ID", f"{names.SAML}:Assertion"]
    command += ["--node-xpath", place, "response.xml"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=20, check=False).returncode


def provider_half(keys: Keys, **security: Any) -> OneLogin_Saml2_Settings:
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {"entityId": ENTITY_ID, "assertionConsumerService": {"url": ACS, "binding": names.POST}},
            "idp": {
                "entityId": Identity(ISSUER).entity_id,
                "singleSignOnService": {"url": Identity(ISSUER).sso_location},
                "x509cert": keys.keys[0].certificate,
            },
            "security": {
                "rejectDeprecatedAlgorithm": True,
                "wantNameId": True,
                "wantAttributeStatement": True,
                **security,
            },
        }
    )


REQUEST_DATA = {"https": "off", "http_host": "127.0.0.1:8103", "script_name": "/saml/acs", "server_port": "8103"}


def test_satisfies_python3_saml_in_strict_mode(answer: Answer, register: Register, terms: dict[str, bool], keys: Keys):
    """Its provider half reads every value back, specials included, and finds nothing to object to."""
    settings = provider_half(
        keys, wantMessagesSigned=terms["sign_response"], wantAssertionsSigned=terms["sign_assertion"]
    )
    got = OneLogin_Saml2_Response(settings, base64.b64encode(success(answer, register(**terms))))
    assert got.is_valid(REQUEST_DATA, "_request"), got.get_error()
    assert got.get_nameid() == FACTS.subject
    assert (got.get_nameid_format(), got.get_nameid_nq(), got.get_nameid_spnq()) == (
        names.PERSISTENT,
        f"{ISSUER}/saml/metadata",
        ENTITY_ID,
    )
    assert got.get_session_index() == FACTS.session_index
    assert got.get_attributes() == {
        names.PAIRWISE_ID: [f"{FACTS.subject}@127.0.0.1"],
        **{each.name: [each.value] for each in FACTS.attributes},
    }


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"mfrggzdf", b"mfrggzdg"),
        (b"metadata</saml:Audience>", b"other</saml:Audience>"),
        (b"_request", b"_another"),
    ],
)
def test_fails_there_once_changed(
    was: bytes, becomes: bytes, answer: Answer, register: Register, terms: dict[str, bool], keys: Keys
):
    """One value differs and no provider takes it."""
    xml = success(answer, register(**terms))
    assert was in xml
    got = OneLogin_Saml2_Response(provider_half(keys), base64.b64encode(xml.replace(was, becomes)))
    assert not got.is_valid(REQUEST_DATA, "_request")


def test_says_everything_the_profile_asks_for(answer: Answer, register: Register):
    """Destination, recipient, audience, bearer confirmation, times (profiles §4.1.4.2)."""
    root = etree.fromstring(success(answer, register()))
    now = answer.clock.now()

    def one(path: str) -> etree._Element:
        (found,) = root.findall(path, NAMESPACES)
        return found

    confirmation = one("saml:Assertion/saml:Subject/saml:SubjectConfirmation")
    data = one("saml:Assertion/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData")
    conditions = one("saml:Assertion/saml:Conditions")
    statement = one("saml:Assertion/saml:AuthnStatement")
    assert (root.get("Destination"), root.get("InResponseTo"), root.get("IssueInstant")) == (ACS, "_request", time(now))
    assert confirmation.get("Method") == names.BEARER
    assert dict(data.items()) == {"Recipient": ACS, "InResponseTo": "_request", "NotOnOrAfter": time(now, minutes=5)}
    assert dict(conditions.items()) == {"NotBefore": time(now, minutes=-1), "NotOnOrAfter": time(now, minutes=5)}
    assert one("saml:Assertion/saml:Conditions/saml:AudienceRestriction/saml:Audience").text == ENTITY_ID
    assert dict(statement.items()) == {"AuthnInstant": "2026-03-02T08:00:00Z", "SessionIndex": FACTS.session_index}
    for attribute in root.findall("saml:Assertion/saml:AttributeStatement/saml:Attribute", NAMESPACES):
        assert attribute.get("NameFormat") == names.URI_NAME
        assert len(attribute) == 1
    ids = [element.get("ID") for element in root.iter() if element.get("ID")]
    assert len(set(ids)) == 2


def test_names_no_request_where_there_was_none(answer: Answer, register: Register):
    """An unsolicited answer carries no InResponseTo anywhere (profiles §4.1.5; FusionAuth #2878)."""
    xml = success(answer, register(), None)
    assert b"InResponseTo" not in xml
    toolkit.require_schema(toolkit.parse(xml), "protocol")


@pytest.mark.parametrize(
    ("wanted", "sent"), [("none", False), ("subject-id", False), ("pairwise-id", True), ("any", True)]
)
def test_sends_the_pairwise_identifier_unless_told_otherwise(
    wanted: str, sent: bool, answer: Answer, register: Register
):
    """As the provider's entity attribute says (Subject Identifier Attributes §2.5)."""
    extensions = (
        f'<md:Extensions><mdattr:EntityAttributes><saml:Attribute Name="{names.SUBJECT_ID_WANTED}">'
        f"<saml:AttributeValue>{wanted}</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions>"
    )
    xml = success(answer, register(metadata(extensions=extensions)))
    assert (names.PAIRWISE_ID.encode() in xml) is sent


def test_makes_an_assertion_that_stands_alone(answer: Answer, register: Register):
    """Cut out and parsed by itself, prefixes inside xsi:type included, as encryption will need (authentik #19586)."""
    root = etree.fromstring(success(answer, register()))
    (part,) = root.findall("saml:Assertion", NAMESPACES)
    toolkit.require_schema(etree.fromstring(etree.tostring(part)), "assertion")


def test_survives_a_reader_that_moves_namespace_declarations(answer: Answer, register: Register, keys: Keys):
    """As pysaml2 does with `xs` before it verifies: the digest must not depend on where that is declared."""
    root = etree.fromstring(success(answer, register(sign_response=False)))
    (part,) = root.findall("saml:Assertion", NAMESPACES)
    declared = f' xmlns:xs="{names.XS}"'
    text = etree.tostring(part).decode()
    assert text.count(declared) == 1
    moved = text.replace(declared, "").replace("<saml:AttributeValue", f"<saml:AttributeValue{declared}")
    certificate = signing_certificate("".join((keys.keys[0].certificate or "").splitlines()[1:-1]))
    assert signature_gate.verified(toolkit.parse(moved.encode()), [certificate]) is not None


@pytest.mark.parametrize("why", [status.NO_PASSIVE, status.VERSION_MISMATCH, status.REQUEST_DENIED])
@pytest.mark.parametrize("whole", [True, False])
def test_says_why_there_is_no_assertion(
    why: status.Status, whole: bool, answer: Answer, register: Register, keys: Keys
):
    """A status with its sub-status and a sentence, signed as Responses are (core §3.2.2)."""
    registration = register(sign_response=whole)
    xml = answer.failure(registration, registration.provider.default_consumer, "_request", why)
    root = toolkit.parse(xml)
    toolkit.require_schema(root, "protocol")
    codes = [each.get("Value") for each in root.iter(names.qualified(names.SAMLP, "StatusCode"))]
    assert codes == [code for code in (why.code, why.subcode) if code]
    assert b"Assertion" not in xml
    assert list(signed_elements(xml)) == (["Response"] if whole else [])
    got = OneLogin_Saml2_Response(provider_half(keys), base64.b64encode(xml))
    assert not got.is_valid(REQUEST_DATA, "_request")
    assert why.message in str(got.get_error())


def test_turns_to_the_next_key_without_a_restart(register: Register):
    """When the keyring's turn comes the next answer is signed by the new key (architecture: always true, 9)."""
    keys = Keys()
    answer = Answer(Identity(ISSUER), Signing(keys), Now(), SystemRandomness())
    success(answer, register())
    keys.keys.insert(0, saml_key())
    got = OneLogin_Saml2_Response(provider_half(keys), base64.b64encode(success(answer, register())))
    assert got.is_valid(REQUEST_DATA, "_request"), got.get_error()


def time(instant: datetime, **offset: int) -> str:
    return (instant + timedelta(**offset)).strftime("%Y-%m-%dT%H:%M:%SZ")
