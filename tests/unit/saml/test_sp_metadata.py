"""A provider's metadata becomes a value, or the operator is told why not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from idp.errors import ConfigurationError
from idp.saml import names
from idp.saml.sp_metadata import METADATA_LIMIT, read
from tests.vectors.saml.forge import ACS, ENTITY_ID, Signatory, metadata, signatory


def consumer(index: int, url: str = ACS, *, binding: str = names.POST, default: str = "") -> str:
    mark = f' isDefault="{default}"' if default else ""
    return f'<md:AssertionConsumerService index="{index}"{mark} Binding="{binding}" Location="{url}"/>'


def test_reads_the_least_a_provider_may_say():
    """An entityID and one address (metadata §2.4.4)."""
    provider = read(metadata())
    assert provider.entity_id == ENTITY_ID
    assert [each.url.value for each in provider.consumers] == [ACS]
    assert not provider.signs_requests
    assert not provider.wants_signed_assertions
    assert provider.signing_certificates == ()


def test_reads_what_it_signs_and_wants():
    """Flags in either spelling, formats, names, the identifier it wants (metadata §2.4.4, Subject Identifiers §2.5)."""
    text = metadata(
        attributes='AuthnRequestsSigned="1" WantAssertionsSigned="true"',
        content=f"<md:NameIDFormat>{names.PERSISTENT}</md:NameIDFormat>",
        extensions=(
            "<md:Extensions><mdattr:EntityAttributes>"
            f'<saml:Attribute Name="{names.SUBJECT_ID_WANTED}" NameFormat="{names.URI_NAME}">'
            "<saml:AttributeValue>pairwise-id</saml:AttributeValue></saml:Attribute>"
            "</mdattr:EntityAttributes></md:Extensions>"
        ),
        role_extensions=(
            '<md:Extensions><mdui:UIInfo><mdui:DisplayName xml:lang="ko">중소기업 기술개발</mdui:DisplayName>'
            "</mdui:UIInfo></md:Extensions>"
        ),
    )
    provider = read(text)
    assert provider.signs_requests
    assert provider.wants_signed_assertions
    assert provider.name_id_formats == (names.PERSISTENT,)
    assert provider.subject_id_wanted == "pairwise-id"
    assert provider.display_names == {"ko": "중소기업 기술개발"}


def test_takes_a_key_without_use_for_both(provider_key: Signatory):
    """To overlook one means to skip its signatures (metadata §2.4.1.1, IIP-MD11)."""
    provider = read(metadata(provider_key))
    assert [each.pem for each in provider.signing_certificates] == [provider_key.certificate_pem]
    assert provider.encryption_certificates == (provider_key.certificate_text,)


def test_keeps_every_signing_key_and_none_that_is_for_encryption(provider_key: Signatory, second_key: Signatory):
    """Two during a rollover, expired or not (IIP-MD07, IIP-MD12)."""
    assert len(read(metadata(provider_key, second_key, use=' use="signing"')).signing_certificates) == 2
    assert read(metadata(provider_key, use=' use="encryption"')).signing_certificates == ()


@pytest.mark.parametrize(
    ("consumers", "chosen"),
    [
        ([consumer(5, "https://a.example/1"), consumer(1, "https://a.example/2")], "https://a.example/1"),
        (
            [consumer(0, "https://a.example/1"), consumer(1, "https://a.example/2", default="true")],
            "https://a.example/2",
        ),
        (
            [consumer(0, "https://a.example/1", default="false"), consumer(1, "https://a.example/2")],
            "https://a.example/2",
        ),
        (
            [consumer(0, "https://a.example/1", default="0"), consumer(1, "https://a.example/2", default="0")],
            "https://a.example/1",
        ),
        (
            [
                consumer(
                    0,
                    "https://a.example/1",
                    binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
                    default="true",
                ),
                consumer(1, "https://a.example/2"),
            ],
            "https://a.example/2",
        ),
    ],
)
def test_chooses_the_default_address(consumers: list[str], chosen: str):
    """Marked, else not marked as none, else first; bindings we lack are passed over (metadata §2.2.3)."""
    assert read(metadata(consumers="".join(consumers))).default_consumer.url.value == chosen


@pytest.mark.parametrize(
    "url", [ACS + "/", ACS[:-1], ACS.upper(), ACS + "?", ACS + "?x=1", ACS.replace("127.0.0.1", "127.0.0.1.evil")]
)
def test_knows_an_address_only_character_for_character(url: str):
    """No prefix, no case folding, no normalising (Keycloak CVE-2026-18217)."""
    provider = read(metadata())
    assert provider.consumer_at(ACS) is not None
    assert provider.consumer_at(url) is None


def test_takes_the_earliest_end_that_covers_it():
    """validUntil on the group, the entity or the role (metadata §2.3.1)."""
    april, may, june = (f' validUntil="2026-0{month}-01T00:00:00Z"' for month in (4, 5, 6))
    inner = metadata(attributes=may, entity_attributes=june)
    group = f'<md:EntitiesDescriptor xmlns:md="{names.MD}"{april}>{inner}</md:EntitiesDescriptor>'
    assert read(inner).valid_until == datetime(2026, 5, 1, tzinfo=UTC)
    assert read(group).valid_until == datetime(2026, 4, 1, tzinfo=UTC)
    assert read(metadata()).valid_until is None


WEAK = signatory(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505  # to be refused


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<x/>",
        "<!DOCTYPE x>" + metadata(),
        metadata(entity_id=""),
        metadata(entity_id="https://a.example/" + "x" * 1024),
        metadata(consumers=consumer(0, binding=names.REDIRECT)),
        metadata(consumers=consumer(0, "javascript:alert(1)")),
        metadata(consumers=consumer(0, "http://a.example/acs")),
        metadata(consumers=consumer(0, "https://a.example/acs#x")),
        metadata(consumers=consumer(0) + consumer(0, ACS + "2")),
        metadata(WEAK),
        metadata().replace("2.0:protocol", "1.1:protocol"),
        f'<EntitiesDescriptor xmlns="{names.MD}">{metadata()}{metadata(entity_id="urn:b")}</EntitiesDescriptor>',
        metadata(content="<ds:KeyInfo/>"),
        metadata(content="<!--" + "x" * METADATA_LIMIT + "-->"),
        metadata().replace("<md:SPSSODescriptor", '<md:SPSSODescriptor validUntil="2026-01-01T00:00:00"'),
    ],
    ids=range(16),
)
def test_refuses_metadata_it_cannot_stand_on(text: str):
    """Told to the operator as a configuration error, never met first by a member."""
    with pytest.raises(ConfigurationError):
        read(text)


def test_refuses_a_certificate_that_is_none(provider_key: Signatory):
    """White space is allowed, rubbish is not."""
    with pytest.raises(ConfigurationError):
        read(metadata(provider_key).replace(provider_key.certificate_text, "AAAA"))
