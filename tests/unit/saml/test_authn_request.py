"""An AuthnRequest becomes a value, or is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from idp.saml import authn_request, toolkit
from idp.saml.authn_request import AuthnRequest, NamedSubject, RequestedContext, instant
from idp.saml.names import PASSWORD_PROTECTED_TRANSPORT, PERSISTENT, POST, UNSPECIFIED
from idp.saml.refusals import UnreadableMessage
from tests.vectors.saml.forge import ACS, ENTITY_ID, SSO, request

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def read(content: str = "", **attributes: str | None) -> AuthnRequest:
    return authn_request.read(toolkit.parse(request(NOW, content=content, **attributes)))


def test_reads_the_least_a_request_may_say():
    """Everything else has a default (core §3.4.1)."""
    assert read(Destination=None) == AuthnRequest(id="_request", version="2.0", issue_instant=NOW, issuer=ENTITY_ID)


def test_reads_all_that_we_act_upon():
    """Attributes, policy, context (core §3.4.1); extensions and scoping are passed over (IIP-EXT01)."""
    content = (
        '<samlp:Extensions><x xmlns="urn:x"/></samlp:Extensions>'
        f'<samlp:NameIDPolicy Format="{PERSISTENT}" SPNameQualifier="urn:sp" AllowCreate="true"/>'
        '<saml:Conditions NotBefore="2026-01-01T00:00:00Z"/>'
        '<samlp:RequestedAuthnContext Comparison="minimum">'
        f"<saml:AuthnContextClassRef> {PASSWORD_PROTECTED_TRANSPORT}\n</saml:AuthnContextClassRef>"
        "<saml:AuthnContextClassRef>urn:onepass:acr:2</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
        '<samlp:Scoping ProxyCount="2"/>'
    )
    got = read(
        content,
        AssertionConsumerServiceURL=ACS,
        ProtocolBinding=POST,
        ForceAuthn="1",
        IsPassive="true",
        ProviderName="x",
    )
    assert got == AuthnRequest(
        id="_request",
        version="2.0",
        issue_instant=NOW,
        issuer=ENTITY_ID,
        destination=SSO,
        consumer_url=ACS,
        protocol_binding=POST,
        force_authn=True,
        is_passive=True,
        name_id_format=PERSISTENT,
        sp_name_qualifier="urn:sp",
        requested_context=RequestedContext("minimum", (PASSWORD_PROTECTED_TRANSPORT, "urn:onepass:acr:2")),
    )


@pytest.mark.parametrize(
    ("text", "meant"), [("true", True), ("1", True), ("false", False), ("0", False), (" 1 ", True)]
)
def test_reads_booleans_in_every_spelling(text: str, meant: bool):
    """xs:boolean has four, and white space around them (xmlschema-2 §3.2.2)."""
    got = read(ForceAuthn=text, IsPassive=text)
    assert (got.force_authn, got.is_passive) == (meant, meant)


def test_reads_a_consumer_index():
    """An index instead of an address (core §3.4.1)."""
    assert read(AssertionConsumerServiceIndex="7").consumer_index == 7


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        ("<saml:NameID>abc</saml:NameID>", NamedSubject("abc", UNSPECIFIED)),
        (
            f'<saml:NameID Format="{PERSISTENT}" SPNameQualifier="q"> abc </saml:NameID>',
            NamedSubject("abc", PERSISTENT, "q"),
        ),
        ("<saml:NameID>ab<!-- -->c</saml:NameID>", NamedSubject("abc", UNSPECIFIED)),
        ('<saml:SubjectConfirmation Method="urn:x"/>', NamedSubject(None)),
        ('<saml:NameID>abc</saml:NameID><saml:SubjectConfirmation Method="urn:x"/>', NamedSubject(None)),
    ],
)
def test_reads_whom_the_request_is_about(content: str, meant: NamedSubject):
    """A Subject is never overlooked, also where it cannot be read (core §3.4.1, §3.4.1.4)."""
    assert read(f"<saml:Subject>{content}</saml:Subject>").subject == meant


def test_keeps_whom_it_is_about_out_of_logs():
    """Identifiers of members do not show in a repr."""
    assert "abc" not in repr(read("<saml:Subject><saml:NameID>abc</saml:NameID></saml:Subject>"))


@pytest.mark.parametrize(
    "attributes",
    [
        {"ID": None},
        {"ID": "1starts-with-a-digit"},
        {"ID": "_" + "x" * 256},
        {"Version": None},
        {"IssueInstant": None},
        {"IssueInstant": "yesterday"},
        {"IssueInstant": "2026-03-02T09:00:00"},
        {"IssueInstant": "0001-01-01T00:00:00+14:00"},
        {"issuer": None},
        {"issuer": "  "},
        {"ForceAuthn": "yes"},
        {"AssertionConsumerServiceIndex": "70000"},
        {"AssertionConsumerServiceIndex": "-1"},
        {"Unknown": "x"},
    ],
    ids="-".join,
)
def test_refuses_what_the_schema_or_the_profile_forbids(attributes: dict[str, Any]):
    """A request without identity or time is none (core §3.2.1, profiles §4.1.4.1)."""
    with pytest.raises(UnreadableMessage):
        read(**attributes)


@pytest.mark.parametrize(
    "document",
    [
        b'<x xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>',
        b'<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>',
        b"<AuthnRequest/>",
    ],
)
def test_refuses_another_message(document: bytes):
    """Only an AuthnRequest is one."""
    with pytest.raises(UnreadableMessage):
        authn_request.read(toolkit.parse(document))


def test_refuses_an_issuer_with_another_format():
    """Its Format is `entity` or absent (profiles §4.1.4.1)."""
    document = request(NOW).replace(b"<saml:Issuer>", b'<saml:Issuer Format="urn:x">')
    with pytest.raises(UnreadableMessage):
        authn_request.read(toolkit.parse(document))


def test_refuses_an_issuer_with_elements_in_it():
    """Libraries disagree on the text of an element that has children; we do not take part."""
    document = request(NOW).replace(b"</saml:Issuer>", b"<x/></saml:Issuer>")
    with pytest.raises(UnreadableMessage):
        authn_request.read(toolkit.parse(document))


@pytest.mark.parametrize(
    "text",
    ["2026-03-02T09:00:00Z", "2026-03-02T18:00:00+09:00", "2026-03-02T09:00:00.000Z", "2026-03-02T09:00:00.0000000Z"],
)
def test_reads_a_time_in_any_zone_and_fraction(text: str):
    """.NET writes seven digits, others an offset (core §1.3.3)."""
    assert instant(text) == NOW
