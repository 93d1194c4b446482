"""An AuthnRequest as a value: what it asks, in our words, with nothing decided yet (core §3.4.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast

from idp.saml.names import ENTITY, NAMESPACES, SAML, SAMLP, UNSPECIFIED, qualified
from idp.saml.refusals import UnreadableMessage
from idp.saml.toolkit import Element, require_schema

_LONGEST_ID = 256
"""It comes back as InResponseTo; saml2int asks for 256 characters in every value."""

Comparison = Literal["exact", "minimum", "maximum", "better"]


@dataclass(frozen=True, slots=True)
class RequestedContext:
    """How strong the sign-in must be; `classes` is empty where only declarations were named (core §3.3.2.2.1)."""

    comparison: Comparison
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """The principal the request is about. `value` is None where it is named in a way we do not read."""

    value: str | None = field(repr=False)
    format: str = UNSPECIFIED
    sp_name_qualifier: str | None = None


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """One request, as sent."""

    id: str
    version: str
    issue_instant: datetime
    issuer: str
    destination: str | None = None
    consumer_url: str | None = None
    consumer_index: int | None = None
    protocol_binding: str | None = None
    force_authn: bool = False
    is_passive: bool = False
    name_id_format: str = UNSPECIFIED
    sp_name_qualifier: str | None = None
    requested_context: RequestedContext | None = None
    subject: NamedSubject | None = None


def read(root: Element) -> AuthnRequest:
    """The AuthnRequest whose document element this is.

    Raises:
        UnreadableMessage: another kind of message, not valid against the schema, or without issuer or time zone.
    """
    if root.tag != qualified(SAMLP, "AuthnRequest"):
        raise UnreadableMessage("not an AuthnRequest")
    require_schema(root, "protocol")
    identifier = _stripped(root.get("ID", ""))
    if len(identifier) > _LONGEST_ID:
        raise UnreadableMessage(f"an ID over {_LONGEST_ID} characters")
    policy = root.find("samlp:NameIDPolicy", NAMESPACES)
    index = root.get("AssertionConsumerServiceIndex")
    return AuthnRequest(
        id=identifier,
        version=root.get("Version", ""),
        issue_instant=instant(root.get("IssueInstant", "")),
        issuer=_issuer(root),
        destination=root.get("Destination"),
        consumer_url=root.get("AssertionConsumerServiceURL"),
        consumer_index=None if index is None else int(index),
        protocol_binding=root.get("ProtocolBinding"),
        force_authn=_true(root.get("ForceAuthn")),
        is_passive=_true(root.get("IsPassive")),
        name_id_format=UNSPECIFIED if policy is None else policy.get("Format", UNSPECIFIED),
        sp_name_qualifier=None if policy is None else policy.get("SPNameQualifier"),
        requested_context=_requested_context(root.find("samlp:RequestedAuthnContext", NAMESPACES)),
        subject=_subject(root.find("saml:Subject", NAMESPACES)),
    )


def instant(text: str) -> datetime:
    """An xs:dateTime in UTC; one without zone is refused, since it may mean any hour (core §1.3.3).

    Raises:
        UnreadableMessage: not a time, or a time without zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        zoned = moment.tzinfo is not None
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableMessage("a time that cannot be read") from error
    if not zoned:
        raise UnreadableMessage("a time without zone")
    return moment


def _issuer(root: Element) -> str:
    issuer = root.find("saml:Issuer", NAMESPACES)
    text = "" if issuer is None else text_of(issuer)
    if issuer is None or not text or issuer.get("Format", ENTITY) != ENTITY:
        raise UnreadableMessage("no Issuer that names an entity (profiles §4.1.4.1)")
    return text


def _requested_context(element: Element | None) -> RequestedContext | None:
    if element is None:
        return None
    classes = tuple(text_of(each) for each in element.iterfind("saml:AuthnContextClassRef", NAMESPACES))
    return RequestedContext(comparison=cast("Comparison", element.get("Comparison", "exact")), classes=classes)


def _subject(element: Element | None) -> NamedSubject | None:
    if element is None:
        return None
    name_id = element.find("saml:NameID", NAMESPACES)
    if name_id is None or element.find(qualified(SAML, "SubjectConfirmation")) is not None:
        return NamedSubject(value=None)
    return NamedSubject(text_of(name_id), name_id.get("Format", UNSPECIFIED), name_id.get("SPNameQualifier"))


def text_of(element: Element) -> str:
    """The text of an element that has no child: in one that has, libraries disagree on what the text is.

    Raises:
        UnreadableMessage: it has children.
    """
    if len(element):
        raise UnreadableMessage("an element where text belongs")
    return _stripped(element.text or "")


def _stripped(text: str) -> str:
    return text.strip(" \t\r\n")


def _true(value: str | None) -> bool:
    return value is not None and value.strip() in ("true", "1")
