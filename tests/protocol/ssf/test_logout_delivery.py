"""From the end of a session to relying parties' servers: the provider, a worker as deployments run it, real sockets.
OpenID Connect Back-Channel Logout 1.0."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from idp.app import create_app
from idp.clock import SystemClock
from idp.commands import worker as command
from idp.commands.worker import build_worker, letters
from idp.house import House
from idp.signals.models import delivery_attempts, outbox
from idp.storage.database import Database
from tests.builders import a_house, a_person, agency, party, register
from tests.looping import looping, wait_for
from tests.protocol.oidc.lab import BIZINFO, KAMP, VOUCHER, Browser, Client, Provider
from tests.protocol.oidc.test_logout import BYE, log_out, token_of
from tests.protocol.ssf.receiver import Receiver, Reply, receiver

IDLE = timedelta(seconds=6)
CLIENTS = (VOUCHER, KAMP, BIZINFO)
ALGS = {"voucher": "RS256", "kamp": "ES256", "bizinfo": "PS256"}
_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class World:
    """The provider and what each relying party's server got."""

    provider: Provider
    servers: dict[str, Receiver]

    def tokens(self, name: str) -> list[str]:
        """The logout tokens that a relying party was sent, of each request exactly one and nothing beside it."""
        found = []
        for received in self.servers[name].received:
            form = parse_qs(received.body, strict_parsing=True)
            assert set(form) == {"logout_token"}
            assert received.headers["content-type"] == "application/x-www-form-urlencoded"
            found += form["logout_token"]
        return found

    def claims(self, name: str, token: str) -> dict[str, Any]:
        """What a relying party reads, with the keys and the algorithm of its ID tokens. §2.6."""
        read = jwt.decode(token, self.provider.keys(), algorithms=[ALGS[name]])
        assert (read.header["alg"], read.header["typ"]) == (ALGS[name], "logout+jwt")
        assert read.header["kid"] in {key.kid for key in self.provider.keys().keys}
        return dict(read.claims)


@pytest.fixture
def house(any_database: Database, keys_dir: Path) -> Iterator[House]:
    """By the machine's clock; sessions last for seconds."""
    url = any_database.engine.url.render_as_string(hide_password=False)
    with closing(a_house(url, keys_dir, SystemClock(), sessions={"idle": IDLE}, environment="demo")) as house:
        yield house


@contextmanager
def at_work(house: House, answers: dict[str, Callable[[Any], Reply]]) -> Iterator[World]:
    """Everybody running; `answers` says what the server of a relying party does, if not 200."""
    with (
        receiver(answers.get("voucher", _ok)) as voucher,
        receiver(answers.get("kamp", _ok)) as kamp,
        receiver(answers.get("bizinfo", _ok)) as bizinfo,
        closing(letters(house.settings, house.database)) as post,
    ):
        servers = {"voucher": voucher, "kamp": kamp, "bizinfo": bizinfo}
        register(house, *(agency(each.id, _registered(each, servers[each.id])) for each in CLIENTS))
        a_person(house)
        provider = Provider(house, create_app(house.settings, instead=house))
        built = build_worker(house.settings, house.database, house.store, CollectorRegistry(), post)
        with looping(built):
            yield World(provider, servers)


def _ok(_received: Any) -> Reply:
    return Reply(200)


def _registered(client: Client, server: Receiver) -> dict[str, Any]:
    secret = {"client_secret": client.secret} if client.secret is not None else {}
    return party(
        client.id,
        client_id=client.client_id,
        redirect_uris=[client.redirect_uri],
        post_logout_redirect_uris=[BYE],
        id_token_signed_response_alg=ALGS[client.id],
        backchannel_logout_uri=server.url,
        **secret,
    )


def signed_in(world: World) -> tuple[Browser, dict[str, dict[str, Any]]]:
    """A browser signed in at all three, and each one's ID token."""
    browser = world.provider.browser()
    hints = {each.id: token_of(world.provider, browser, each) for each in CLIENTS}
    return browser, {name: {"hint": hint, **world.provider.claims(hint, ALGS[name])} for name, hint in hints.items()}


