"""SP-initiated single sign-on as a provider and a browser see it: HTTP-Redirect in, HTTP-POST out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from sqlalchemy import text

from idp.links.stop import StopLink
from idp.saml.names import PASSWORD_PROTECTED_TRANSPORT, PERSISTENT, POST
from idp.signals.catalogue import LinkReason
from tests.protocol.saml.lab import Browser, Provider, read_form
from tests.races import race
from tests.vectors.saml.forge import ACS, ENTITY_ID, ISSUER, Signatory, metadata, redirect, request

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SEEN = {"https": "off", "http_host": "127.0.0.1:8103", "script_name": "/saml/acs", "get_data": {}, "post_data": {}}


def test_signs_a_member_in_for_a_provider_on_python3_saml(idp: Provider):
    """The whole exchange with that toolkit on the other side, strict, configured from our metadata alone."""
    settings = OneLogin_Saml2_IdPMetadataParser.parse(idp.app.test_client().get("/saml/metadata").data)
    settings |= {
        "strict": True,
        "sp": {
            "entityId": ENTITY_ID,
            "assertionConsumerService": {"url": ACS, "binding": POST},
            "NameIDFormat": PERSISTENT,
        },
        "security": {"wantMessagesSigned": True, "wantAssertionsSigned": True, "wantNameId": True},
    }
    asking = OneLogin_Saml2_Auth(SEEN, settings)
    address = asking.login(return_to="http://127.0.0.1:8103/신청?a=1&b=2")
    browser = idp.browser()
    sent = read_form(browser.sign_in(browser.ask(address.partition("?")[2].encode())))
    assert sent.action == ACS
    assert sent.fields["RelayState"] == "http://127.0.0.1:8103/신청?a=1&b=2"

    reading = OneLogin_Saml2_Auth(SEEN | {"post_data": sent.fields}, settings)
    reading.process_response(request_id=asking.get_last_request_id())
    assert reading.get_errors() == [], reading.get_last_error_reason()
    assert reading.is_authenticated()
    assert reading.get_nameid_format() == PERSISTENT
    attributes = reading.get_friendlyname_attributes()
    assert (attributes["mail"], attributes["displayName"]) == (["hong@example.kr"], ["홍길동"])
    assert attributes["pairwise-id"] == [f"{reading.get_nameid()}@127.0.0.1"]


def test_answers_at_once_where_nothing_need_be_asked(member: Browser):
    """A live session and a link in force: no page between request and answer (REQ-45)."""
    sent = read_form(member.ask_plainly("_second"))
    assert sent.codes == ["Success"]
    assert sent.root.get("InResponseTo") == "_second"


def test_knows_the_member_again_by_the_same_identifier(idp: Provider, member: Browser):
    """Persistent: another browser, another session, the same NameID, another SessionIndex (core §8.3.7)."""
    other = idp.browser()
    again = read_form(other.sign_in(other.ask_plainly("_other")))
    before = read_form(member.ask_plainly("_second"))
    assert again.subject == before.subject
    assert session_index(again.root) != session_index(before.root)


def test_uses_the_links_own_subject(idp: Provider, member: Browser):
    """The NameID is what events and OpenID Connect call this member at this agency (architecture: subject)."""
    sent = read_form(member.ask_plainly("_second"))
    with idp.house.database.reading() as connection:
        assert sent.subject == connection.execute(text("select subject from links")).scalar_one()


def test_states_when_and_how_the_member_signed_in(idp: Provider, member: Browser):
    """AuthnInstant is the login's, not the answer's (core §2.7.2)."""
    login = idp.now
    idp.clock.advance(timedelta(minutes=7))
    (statement,) = read_form(member.ask_plainly("_second")).root.iter(f"{SAML}AuthnStatement")
    assert statement.get("AuthnInstant") == login.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [each.text for each in statement.iter(f"{SAML}AuthnContextClassRef")] == [PASSWORD_PROTECTED_TRANSPORT]


def test_releases_what_was_registered_and_no_more(idp: Provider, member: Browser):
    """Per relying party (SDP-IDP20)."""
    idp.register(metadata(), release=["phone"])
    page = member.sign_in(member.ask_plainly("_second"))
    names = [each.get("FriendlyName") for each in read_form(page).root.iter(f"{SAML}Attribute")]
    assert names == ["pairwise-id", "member_type", "telephoneNumber"]


@pytest.mark.parametrize("relay_state", [None, "", "a b+c&d=<e>\"'", "https://smtech.example/" + "x" * 1000, "가"])
def test_gives_the_relay_state_back_unchanged(relay_state: str | None, idp: Provider, member: Browser):
    """Through the pages or not, escaped where it must be (bindings §3.5.3)."""
    for browser in (member, idp.browser()):
        query = redirect(request(idp.now, ID=f"_r{id(browser)}"), relay_state=relay_state)
        sent = read_form(browser.sign_in(browser.ask(query)))
        assert sent.fields.get("RelayState") == relay_state


def test_posts_where_the_registration_says(idp: Provider, member: Browser):
    """One of several addresses, asked for by its index; the page may post there and nowhere else (CSP3 §6.4.1)."""
    consumers = "".join(
        f'<md:AssertionConsumerService index="{index}" Binding="{POST}" Location="{url}"/>'
        for index, url in enumerate([ACS, "https://smtech.example/acs"])
    )
    idp.register(metadata(consumers=consumers))
    response = member.ask_plainly("_second", AssertionConsumerServiceIndex="1")
    sent = read_form(response)
    assert sent.action == sent.root.get("Destination") == "https://smtech.example/acs"
    (data,) = sent.root.iter(f"{SAML}SubjectConfirmationData")
    assert data.get("Recipient") == "https://smtech.example/acs"
    policy = response.headers["Content-Security-Policy"]
    assert "form-action 'self' https://smtech.example" in policy
    assert "127.0.0.1:8103" not in policy
    assert response.headers["Cache-Control"] == "no-store"


def test_takes_a_signed_request_where_signatures_are_required(idp: Provider, member: Browser, provider_key: Signatory):
    """As the metadata says (SDP-IDP04)."""
    idp.register(metadata(provider_key, attributes='AuthnRequestsSigned="true"'))
    signed = redirect(request(idp.now, ID="_signed"), relay_state="x", signer=provider_key)
    assert read_form(member.ask(signed)).codes == ["Success"]
    refused = member.ask_plainly("_unsigned")
    assert refused.status_code == 400
    assert "SAMLResponse" not in refused.text


def test_asks_again_for_the_password_when_forced(idp: Provider, member: Browser):
    """A fresh AuthnInstant, and no way around by asking twice (core §3.4.1; authentik #8757)."""
    idp.clock.advance(timedelta(minutes=7))
    response = member.ask_plainly("_forced", ForceAuthn="true")
    assert response.status_code == 303
    answer = response.headers["Location"].replace("/signin/", "/saml/sso/answer/")
    assert member.client.get(answer).headers["Location"] == response.headers["Location"]
    (statement,) = read_form(member.sign_in(response)).root.iter(f"{SAML}AuthnStatement")
    assert statement.get("AuthnInstant") == idp.now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_gives_each_answer_once(idp: Provider):
    """Of sixteen who collect the same sign-in one gets the assertion."""
    browser = idp.browser()
    response = browser.ask_plainly("_raced")
    # Up to the step before collecting.
    path = response.headers["Location"].replace("/signin/", "/saml/sso/answer/")
    browser.sign_in(response, collect=False)
    cookies = {"Cookie": browser.cookies()}
    pages = race(lambda _racer: idp.app.test_client(use_cookies=False).get(path, headers=cookies))
    assert sorted(page.status_code for page in pages) == [200] + [404] * 15


def test_gives_no_assertion_once_the_link_is_stopped(idp: Provider, member: Browser):
    """From the commit on (architecture: account events); the next request asks to link anew."""
    house = idp.house
    with house.database.reading() as connection:
        member_id = connection.execute(text("select member_id from links")).scalar_one()
    StopLink(house.database, house.clock, house.randomness, house.catalogue)(
        member_id, "smtech", reason=LinkReason.MEMBER_UNLINK
    )
    passive = read_form(member.ask_plainly("_passive", IsPassive="true"))
    assert passive.codes == ["Responder", "NoPassive"]
    assert member.ask_plainly("_second").status_code == 303


def test_is_written_into_the_audit(idp: Provider, member: Browser):
    """Every assertion leaves a record."""
    member.ask_plainly("_second")
    with idp.house.database.reading() as connection:
        rows = connection.execute(
            text("select relying_party_id from audit_records where action = 'sign_in.answered'")
        ).scalars()
        assert list(rows) == ["smtech-saml", "smtech-saml"]


def test_serves_its_metadata(idp: Provider):
    """With the media type of metadata (metadata §4.1.1), for anybody, without a cookie."""
    response = idp.app.test_client().get("/saml/metadata")
    assert response.status_code == 200
    assert response.content_type == "application/samlmetadata+xml"
    assert "Set-Cookie" not in response.headers
    assert f'entityID="{ISSUER}/saml/metadata"'.encode() in response.data


def session_index(root) -> str:
    (statement,) = root.iter(f"{SAML}AuthnStatement")
    index = statement.get("SessionIndex")
    assert index
    return str(index)
