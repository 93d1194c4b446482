"""What we refuse: on a page of ours where nobody can be answered, else by a status to a registered address."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from idp.saml.names import PASSWORD_PROTECTED_TRANSPORT, PERSISTENT, REDIRECT
from idp.storage.expiring.database_store import expiring
from tests.protocol.saml.lab import Browser, Provider, read_form
from tests.races import race
from tests.vectors.saml.forge import (
    ACS,
    ENTITY_ID,
    FORGED,
    SSO,
    Signatory,
    deflated,
    filled,
    metadata,
    redirect,
    request,
    signatory,
    signed,
    written,
)


def assert_page(response: TestResponse) -> None:
    """A page with words for the member, and nothing of the request in it."""
    assert response.status_code == 400, response.text
    assert response.mimetype == "text/html"
    assert "SAMLResponse" not in response.text
    assert "attacker" not in response.text
    assert 'action="http' not in response.text
    assert "로그인" in response.text


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "urn:attacker"},
        {"issuer": ENTITY_ID.upper()},
        {"issuer": ENTITY_ID + "/"},
        {"issuer": None},
        {"Destination": SSO + "-evil"},
        {"Destination": "http://127.0.0.1:8000/saml/sso/"},
        {"Destination": "https://attacker.example/saml/sso"},
        {"AssertionConsumerServiceURL": "https://attacker.example/acs"},
        {"AssertionConsumerServiceURL": ACS + "/attacker"},
        {"AssertionConsumerServiceURL": ACS[:-1]},
        {"AssertionConsumerServiceURL": ACS.upper()},
        {"AssertionConsumerServiceIndex": "7"},
        {"AssertionConsumerServiceURL": ACS, "AssertionConsumerServiceIndex": "0"},
        {"ID": None},
        {"ID": "1"},
        {"IssueInstant": "attacker"},
    ],
    ids=str,
)
def test_shows_a_page_where_it_cannot_trust_the_request(change: dict[str, Any], idp: Provider):
    """Unknown sender, other destination, unregistered address: nobody to answer (IIP-IDP05, SDP-IDP06)."""
    browser = idp.browser()
    assert_page(
        browser.ask_plainly(**change) if "ID" not in change else browser.ask(redirect(request(idp.now, **change)))
    )


@pytest.mark.parametrize("minutes", [-6, 6])
def test_refuses_a_request_from_another_time(minutes: int, idp: Provider):
    """Beyond the skew, either way (SDP-G01)."""
    xml = request(idp.now + timedelta(minutes=minutes))
    assert_page(idp.browser().ask(redirect(xml)))


def test_refuses_a_request_that_was_used_before(idp: Provider, member: Browser):
    """For as long as its time could make it good: (issuer, ID) is spent once, also by another browser."""
    query = redirect(request(idp.now + timedelta(minutes=5), ID="_once"))
    assert read_form(member.ask(query)).codes == ["Success"]
    assert_page(member.ask(query))
    idp.clock.advance(timedelta(minutes=10))
    assert_page(idp.browser().ask(query))


def test_spends_a_request_once_among_sixteen(idp: Provider):
    """One atomic act of the store."""
    query = redirect(request(idp.now, ID="_raced")).decode()
    pages = race(lambda _racer: idp.app.test_client().get(f"/saml/sso?{query}"))
    assert sorted(page.status_code for page in pages) == [303] + [400] * 15


def test_does_not_spend_a_request_that_it_refuses(idp: Provider, provider_key: Signatory):
    """Or anybody could burn the IDs of others with unsigned copies."""
    idp.register(metadata(provider_key, attributes='AuthnRequestsSigned="true"'))
    xml = request(idp.now, ID="_burnt")
    assert_page(idp.browser().ask(redirect(xml)))
    assert idp.browser().ask(redirect(xml, signer=provider_key)).status_code == 303


def test_does_not_spend_a_request_on_a_link_checker(idp: Provider):
    """HEAD is no sign-in."""
    query = redirect(request(idp.now)).decode()
    assert idp.app.test_client().head(f"/saml/sso?{query}").status_code == 405
    assert idp.app.test_client().get(f"/saml/sso?{query}").status_code == 303
    assert idp.app.test_client().head("/saml/sso/answer/any").headers["Allow"] == "GET"
    assert idp.app.test_client().head("/saml/metadata").status_code == 200


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("fault", ["rival", "tampered", "sha1", "none", "unsigned"])
def test_refuses_a_signature_that_does_not_hold(fault: str, required: bool, idp: Provider, provider_key: Signatory):
    """One that is present must verify even where none is required (SDP-IDP05)."""
    idp.register(metadata(provider_key), require_signed_requests=required)
    xml = request(idp.now)
    good = redirect(xml, relay_state="here", signer=provider_key)
    rsa_sha256 = quote("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", safe="").encode()
    query = {
        "rival": redirect(xml, signer=signatory()),
        "tampered": good.replace(b"RelayState=here", b"RelayState=attacker"),
        "sha1": redirect(xml, signer=provider_key, algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        "none": good.replace(rsa_sha256, b"none"),
        "unsigned": redirect(xml),
    }[fault]
    response = idp.browser().ask(query)
    if fault == "unsigned" and not required:
        assert response.status_code == 303
    else:
        assert_page(response)


@pytest.mark.parametrize("path", FORGED, ids=lambda path: path.stem)
def test_refuses_a_forged_message(path: Path, idp: Provider, provider_key: Signatory):
    """Whatever is inside a message that carries an XML signature must be what was signed (CVE-2024-45409 and kin)."""
    idp.register(metadata(provider_key))
    xml = signed(filled(path, now=written(idp.now)), provider_key)
    assert_page(idp.browser().ask(redirect(xml)))


def test_takes_a_message_that_is_signed_inside(idp: Provider, provider_key: Signatory):
    """The Redirect binding wants it removed; where it is left in and holds, it counts (bindings §3.4.4.1)."""
    idp.register(metadata(provider_key), require_signed_requests=True)
    xml = signed(filled(Path("tests/vectors/saml/genuine/request.xml"), now=written(idp.now)), provider_key)
    assert idp.browser().ask(redirect(xml)).status_code == 303


def of(octets: bytes) -> bytes:
    return b"SAMLRequest=" + quote(base64.b64encode(octets).decode(), safe="").encode()


MESSAGES = "nothing empty binary raw text other bomb large doctype xxe laughs double escaped response"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 8))


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"SAMLRequest=",
        b"SAMLRequest=%FF%FE",
        of(b"not deflated"),
        of(deflated(b"not xml")),
        of(deflated(b"<x/>")),
        of(deflated(b"\0" * 30_000_000)),
        of(deflated(b"<x>" + b"y" * 10_000_000 + b"</x>")),
        of(deflated(b"<!DOCTYPE x><x/>")),
        of(deflated(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>')),
        of(deflated(f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l7;</a>'.encode())),
        of(deflated(b"<x/>")) + b"&SAMLRequest=AAAA",
        of(deflated(b"<x/>")) + b"&SAMLReques%74=AAAA",
        of(deflated(b"<x/>")) + b"&SAMLResponse=AAAA",
    ],
    ids=MESSAGES.split(),
)
def test_refuses_what_is_no_message(query: bytes, idp: Provider):
    """A page, no failure (IIP-G03)."""
    assert_page(idp.browser().ask(query))


def context(name: str) -> str:
    return (
        f"<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>{name}</saml:AuthnContextClassRef>"
        "</samlp:RequestedAuthnContext>"
    )


KERBEROS = "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"
SOMEBODY = f'<saml:NameID Format="{PERSISTENT}">somebody</saml:NameID>'


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"Version": "2.1"}, ["VersionMismatch"]),
        ({"ProtocolBinding": REDIRECT}, ["Requester", "UnsupportedBinding"]),
        ({"content": f'<samlp:NameIDPolicy Format="{KERBEROS}"/>'}, ["Requester", "InvalidNameIDPolicy"]),
        ({"content": '<samlp:NameIDPolicy SPNameQualifier="urn:x"/>'}, ["Requester", "InvalidNameIDPolicy"]),
        ({"content": context("urn:x")}, ["Responder", "NoAuthnContext"]),
        ({"content": context("urn:onepass:acr:3")}, ["Responder", "NoAuthnContext"]),
        ({"IsPassive": "true", "ForceAuthn": "true"}, ["Responder", "NoPassive"]),
        ({"content": f"<saml:Subject>{SOMEBODY}</saml:Subject>"}, ["Responder", "UnknownPrincipal"]),
        (
            {"content": '<saml:Subject><saml:SubjectConfirmation Method="urn:x"/></saml:Subject>'},
            ["Requester", "RequestUnsupported"],
        ),
    ],
    ids=str,
)
def test_says_by_a_status_why_there_is_no_assertion(
    asked: dict[str, Any], codes: list[str], idp: Provider, member: Browser
):
    """To the registered address, in response to the request, without an assertion (core §3.2.2.2)."""
    sent = read_form(member.ask(redirect(request(idp.now, **asked), relay_state="back")))
    assert sent.codes == codes
    assert sent.action == sent.root.get("Destination") == ACS
    assert sent.root.get("InResponseTo") == "_request"
    assert sent.fields["RelayState"] == "back"
    assert b"Assertion" not in sent.xml


def test_answers_about_the_subject_it_was_asked_about(idp: Provider, member: Browser):
    """The very member may be named (core §3.4.1.4)."""
    subject = read_form(member.ask_plainly("_second")).subject
    content = f'<saml:Subject><saml:NameID Format="{PERSISTENT}">{subject}</saml:NameID></saml:Subject>'
    assert read_form(member.ask_plainly("_third", content=content)).subject == subject


def test_asks_nothing_of_a_member_when_passive(idp: Provider):
    """Nobody is signed in: NoPassive, at once (core §3.4.1)."""
    assert read_form(idp.browser().ask_plainly(IsPassive="1")).codes == ["Responder", "NoPassive"]


def test_tells_the_provider_when_the_member_declines(idp: Provider):
    """A no on the consent page is an answer too."""
    browser = idp.browser()
    sent = read_form(browser.sign_in(browser.ask_plainly(), decision="decline"))
    assert sent.codes == ["Responder", "RequestDenied"]


def test_does_not_post_to_an_address_that_was_removed_meanwhile(idp: Provider):
    """Registered when asked, not when answered (architecture: always true, 2)."""
    browser = idp.browser()
    response = browser.ask_plainly()
    idp.register(metadata().replace(ACS, "https://smtech.example/new"))
    assert_page(browser.sign_in(response))


@pytest.mark.parametrize("path", ["/saml/sso/answer/x", "/saml/sso/answer/" + "a" * 22])
def test_has_no_answer_for_a_stranger(path: str, idp: Provider):
    """Unknown, spent and foreign sign-ins look alike."""
    assert idp.browser().client.get(path).status_code == 404


def test_gives_no_answer_to_another_browser(idp: Provider, member: Browser):
    """A sign-in started elsewhere cannot be finished here with this member's name (login CSRF)."""
    started = idp.browser().ask_plainly("_elsewhere").headers["Location"]
    assert member.client.get(started.replace("/signin/", "/saml/sso/answer/")).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_has_no_other_way_in_yet(method: str, idp: Provider):
    """The metadata announces HTTP-Redirect alone."""
    assert idp.app.test_client().open("/saml/sso", method=method).status_code == 405


