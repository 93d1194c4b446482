"""Untrusted XML is parsed once, small and plain; schemas come from this machine."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from idp.saml import toolkit
from idp.saml.authn_request import read
from idp.saml.names import SAMLP
from idp.saml.refusals import UnreadableMessage
from idp.saml.signature_writer import Signer
from tests.fakes import FrozenClock
from tests.vectors.saml import forge

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 8))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"not XML",
        b"<a><b></a>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l7;</a>'.encode(),
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
        b"<a>&undefined;</a>",
        b"<a>" * 400 + b"</a>" * 400,
        b"<a>" + b"x" * 10_000_000 + b"</a>",
        b"<a " + b" ".join(b'b%d=""' % n for n in range(50_000)) + b"/>",
    ],
    ids=[
        "empty",
        "text",
        "unclosed",
        "doctype",
        "external",
        "xxe",
        "laughs",
        "utf16",
        "entity",
        "deep",
        "large",
        "wide",
    ],
)
def test_refuses_a_document_that_is_more_than_a_message(document: bytes):
    """Document types, entities, depth and size, and quickly (IIP-G03)."""
    began = time.process_time()
    with pytest.raises(UnreadableMessage):
        toolkit.parse(document)
    assert time.process_time() - began < 0.5


def test_drops_comments_and_instructions():
    """A text cut by a comment reads as one text to everybody (CVE-2017-11428 and its family)."""
    root = toolkit.parse(b"<a>adm<!-- -->in<?x y?>s</a>")
    assert (root.text, len(root)) == ("admins", 0)


def test_does_not_fetch_schemas_that_a_message_points_to(tmp_path: Path, frozen_clock: FrozenClock):
    """xsi:schemaLocation is a wish; following it would read files and call hosts of the sender's choice."""
    schema = tmp_path / "evil.xsd"
    schema.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x">'
        '<xs:element name="x" type="xs:integer"/></xs:schema>'
    )
    content = (
        '<samlp:Extensions xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="urn:x {schema.as_uri()}"><x xmlns="urn:x">no integer</x></samlp:Extensions>'
    )
    assert read(toolkit.parse(forge.request(frozen_clock.now(), content=content))).id == "_request"


def test_holds_a_message_to_its_schema():
    """What the schema forbids never reaches a reader."""
    with pytest.raises(UnreadableMessage):
        toolkit.require_schema(toolkit.parse(f'<AuthnRequest xmlns="{SAMLP}"/>'.encode()), "protocol")


def test_validates_and_signs_on_many_threads(provider_key: forge.Signatory, frozen_clock: FrozenClock):
    """One compiled schema and one loaded key serve every thread."""
    assert isinstance(provider_key.key, rsa.RSAPrivateKey)
    signer = Signer(provider_key.key, provider_key.certificate_pem)

    def once(number: int) -> bool:
        root = toolkit.parse(forge.request(frozen_clock.now(), ID=f"_{number}"))
        signer.sign(root, at=1)
        good = toolkit.verifies(root[1], root, provider_key.certificate_pem)
        toolkit.require_schema(root, "protocol")
        with pytest.raises(UnreadableMessage):
            toolkit.require_schema(root, "metadata")
        return good

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(once, range(200)))
