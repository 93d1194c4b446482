"""The consent page: whose answer it is, and that it is given once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.links.models import links
from idp.signin.pending import PageExpired, PendingSignIns
from idp.signin.request import SignInRequest
from tests.builders import a_person, link
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, heard, hidden


def linked(provider: Provider) -> list[tuple[str, str]]:
    with provider.house.database.reading() as connection:
        rows = connection.execute(select(links.c.member_id, links.c.agency_id))
        return [(row.member_id, row.agency_id) for row in rows]


def signed_in_at(browser: Browser, address: str, login_id: str) -> None:
    """Give the password at a sign-in page that is open."""
    page = browser.client.get(address)
    sent = {"login_id": login_id, "password": "Onepass!2026", **hidden(page)}
    assert browser.client.post(f"{address}/password", data=sent).status_code == 303


@pytest.mark.parametrize("decision", ["accept", "decline"])
def test_is_shown_again_to_whoever_signed_in_meanwhile(provider: Provider, browser: Browser, decision: str) -> None:
    """Architecture §11.3, PIPA §15: a page made for one member binds no other; a second tab signs the second one in,
    and the first tab's button then neither links nor refuses for them."""
    second = a_person(provider.house, "second.member")
    one, two = (browser.authorize(client).headers["Location"] for client in (VOUCHER, KAMP))
    signed_in_at(browser, one, "honggildong")
    made_for_the_first = hidden(browser.client.get(one))
    # The page of the other tab was there before anybody signed in.
    page = {**made_for_the_first, "login_id": "second.member", "password": "Onepass!2026"}
    assert browser.client.post(f"{two}/password", data=page).status_code == 303
    answered = browser.client.post(f"{one}/consent", data={"decision": decision, **made_for_the_first})
    assert answered.headers["Location"] == one
    assert linked(provider) == []
    shown = browser.client.get(one)
    assert 'name="decision"' in shown.text
    browser.client.post(f"{one}/consent", data={"decision": "accept", **hidden(shown)})
    assert linked(provider) == [(second, "voucher")]


def test_takes_no_consent_without_the_page(provider: Provider, browser: Browser) -> None:
    """Architecture §11.3: the mark of who read it is on the page alone; a forged or missing one is no consent."""
    address = browser.authorize(VOUCHER).headers["Location"]
    signed_in_at(browser, address, "honggildong")
    right = hidden(browser.client.get(address))
    for forged in ("", "x", right["shown_to"][:-1], "한글"):
        sent = {"decision": "accept", "csrf_token": right["csrf_token"], "shown_to": forged}
        assert browser.client.post(f"{address}/consent", data=sent).headers["Location"] == address
    sent = {"decision": "accept", "csrf_token": right["csrf_token"]}
    assert browser.client.post(f"{address}/consent", data=sent).headers["Location"] == address
    assert linked(provider) == []


def test_stays_the_members_own_when_they_prove_again_who_they_are(provider: Provider, browser: Browser) -> None:
    """A second sign-in of the same member takes no page away from them."""
    one, two = (browser.authorize(client, prompt="login").headers["Location"] for client in (VOUCHER, KAMP))
    signed_in_at(browser, one, "honggildong")
    page = hidden(browser.client.get(one))
    sent = {"login_id": "honggildong", "password": "Onepass!2026", **page}
    assert browser.client.post(f"{two}/password", data=sent).status_code == 303
    answered = browser.client.post(f"{one}/consent", data={"decision": "accept", **page})
    assert "code" in heard(browser.pages(answered), VOUCHER)


def test_an_answer_that_was_collected_does_not_come_back(provider: Provider) -> None:
    """Architecture §11.1: consent given twice at once, the answer collected in between: written back by the slower one,
    the sign-in would have given a second code."""
    house = provider.house
    pending = PendingSignIns(house.store, house.randomness, timedelta(minutes=30))
    begun = pending.put(SignInRequest("voucher", "/oidc/authorize/answer"), "browser", house.clock.now())
    slower = pending.get(begun.id, "browser")
    pending.progress(begun, consented=True)
    pending.spend(pending.get(begun.id, "browser"))
    with pytest.raises(PageExpired):
        pending.progress(slower, consented=True)
    with pytest.raises(PageExpired):
        pending.get(begun.id, "browser")