def test_keeps_no_more_of_a_request_than_it_needs(idp: Provider) -> None:
    """CWE-770: an unsigned request of a kilobyte, inflated, names a quarter of a megabyte of contexts; a sign-in waits
    for half an hour, and anybody may begin one in a provider's name."""
    unheard_of = f"<saml:AuthnContextClassRef>urn:{'x' * 60}</saml:AuthnContextClassRef>" * 1500
    known = f"<saml:AuthnContextClassRef>{PASSWORD_PROTECTED_TRANSPORT}</saml:AuthnContextClassRef>" * 100
    content = f"<samlp:RequestedAuthnContext>{unheard_of}{known}</samlp:RequestedAuthnContext>"
    assert idp.browser().ask_plainly(content=content).headers["Location"].startswith("/signin/")
    with idp.house.database.reading() as connection:
        sizes = connection.execute(select(func.length(expiring.c.value))).scalars().all()
    assert sum(size or 0 for size in sizes) < 2048


def test_answers_for_nobody_whose_name_is_too_long(idp: Provider) -> None:
    """Core §8.3.7: no identifier of ours is longer than 256 characters; a longer one is refused at once, not kept."""
    content = f"<saml:Subject><saml:NameID>{'x' * 100_000}</saml:NameID></saml:Subject>"
    sent = read_form(idp.browser().ask_plainly(content=content))
    assert "UnknownPrincipal" in base64.b64decode(sent.fields["SAMLResponse"]).decode()
    with idp.house.database.reading() as connection:
        sizes = connection.execute(select(func.length(expiring.c.value))).scalars().all()
    assert sum(size or 0 for size in sizes) < 2048
