"""Sixteen at once, with one code or one refresh token, on every database and every expiring store. RFC 9700 §4.5."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.clock import SystemClock
from tests.builders import agency, party, register, unlink
from tests.protocol.oidc.lab import BIZINFO, KAMP, VERIFIER, VOUCHER, Browser, Client, Provider, heard, hidden
from tests.protocol.oidc.prover import Prover
from tests.races import RACERS, race

LASTING = "openid email offline_access"


def at_once(act: Callable[[], TestResponse]) -> tuple[list[Any], list[Any]]:
    """The members of every good answer, and every refusal."""
    answers = race(lambda _racer: act())
    assert len(answers) == RACERS
    assert {answer.status_code for answer in answers} <= {200, 400}
    good = [answer.get_json() for answer in answers if answer.status_code == 200]
    return good, [answer.get_json() for answer in answers if answer.status_code != 200]


@pytest.mark.parametrize("client", [VOUCHER, KAMP, BIZINFO])
def test_lets_one_redeemer_win_and_kills_what_it_got(racing: Provider, client: Client) -> None:
    """RFC 9700 §4.5, RFC 6749 §4.1.2: one at most; since it was tried twice, nothing of it lives on."""
    browser = racing.browser()
    for _round in range(2):
        code = browser.code(client, scope=LASTING)
        good, refused = at_once(partial(racing.redeem, client, code))
        assert len(good) <= 1
        assert {answer["error"] for answer in refused} == {"invalid_grant"}
        for tokens in good:
            assert racing.userinfo(tokens["access_token"]).status_code == 401
            if "refresh_token" in tokens:
                assert racing.refresh(client, tokens["refresh_token"]).status_code == 400


def test_lets_one_renewal_win_and_ends_the_family(racing: Provider) -> None:
    """RFC 9700 §4.14.2: a rotating refresh token used twice ends its family, whoever of the sixteen was first."""
    first = racing.redeem(KAMP, racing.browser().code(KAMP, scope=LASTING)).get_json()
    good, refused = at_once(partial(racing.refresh, KAMP, first["refresh_token"]))
    assert len(good) <= 1
    assert {answer["error"] for answer in refused} == {"invalid_grant"}
    for tokens in [first, *good]:
        assert racing.userinfo(tokens["access_token"]).status_code == 401
        assert racing.refresh(KAMP, tokens["refresh_token"]).status_code == 400


def test_lets_a_confidential_client_renew_at_once(racing: Provider) -> None:
    """RFC 9700 §4.14.2: its refresh token stays, so servers of one relying party may race."""
    first = racing.redeem(BIZINFO, racing.browser().code(BIZINFO, scope=LASTING)).get_json()
    good, refused = at_once(partial(racing.refresh, BIZINFO, first["refresh_token"]))
    assert (len(good), refused) == (RACERS, [])
    assert all(racing.userinfo(tokens["access_token"]).status_code == 200 for tokens in good)


def test_gives_one_answer_to_sixteen_collectors(racing: Provider) -> None:
    """Architecture §11: one sign-in, one code, though its answer is fetched by sixteen tabs."""
    browser = racing.browser()
    browser.code(KAMP)
    asked = browser.authorize(KAMP, prompt="login", scope="openid").headers["Location"]
    done = browser.pages(browser.client.get(asked))
    assert "code" in heard(done, KAMP)
    again = browser.authorize(KAMP, prompt="consent").headers["Location"]
    page = browser.client.get(again)
    consent = _consented_but_not_collected(browser, page, again)
    cookies = {name: browser.client.get_cookie(name) for name in ("idp_session", "idp_form")}

    def collect(_racer: int) -> int:
        tab = racing.app.test_client()
        for name, cookie in cookies.items():
            assert cookie is not None
            tab.set_cookie(name, cookie.value)
        return tab.get(consent).status_code

    statuses = race(collect)
    assert sorted(statuses) == [303] + [404] * (RACERS - 1)


def _consented_but_not_collected(browser: Browser, page: TestResponse, address: str) -> str:
    browser.client.post(f"{address}/consent", data={"decision": "accept", **hidden(page)})
    return address.replace("/signin/", "/oidc/authorize/answer/")


def test_whatever_comes_out_after_an_unlinking_is_dead(racing: Provider) -> None:
    """Architecture §7: sixteen sign in, redeem and renew while the link is stopped; afterwards nothing of it lives."""
    browsers = [racing.browser() for _ in range(RACERS)]
    lasting = racing.redeem(KAMP, browsers[0].code(KAMP, scope=LASTING)).get_json()
    for browser in browsers[1:]:
        browser.code(KAMP, scope=LASTING)
    with racing.house.database.reading() as connection:
        member = racing.house.directory.member_id(connection, "honggildong")
    assert member is not None

    def act(racer: int) -> list[Any]:
        if racer == 7:
            unlink(racing.house, member, "kamp")
            return []
        if racer % 5 == 4:
            return [racing.refresh(KAMP, lasting["refresh_token"])]
        answer = heard(browsers[racer].authorize(KAMP, prompt="none", scope=LASTING), KAMP)
        return [answer.get("code"), racing.redeem(KAMP, answer["code"])] if "code" in answer else []

    came_out = [thing for things in race(act) for thing in things]
    bodies = [each.get_json() for each in came_out if not isinstance(each, str)]
    for tokens in [lasting, *bodies]:
        if "access_token" in tokens:
            assert racing.userinfo(tokens["access_token"]).status_code == 401
        if "refresh_token" in tokens:
            assert racing.refresh(KAMP, tokens["refresh_token"]).status_code == 400
    for code in (each for each in came_out if isinstance(each, str)):
        assert racing.redeem(KAMP, code).status_code == 400
    assert heard(browsers[0].authorize(KAMP, prompt="none"), KAMP)["error"] == "consent_required"


def test_lets_one_of_sixteen_use_a_proof(racing: Provider) -> None:
    """RFC 9449 §11.1: single use is one atomic act; the other fifteen are refused, whichever store keeps it."""
    prover = Prover(SystemClock())
    given = with_proof(racing, racing.browser().code(VOUCHER), prover.proof("POST", "/oidc/token")).get_json()
    token = given["access_token"]
    headers = {"Authorization": f"DPoP {token}", "DPoP": prover.proof("GET", "/oidc/userinfo", token)}
    answers = race(lambda _racer: racing.app.test_client(use_cookies=False).get("/oidc/userinfo", headers=headers))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * (RACERS - 1)


def test_gives_nothing_to_two_keys_that_redeem_one_code(racing: Provider) -> None:
    """RFC 9700 §4.5: the thief of a code has a key too; whoever wins, what it got is dead."""
    provers = [Prover(SystemClock()) for _ in range(RACERS)]
    code = racing.browser().code(VOUCHER)
    answers = race(lambda racer: with_proof(racing, code, provers[racer].proof("POST", "/oidc/token")))
    assert sum(answer.status_code == 200 for answer in answers) <= 1
    for prover, answer in zip(provers, answers, strict=True):
        if answer.status_code == 200:
            token = answer.get_json()["access_token"]
            assert prover.use(racing.app, "GET", "/oidc/userinfo", token).status_code == 401


def with_proof(provider: Provider, code: str, proof: str) -> TestResponse:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": VOUCHER.redirect_uri}
    headers = {"Authorization": str(VOUCHER.basic), "DPoP": proof}
    client = provider.app.test_client(use_cookies=False)
    return client.post("/oidc/token", data={**form, "code_verifier": VERIFIER}, headers=headers)


def test_gives_one_answer_to_sixteen_renewals_of_a_proven_client(racing: Provider) -> None:
    """RFC 9700 §4.14.2: a client that proves itself may ask at once from all its servers, also where tokens rotate."""
    fields = {"client_secret": BIZINFO.secret, "redirect_uris": [BIZINFO.redirect_uri], "scope": LASTING}
    grants = ["authorization_code", "refresh_token"]
    bizinfo = party("bizinfo", **fields, grant_types=grants, rotate_refresh_tokens=True)
    register(racing.house, agency("bizinfo", bizinfo))
    time.sleep(racing.house.settings.catalogue_refresh.total_seconds())
    first = racing.redeem(BIZINFO, racing.browser().code(BIZINFO, scope=LASTING)).get_json()
    good, refused = at_once(partial(racing.refresh, BIZINFO, first["refresh_token"]))
    assert (len(good), refused) == (RACERS, [])
    assert len({tokens["refresh_token"] for tokens in good} - {first["refresh_token"]}) == 1
    assert all(racing.userinfo(tokens["access_token"]).status_code == 200 for tokens in good)


@pytest.mark.parametrize("client", [KAMP, BIZINFO])
def test_whatever_is_renewed_while_it_is_revoked_is_dead(racing: Provider, client: Client) -> None:
    """RFC 7009 §2.1: fifteen renew and one revokes; nothing that came out lives on."""
    first = racing.redeem(client, racing.browser().code(client, scope=LASTING)).get_json()

    def act(racer: int) -> TestResponse:
        if racer != 7:
            return racing.refresh(client, first["refresh_token"])
        headers = {} if client.basic is None else {"Authorization": client.basic}
        form = {"client_id": client.client_id, "token": first["refresh_token"]}
        return racing.app.test_client(use_cookies=False).post("/oidc/revoke", data=form, headers=headers)

    answers = race(act)
    assert answers[7].status_code == 200
    for tokens in [first, *(each.get_json() for each in answers if each.status_code == 200 and each.data)]:
        assert racing.userinfo(tokens["access_token"]).status_code == 401
        assert racing.refresh(client, tokens["refresh_token"]).status_code == 400
