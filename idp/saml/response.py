"""Responses and assertions, element by element (core §2.3.3, §3.3.3; profiles §4.1.4.2). Signing comes after."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from idp.randomness import Randomness
from idp.saml.attributes import Attribute
from idp.saml.names import BEARER, PERSISTENT, SAML, SAMLP, URI_NAME, XS, XSI, qualified
from idp.saml.status import SUCCESS, Status
from idp.saml.toolkit import Element

LIFETIME: Final = timedelta(minutes=5)
"""How long an answer may be under way."""
_BEHIND: Final = timedelta(minutes=1)
"""A provider's clock may be this much behind ours and still not see a future assertion."""

SIGNATURE_PLACE: Final = 1
"""Right after Issuer, in both."""

_TYPE = qualified(XSI, "type")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every Response says about itself; `in_response_to` is None for an answer nobody asked for."""

    id: str
    issued: datetime
    issuer: str
    destination: str
    in_response_to: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What an assertion says: who, to whom, how and when."""

    assertion_id: str
    audience: str
    subject: str = field(repr=False)
    session_index: str = field(repr=False)
    authenticated: datetime
    context_class: str
    attributes: tuple[Attribute, ...] = field(repr=False)


def response(envelope: Envelope, status: Status | None = None) -> Element:
    """A Response without assertion; with no `status` it says Success and waits for one to be appended."""
    root = etree.Element(qualified(SAMLP, "Response"), nsmap={"samlp": SAMLP, "saml": SAML})
    _mark(root, envelope.id, envelope.issued)
    root.set("Destination", envelope.destination)
    if envelope.in_response_to is not None:
        root.set("InResponseTo", envelope.in_response_to)
    _child(root, SAML, "Issuer", envelope.issuer)
    outer = _child(root, SAMLP, "Status")
    code = _child(outer, SAMLP, "StatusCode", Value=SUCCESS if status is None else status.code)
    if status is not None:
        if status.subcode is not None:
            _child(code, SAMLP, "StatusCode", Value=status.subcode)
        _child(outer, SAMLP, "StatusMessage", status.message)
    return root


def assertion(envelope: Envelope, facts: SignedIn) -> Element:
    """The assertion, a document of its own so that it can be signed before it is put into its Response."""
    root = etree.Element(qualified(SAML, "Assertion"), nsmap={"saml": SAML, "xs": XS, "xsi": XSI})
    _mark(root, facts.assertion_id, envelope.issued)
    _child(root, SAML, "Issuer", envelope.issuer)
    _subject(root, envelope, facts)
    until = _time(envelope.issued + LIFETIME)
    conditions = _child(root, SAML, "Conditions", NotBefore=_time(envelope.issued - _BEHIND), NotOnOrAfter=until)
    _child(_child(conditions, SAML, "AudienceRestriction"), SAML, "Audience", facts.audience)
    statement = _child(
        root, SAML, "AuthnStatement", AuthnInstant=_time(facts.authenticated), SessionIndex=facts.session_index
    )
    _child(_child(statement, SAML, "AuthnContext"), SAML, "AuthnContextClassRef", facts.context_class)
    if facts.attributes:
        _attributes(root, facts.attributes)
    return root


def _subject(root: Element, envelope: Envelope, facts: SignedIn) -> None:
    subject = _child(root, SAML, "Subject")
    _child(
        subject,
        SAML,
        "NameID",
        facts.subject,
        Format=PERSISTENT,
        NameQualifier=envelope.issuer,
        SPNameQualifier=facts.audience,
    )
    data = _child(
        _child(subject, SAML, "SubjectConfirmation", Method=BEARER),
        SAML,
        "SubjectConfirmationData",
        Recipient=envelope.destination,
        NotOnOrAfter=_time(envelope.issued + LIFETIME),
    )
    if envelope.in_response_to is not None:
        data.set("InResponseTo", envelope.in_response_to)


def _attributes(root: Element, attributes: tuple[Attribute, ...]) -> None:
    statement = _child(root, SAML, "AttributeStatement")
    for each in attributes:
        attribute = _child(
            statement, SAML, "Attribute", Name=each.name, NameFormat=URI_NAME, FriendlyName=each.friendly_name
        )
        _child(attribute, SAML, "AttributeValue", each.value).set(_TYPE, "xs:string")


def _mark(root: Element, identifier: str, issued: datetime) -> None:
    root.set("ID", identifier)
    root.set("Version", "2.0")
    root.set("IssueInstant", _time(issued))


def _child(parent: Element, namespace: str, name: str, text: str | None = None, /, **values: str) -> Element:
    child = etree.SubElement(parent, qualified(namespace, name), values)
    child.text = text
    return child


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document_id(randomness: Randomness) -> str:
    """An ID nobody can guess and no other document has: 160 random bits, a letter or underscore first (core §1.3.4)."""
    return "_" + randomness.octets(20).hex()
