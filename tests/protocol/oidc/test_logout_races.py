"""Signing out while answers are being given: nobody who was let in is forgotten, and nobody is told twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.app import create_app
from idp.app.shared import share
from idp.house import House
from idp.signals.models import outbox
from idp.signin.notice_ended import NoticeEnded
from tests.builders import a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import AGENCIES, KAMP, VOUCHER, Browser, Provider, heard
from tests.races import race


@pytest.fixture
def provider(any_house: House) -> Provider:
    """On each kind of database."""
    register(any_house, *AGENCIES)
    a_person(any_house)
    return Provider(any_house, create_app(any_house.settings, instead=any_house))


def same_browser(provider: Provider, cookie: str) -> Browser:
    """Another tab: the same session cookie, and requests at the same time."""
    tab = provider.browser()
    tab.client.set_cookie("idp_session", cookie)
    return tab


def logouts(provider: Provider) -> Counter[tuple[str, str]]:
    with provider.house.database.reading() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.channel == "logout"))
        return Counter((row.relying_party_id, row.payload["sid"]) for row in rows)


@pytest.mark.parametrize("_round", range(4))
def test_signing_out_while_codes_are_issued(provider: Provider, _round: int) -> None:
    """Back-Channel Logout §2.3: whichever comes first, a relying party that got a code in the session hears of its end,
    once; and no code of it gives tokens afterwards."""
    browser = provider.browser()
    for client in (VOUCHER, KAMP):
        browser.code(client)
    cookie = browser.session_cookie()
    assert cookie is not None
    before = logouts(provider)
    shared = share(provider.house)

    def act(racer: int) -> tuple[str, str] | None:
        if racer in (3, 9):
            shared.sign_out(cookie)
            return None
        client = (VOUCHER, KAMP)[racer % 2]
        answer = same_browser(provider, cookie).authorize(client, prompt="none")
        code = heard(answer, client).get("code")
        return (client.id, code) if code is not None else None

    codes = [each for each in race(act, racers=12) if each is not None]
    clients = {"voucher": VOUCHER, "kamp": KAMP}
    for party_id, code in codes:
        assert provider.redeem(clients[party_id], code).get_json()["error"] == "invalid_grant"
    clock = provider.house.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(timedelta(minutes=2))
    house = provider.house
    NoticeEnded(house.database, house.clock, shared.sessions, shared.sign_out.tell_ended)()
    told = logouts(provider) - before
    assert {name for name, _sid in told} == {"voucher", "kamp"}
    assert set(told.values()) == {1}