def test_asks_again_whose_link_an_older_page_would_stop(provider: Provider, browser: Browser) -> None:
    """Architecture §11.3, REQ-74: 계정 연결 중단 asked of one member stops no link of the member who is here now."""
    second = a_person(provider.house, "second.member")
    link(provider.house, second, "voucher")
    one, two = (browser.authorize(client).headers["Location"] for client in (VOUCHER, KAMP))
    signed_in_at(browser, one, "honggildong")
    question = "/account/agencies/voucher/unlink"
    asked = hidden(browser.client.get(question))
    sent = {**hidden(browser.client.get(one)), "login_id": "second.member", "password": "Onepass!2026"}
    assert browser.client.post(f"{two}/password", data=sent).status_code == 303
    assert browser.client.post(question, data=asked).headers["Location"] == question
    with provider.house.database.reading() as connection:
        assert connection.execute(select(links.c.state)).scalars().all() == ["linked"]
    browser.client.post(question, data=hidden(browser.client.get(question)))
    with provider.house.database.reading() as connection:
        assert connection.execute(select(links.c.state)).scalars().all() == ["unlinked"]


def test_counts_for_whoever_gave_it_and_nobody_else(provider: Provider, browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1, prompt=consent: another member who signs in before the answer is collected has
    agreed to nothing, whatever they agreed to before."""
    second = a_person(provider.house, "second.member")
    link(provider.house, second, "voucher", "openid")
    one = browser.authorize(VOUCHER, prompt="consent").headers["Location"]
    two = browser.authorize(KAMP).headers["Location"]
    page = {**hidden(browser.client.get(two)), "login_id": "second.member", "password": "Onepass!2026"}
    signed_in_at(browser, one, "honggildong")
    shown = browser.client.get(one)
    browser.client.post(f"{one}/consent", data={"decision": "accept", **hidden(shown)})
    assert browser.client.post(f"{two}/password", data=page).status_code == 303
    answer = browser.client.get(f"/oidc/authorize/answer/{one.rsplit('/', 1)[1]}")
    assert answer.headers["Location"] == one
    assert 'name="decision"' in browser.client.get(one).text


def test_writes_down_a_no(provider: Provider, browser: Browser) -> None:
    """PIPA §15: a refusal is evidence too; the audit says whose, toward whom, and of what."""
    heard(browser.pages(browser.authorize(VOUCHER, scope="openid email"), decision="decline"), VOUCHER)
    with provider.house.database.reading() as connection:
        [row] = connection.execute(select(audit_records).where(audit_records.c.action == "consent.declined"))
    assert (row.agency_id, row.relying_party_id, row.detail) == ("voucher", "voucher", {"scopes": "email openid"})


def test_is_not_collected_by_a_head_request(browser: Browser) -> None:
    """RFC 9110 §9.3.2: HEAD does nothing; a program that looks ahead must not spend what the member comes for."""
    response = browser.authorize(VOUCHER)
    pending = response.headers["Location"]
    signed_in_at(browser, pending, "honggildong")
    browser.client.post(f"{pending}/consent", data={"decision": "accept", **hidden(browser.client.get(pending))})
    answer = f"/oidc/authorize/answer/{pending.rsplit('/', 1)[1]}"
    assert browser.client.head(answer).status_code == 405
    assert "code" in heard(browser.client.get(answer), VOUCHER)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/oidc/authorize", "GET, POST"),
        ("/oidc/logout", "GET, POST"),
        ("/account/phone/proven", "GET"),
        ("/verification/return", "GET"),
    ],
)
def test_head_is_refused_where_a_get_does_something(browser: Browser, path: str, methods: str) -> None:
    """RFC 9110 §15.5.6: 405, and which methods are meant."""
    refused = browser.client.head(path)
    assert (refused.status_code, refused.headers["Allow"]) == (405, methods)
    assert browser.client.head("/").status_code == 200
