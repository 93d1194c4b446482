"""A service provider's metadata as a value: where it takes answers, what it signs with. Metadata §2.4.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.agencies.registered_url import RegisteredUrl, registered
from idp.errors import ConfigurationError
from idp.saml import names
from idp.saml.authn_request import instant, text_of
from idp.saml.certificates import SigningCertificate, signing_certificate
from idp.saml.names import MD, NAMESPACES, XML, qualified
from idp.saml.refusals import UnreadableMessage
from idp.saml.toolkit import Element, parse, require_schema

METADATA_LIMIT = 1024 * 1024
_LONGEST_ENTITY_ID = 1024


@dataclass(frozen=True, slots=True)
class AssertionConsumer:
    """A registered address that takes answers by HTTP-POST. Only metadata makes one."""

    url: RegisteredUrl
    index: int
    is_default: bool | None


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """One SAML relying party, as it describes itself."""

    entity_id: str
    consumers: tuple[AssertionConsumer, ...]
    signing_certificates: tuple[SigningCertificate, ...]
    encryption_certificates: tuple[str, ...]
    """Base64 of the DER, for the day assertions are encrypted."""
    signs_requests: bool
    wants_signed_assertions: bool
    name_id_formats: tuple[str, ...]
    subject_id_wanted: str | None
    """`none`, `subject-id`, `pairwise-id` or `any` (Subject Identifier Attributes §2.5)."""
    valid_until: datetime | None
    display_names: Mapping[str, str]
    """By language, as the provider would like to be called."""

    def consumer_at(self, url: str) -> AssertionConsumer | None:
        """The registered address equal to `url` character for character: no prefix, no folding (profiles §4.1.4.1)."""
        return next((each for each in self.consumers if each.url.value == url), None)

    def consumer_numbered(self, index: int) -> AssertionConsumer | None:
        """The registered address with this index."""
        return next((each for each in self.consumers if each.index == index), None)

    @property
    def default_consumer(self) -> AssertionConsumer:
        """The one marked as default, else the first not marked as none, else the first (metadata §2.2.3)."""
        marked = next((each for each in self.consumers if each.is_default), None)
        unmarked = next((each for each in self.consumers if each.is_default is None), None)
        return marked or unmarked or self.consumers[0]


def read(text: str) -> ServiceProvider:
    """The service provider described by a metadata document: an EntityDescriptor, or a group holding just one.

    Raises:
        ConfigurationError: the document cannot be read or lacks what we need; says what.
    """
    try:
        root = parse(text.encode(), limit=METADATA_LIMIT)
        require_schema(root, "metadata")
        return _provider(root)
    except UnreadableMessage as error:
        raise ConfigurationError(f"metadata: {error.detail}") from error


def _provider(root: Element) -> ServiceProvider:
    entity = _entity(root)
    role = _role(entity)
    entity_id = entity.get("entityID", "")
    if not entity_id or len(entity_id) > _LONGEST_ENTITY_ID:
        raise ConfigurationError(f"metadata: entityID must have 1 to {_LONGEST_ENTITY_ID} characters")
    return ServiceProvider(
        entity_id=entity_id,
        consumers=_consumers(role),
        signing_certificates=tuple(signing_certificate(each) for each in _certificates(role, "signing")),
        encryption_certificates=tuple("".join(each.split()) for each in _certificates(role, "encryption")),
        signs_requests=_boolean(role.get("AuthnRequestsSigned")) or False,
        wants_signed_assertions=_boolean(role.get("WantAssertionsSigned")) or False,
        name_id_formats=tuple(text_of(each) for each in role.iterfind("md:NameIDFormat", NAMESPACES)),
        subject_id_wanted=_entity_attribute(entity, names.SUBJECT_ID_WANTED),
        valid_until=min((instant(each) for each in _ends(entity, role)), default=None),
        display_names={
            each.get(qualified(XML, "lang"), ""): text_of(each)
            for each in role.iterfind("md:Extensions/mdui:UIInfo/mdui:DisplayName", NAMESPACES)
        },
    )


def _entity(root: Element) -> Element:
    entities = [
        each
        for each in root.iter(qualified(MD, "EntityDescriptor"))
        if each.find("md:SPSSODescriptor", NAMESPACES) is not None
    ]
    if len(entities) != 1:
        raise ConfigurationError(f"metadata: {len(entities)} service providers where one is needed")
    return entities[0]


def _role(entity: Element) -> Element:
    roles = [
        each
        for each in entity.iterfind("md:SPSSODescriptor", NAMESPACES)
        if names.SAMLP in each.get("protocolSupportEnumeration", "").split()
    ]
    if len(roles) != 1:
        raise ConfigurationError(f"metadata: {len(roles)} SPSSODescriptor elements for SAML 2.0 where one is needed")
    return roles[0]


def _consumers(role: Element) -> tuple[AssertionConsumer, ...]:
    consumers = tuple(
        AssertionConsumer(
            url=registered(each.get("Location", ""), what="metadata: AssertionConsumerService"),
            index=int(each.get("index", "")),
            is_default=_boolean(each.get("isDefault")),
        )
        for each in role.iterfind("md:AssertionConsumerService", NAMESPACES)
        if each.get("Binding") == names.POST
    )
    if not consumers:
        raise ConfigurationError("metadata: no AssertionConsumerService takes HTTP-POST")
    if len({each.index for each in consumers}) != len(consumers):
        raise ConfigurationError("metadata: two AssertionConsumerService elements share an index")
    return consumers


def _certificates(role: Element, use: str) -> list[str]:
    # A key without `use` serves both (metadata §2.4.1.1); to overlook that one means to skip its signatures.
    return [
        text_of(certificate)
        for key in role.iterfind("md:KeyDescriptor", NAMESPACES)
        if key.get("use", use) == use
        for certificate in key.iterfind("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMESPACES)
    ]


def _ends(entity: Element, role: Element) -> list[str]:
    """Every validUntil that covers the role, groups included."""
    ancestors = entity.iterancestors()
    return [end for each in (role, entity, *ancestors) if (end := each.get("validUntil"))]


def _entity_attribute(entity: Element, name: str) -> str | None:
    for attribute in entity.iterfind("md:Extensions/mdattr:EntityAttributes/saml:Attribute", NAMESPACES):
        value = attribute.find("saml:AttributeValue", NAMESPACES)
        if attribute.get("Name") == name and value is not None:
            return text_of(value)
    return None


def _boolean(value: str | None) -> bool | None:
    return None if value is None else value.strip() in ("true", "1")
