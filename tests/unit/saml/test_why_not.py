"""The decisions on a request, one reason at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.saml import names, status
from idp.saml.authn_request import AuthnRequest, NamedSubject, RequestedContext
from idp.saml.refusals import (
    NotForUs,
    RequestRefused,
    StaleMessage,
    UnknownProvider,
    UnregisteredConsumer,
    UntrustedSignature,
)
from idp.saml.registration import Registration
from idp.saml.status import Status
from idp.saml.why_not import WINDOW, consumer_for, why_not_answered, why_not_trusted
from tests.vectors.saml.forge import ACS, ENTITY_ID, SSO, metadata

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REQUEST = AuthnRequest(id="_r", version="2.0", issue_instant=NOW, issuer=ENTITY_ID, destination=SSO)

Register = Callable[..., Registration]


def trusted(request: AuthnRequest, registration: Registration, *, signed: bool = False) -> type[RequestRefused] | None:
    refusal = why_not_trusted(request, registration, endpoint=SSO, signed=signed, now=NOW)
    return None if refusal is None else type(refusal)


def test_trusts_a_plain_request(register: Register):
    """Unsigned is enough where nobody asked for more, with or without Destination (SDP-IDP04, bindings §3.4.5.2)."""
    assert trusted(REQUEST, register()) is None
    assert trusted(replace(REQUEST, destination=None), register()) is None


@pytest.mark.parametrize("destination", [SSO + "-evil", SSO.upper(), SSO + "/", "https://other.example/saml/sso", ""])
def test_refuses_a_request_for_another_address(destination: str, register: Register):
    """Whole string or nothing (core §3.2.1)."""
    assert trusted(replace(REQUEST, destination=destination), register()) is NotForUs


def test_wants_a_destination_on_what_is_signed(register: Register):
    """Or a signed request could be carried from one provider to the next (bindings §3.4.5.2)."""
    assert trusted(replace(REQUEST, destination=None), register(), signed=True) is NotForUs


@pytest.mark.parametrize("offset", [WINDOW, -WINDOW])
def test_allows_clocks_to_differ_so_much_and_no_more(offset: timedelta, register: Register):
    """Five minutes either way (saml2int SDP-G01)."""
    second = timedelta(seconds=1) if offset > timedelta() else -timedelta(seconds=1)
    assert trusted(replace(REQUEST, issue_instant=NOW + offset), register()) is None
    assert trusted(replace(REQUEST, issue_instant=NOW + offset + second), register()) is StaleMessage


@pytest.mark.parametrize(
    ("declared", "operator", "required"),
    [
        ("", None, False),
        ('AuthnRequestsSigned="true"', None, True),
        ('AuthnRequestsSigned="1"', None, True),
        ('AuthnRequestsSigned="false"', True, True),
        ('AuthnRequestsSigned="true"', False, False),
    ],
)
def test_requires_signatures_as_agreed(declared: str, operator: bool | None, required: bool, register: Register):
    """The operator's word, else the metadata's (SDP-IDP04)."""
    registration = register(metadata(attributes=declared), require_signed_requests=operator)
    assert trusted(REQUEST, registration) is (UntrustedSignature if required else None)
    assert trusted(REQUEST, registration, signed=True) is None


def test_refuses_a_provider_whose_metadata_is_over(register: Register):
    """validUntil is the end (metadata §2.3.2; uaa #1016)."""
    over, open_ = (metadata(attributes=f'validUntil="2026-03-02T09:00:0{second}Z"') for second in (0, 1))
    assert trusted(REQUEST, register(over)) is UnknownProvider
    assert trusted(REQUEST, register(open_)) is None


@pytest.mark.parametrize(
    "asked",
    [
        {"consumer_url": ACS + "/"},
        {"consumer_url": ACS.upper()},
        {"consumer_url": "https://attacker.example/acs"},
        {"consumer_url": ""},
        {"consumer_index": 9},
        {"consumer_url": ACS, "consumer_index": 0},
    ],
)
def test_refuses_an_address_that_is_not_registered(asked: dict[str, object], register: Register):
    """Never a redirect, never a fall-back to the default, never two answers (SDP-IDP06, core §3.4.1)."""
    assert trusted(replace(REQUEST, **asked), register()) is UnregisteredConsumer  # type: ignore[arg-type]


def test_finds_the_address_by_string_by_index_and_by_default(register: Register):
    """Three ways to name it (core §3.4.1)."""
    other = "https://smtech.example/acs"
    consumers = "".join(
        f'<md:AssertionConsumerService index="{index}" Binding="{names.POST}" Location="{url}"/>'
        for index, url in enumerate([ACS, other])
    )
    provider = register(metadata(consumers=consumers)).provider
    found = [
        consumer_for(replace(REQUEST, consumer_url=other), provider),
        consumer_for(replace(REQUEST, consumer_index=1), provider),
        consumer_for(REQUEST, provider),
    ]
    assert [each.url.value for each in found if each] == [other, other, ACS]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, None),
        ({"protocol_binding": names.POST}, None),
        ({"name_id_format": names.PERSISTENT, "sp_name_qualifier": ENTITY_ID}, None),
        ({"force_authn": True}, None),
        ({"is_passive": True}, None),
        ({"subject": NamedSubject("abc", names.PERSISTENT, ENTITY_ID)}, None),
        ({"version": "2.1"}, status.VERSION_MISMATCH),
        ({"version": "1.1"}, status.VERSION_MISMATCH),
        ({"protocol_binding": names.REDIRECT}, status.UNSUPPORTED_BINDING),
        ({"name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"}, status.INVALID_NAME_ID_POLICY),
        ({"name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted"}, status.INVALID_NAME_ID_POLICY),
        ({"sp_name_qualifier": "urn:other"}, status.INVALID_NAME_ID_POLICY),
        ({"requested_context": RequestedContext("exact", ("urn:x",))}, status.NO_AUTHN_CONTEXT),
        ({"requested_context": RequestedContext("better", ("urn:onepass:acr:3",))}, status.NO_AUTHN_CONTEXT),
        ({"force_authn": True, "is_passive": True}, status.NO_PASSIVE),
        ({"subject": NamedSubject(None)}, status.UNSUPPORTED_REQUEST),
        (
            {"subject": NamedSubject("a@b.example", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")},
            status.UNKNOWN_PRINCIPAL,
        ),
        ({"subject": NamedSubject("abc", names.PERSISTENT, "urn:other")}, status.UNKNOWN_PRINCIPAL),
    ],
)
def test_says_why_there_will_be_no_assertion(asked: dict[str, object], answer: Status | None, register: Register):
    """One status a reason (core §3.2.2.2, §3.4.1)."""
    assert why_not_answered(replace(REQUEST, **asked), register().provider) == answer  # type: ignore[arg-type]
