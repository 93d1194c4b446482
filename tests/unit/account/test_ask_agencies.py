"""통합회원 탈퇴 where agencies are asked first (`leaving.ask_agencies`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from unittest.mock import patch

from idp.app import create_app
from idp.sections import Leaving
from idp.transmitter.open_applications import OpenApplications
from tests.builders import PASSWORD
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, hidden

WARNING = "진행 중인 신청이 있다고 알려 온 기관: kamp 기관."


def signed_in(provider: Provider, *, ask: bool) -> Browser:
    settings = provider.house.settings.model_copy(update={"leaving": Leaving(ask_agencies=ask)})
    app = create_app(settings, instead=replace(provider.house, settings=settings))
    browser = Provider(provider.house, app).browser()
    for client in (VOUCHER, KAMP):
        browser.code(client)
    return browser


def test_shows_what_they_say_and_lets_the_member_leave(provider: Provider) -> None:
    """Account events: a warning, never a veto. Asked by the subject of each link, and not by every look."""
    asked: list[list[str]] = []

    def said(_self: OpenApplications, subjects: Iterable[tuple[str, str]]) -> frozenset[str]:
        asked.append(sorted(agency for agency, _subject in subjects))
        return frozenset({"kamp"})

    browser = signed_in(provider, ask=True)
    with patch.object(OpenApplications, "__call__", said):
        looks = [browser.client.get("/account/withdraw") for _look in range(7)]
        sent = {**hidden(looks[0]), "password": PASSWORD, "understood": "y"}
        done = browser.client.post("/account/withdraw", data=sent)
    assert [WARNING in look.text for look in looks] == [True] * 5 + [False] * 2
    assert asked == [["kamp", "voucher"]] * 5
    assert "회원 탈퇴가 완료되었습니다" in done.text


def test_asks_nobody_unless_the_deployment_wants_it(provider: Provider) -> None:
    """Off beforehand: an agency would learn that a member thinks of leaving."""
    browser = signed_in(provider, ask=False)
    with patch.object(OpenApplications, "__call__", side_effect=AssertionError("asked")):
        assert WARNING not in browser.client.get("/account/withdraw").text
