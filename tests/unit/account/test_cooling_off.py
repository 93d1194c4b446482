"""Leaving with time to think it over, from outside (`leaving.cooling_off`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.app import create_app
from idp.members.models import members
from idp.sections import Leaving
from tests.builders import PASSWORD
from tests.protocol.oidc.lab import VOUCHER, Browser, Provider, csrf, heard, hidden


@pytest.fixture
def patient(provider: Provider) -> Browser:
    """A browser at the same provider, where members who leave have a week; its member is signed in at an agency."""
    leaving = Leaving(cooling_off=timedelta(days=7))
    settings = provider.house.settings.model_copy(update={"leaving": leaving})
    app = create_app(settings, instead=replace(provider.house, settings=settings))
    browser = Provider(provider.house, app).browser()
    browser.code(VOUCHER)
    return browser


def sign_in(browser: Browser) -> str:
    """The address of a sign-in of the member, after their password."""
    asked = browser.authorize(VOUCHER).headers["Location"]
    sent = {"login_id": "honggildong", "password": PASSWORD, "csrf_token": csrf(browser.client.get(asked))}
    browser.client.post(f"{asked}/password", data=sent)
    return str(asked)


def leave(browser: Browser) -> str:
    page = browser.client.get("/account/withdraw")
    assert "7일 뒤에 완료됩니다" in page.text
    sent = {**hidden(page), "password": PASSWORD, "understood": "y"}
    return browser.client.post("/account/withdraw", data=sent).text


def leaves(provider: Provider) -> bool:
    with provider.house.database.reading() as connection:
        return connection.execute(select(members.c.leaves_at)).scalar_one() is not None


def test_takes_the_withdrawal_and_shows_the_way_back(provider: Provider, patient: Browser) -> None:
    """Signed out at once; whoever signs in is asked whether they stay before anything else, and goes on where they
    wanted to."""
    assert "회원 탈퇴가 접수되었습니다" in leave(patient)
    assert patient.session_cookie() is None
    assert heard(patient.authorize(VOUCHER, prompt="none"), VOUCHER)["error"] == "login_required"
    asked = sign_in(patient)
    page = patient.client.get(asked)
    assert "탈퇴가 진행 중인 회원입니다" in page.text
    assert patient.client.get("/account/").status_code == 303
    collected = patient.client.get(asked.replace("/signin/", "/oidc/authorize/answer/"))
    assert collected.headers["Location"] == asked
    assert heard(patient.authorize(VOUCHER, prompt="none"), VOUCHER)["error"] == "interaction_required"
    assert leaves(provider)
    patient.client.post(f"{asked}/stay", data=hidden(page))
    assert not leaves(provider)
    assert "code" in patient.answer(VOUCHER, prompt="none")


def test_stays_for_nobody_else(provider: Provider, patient: Browser) -> None:
    """A form of another session calls nothing off."""
    leave(patient)
    asked = sign_in(patient)
    sent = {**hidden(patient.client.get(asked)), "shown_to": "somebody-else"}
    assert patient.client.post(f"{asked}/stay", data=sent).headers["Location"] == asked
    assert leaves(provider)