def test_posts_to_every_party_while_the_browser_is_on_its_way(house: House) -> None:
    """oidcc-backchannel-rp-initiated-logout; §2.4, §2.5: `iss`, `aud`, `iat`, `exp`, `jti`, `events` exactly, `sub` and
    `sid` of the ID token, no `nonce`, signed as ID tokens are; within two seconds of the sign-out."""
    with at_work(house, {}) as world:
        browser, told = signed_in(world)
        assert all(each.received == [] for each in world.servers.values())
        began = time.monotonic()
        answer = log_out(browser, id_token_hint=told["voucher"]["hint"], post_logout_redirect_uri=BYE, state="s")
        assert answer.headers["Location"] == f"{BYE}?state=s"
        wait_for(lambda: all(each.received for each in world.servers.values()), 10)
        assert time.monotonic() - began < 2
        now = time.time()
        for name in ALGS:
            (token,) = world.tokens(name)
            claims = world.claims(name, token)
            assert {*claims} == {"iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"}
            assert claims["iss"] == house.settings.issuer
            assert claims["aud"] == told[name]["aud"]
            assert (claims["sub"], claims["sid"]) == (told[name]["sub"], told[name]["sid"])
            assert claims["events"] == {_EVENT: {}}
            assert now - 5 <= claims["iat"] <= now + 1
            assert claims["exp"] - claims["iat"] == 120
            assert len(claims["jti"]) >= 22
        assert len({world.claims(name, world.tokens(name)[0])["sid"] for name in ALGS}) == 3


def test_says_of_each_party_what_came_of_it(house: House) -> None:
    """§2.8: 200 is done; 400 is a result, kept and tried again later, and no failure of ours; one that hangs up waits.
    The member's page and the operator's list say so of each by itself."""
    answers: dict[str, Callable[[Any], Reply]] = {
        "kamp": lambda _: Reply(400, {"Content-Type": "application/json"}, b'{"error": "invalid_request"}'),
        "bizinfo": lambda _: Reply(503),
    }
    with at_work(house, answers) as world:
        browser, _told = signed_in(world)
        address = log_out(browser, id_token_hint=token_of(world.provider, browser)).headers["Location"]

        def services() -> list[str]:
            return list(browser.client.get(f"{address}/progress").get_json()["services"])

        wait_for(lambda: services() == ["retrying", "retrying", "told"], 10)
        with house.database.reading() as connection:
            query = select(delivery_attempts.c.relying_party_id, delivery_attempts.c.status).order_by("seq")
            tried = {row.relying_party_id: row.status for row in connection.execute(query)}
            states = {row.relying_party_id: row for row in connection.execute(select(outbox))}
        assert tried == {"bizinfo": 503, "kamp": 400, "voucher": 200}
        assert {name: row.state for name, row in states.items()} == {
            "bizinfo": "pending",
            "kamp": "pending",
            "voucher": "delivered",
        }
        assert (states["kamp"].attempts, states["bizinfo"].attempts) == (1, 0)


def test_tells_of_a_session_whose_time_ran_out_within_seconds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """REQ-65: the member closed the browser; every relying party that took part hears by `sid`, once, from two workers
    too."""
    monkeypatch.setattr(command, "_BETWEEN_LOOKS_AT_SESSIONS", timedelta(seconds=1))
    with at_work(house, {}) as world, closing(letters(house.settings, house.database)) as post:
        other = build_worker(house.settings, house.database, house.store, CollectorRegistry(), post)
        with looping(other):
            browser, told = signed_in(world)
            used = time.monotonic()
            wait_for(lambda: all(each.received for each in world.servers.values()), 30)
            late = time.monotonic() - used - IDLE.total_seconds()
            assert -1 < late < 4, late
            time.sleep(1.5)
            for name in ALGS:
                (token,) = world.tokens(name)
                assert world.claims(name, token)["sid"] == told[name]["sid"]
        assert browser.answer(VOUCHER, prompt="none")["error"] == "login_required"
