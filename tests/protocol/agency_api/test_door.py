"""What holds at every address of the agency API: who calls is asked first; what goes wrong is a problem document."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.app.agency_api import table
from idp.errors import StoreUnavailable
from idp.house import House
from idp.settings import AgencyApi
from tests.builders import register
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import AGENCIES, ROOT, Server, problem, server

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture
def any_house(house: House) -> House:
    """One kind of database is enough for what no database decides."""
    return house


def addresses(house: House) -> set[str]:
    found = {each.path.replace("<link_id>", "a" * 32) for each in table(house).operations}
    return {*found, "/nothing", "/links/a/b/c"}


@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer x", "Basic a2FtcDp4", "Bearer \x7f", "bearer " + "A" * 4000]
)
def test_asks_who_calls_before_anything_else(house: House, app: Flask, authorization: str | None) -> None:
    """RFC 6750 §3: 401 with a challenge, whatever the method, the body, and whether there is anything at all."""
    for path in addresses(house):
        for method in METHODS:
            headers = {} if authorization is None else {"Authorization": authorization}
            answered = app.test_client().open(ROOT + path + "?limit=x", method=method, headers=headers, data=b"\xff{")
            problem(answered, 401, "invalid_token")
            assert answered.headers["WWW-Authenticate"].startswith('Bearer realm="agency"')


def test_lets_no_scope_stand_for_another(house: House, app: Flask) -> None:
    """RFC 6750 §3.1: insufficient_scope, before the body is looked at; a stream's token opens nothing here."""
    for held in ("ssf.manage", "links.read", "links.manage", "roster.manage"):
        caller = server(house, app, "kamp", held)
        for each in table(house).operations:
            answered = caller.ask(each.method, each.path.replace("<link_id>", "a" * 32), data=b"\xff{")
            if each.scope == held:
                assert answered.status_code not in (401, 403), (held, each.path)
            else:
                problem(answered, 403, "insufficient_scope")


def test_names_the_methods_of_an_address(house: House, kamp: Server) -> None:
    """RFC 9110 §15.5.6: 405 with Allow; §9.3.2: HEAD as well, which would run what a GET runs."""
    for path in {each.path for each in table(house).operations}:
        allowed = {each.method for each in table(house).operations if each.path == path}
        for method in (*METHODS, "HEAD"):
            if method not in allowed:
                answered = kamp.ask(method, path.replace("<link_id>", "a" * 32))
                assert answered.status_code == 405, (method, path)
                if method != "HEAD":
                    assert answered.headers["Allow"] == ", ".join(sorted(allowed))


def test_has_nothing_at_other_addresses(kamp: Server) -> None:
    """RFC 9457, not the house's page."""
    problem(kamp.ask("GET", "/nothing"), 404, "unknown_address")
    problem(kamp.ask("POST", "/links/a/b"), 404, "unknown_address")


def test_counts_calls_and_says_when_to_come_again(house: House, app: Flask) -> None:
    """RFC 6585 §4: all servers of one relying party together, nobody else's."""
    limited = house.settings.agency_api.model_copy(update={"calls_per_minute": 3})
    small = create_app(house.settings, instead=_with(house, limited))
    callers = [server(house, small, "kamp"), server(house, small, "kamp")]
    for caller in (*callers, callers[0]):
        assert caller.ask("GET", "/links").status_code == 200
    answered = callers[1].ask("GET", "/links")
    problem(answered, 429, "called_too_often")
    assert answered.headers["Retry-After"] == "60"
    assert server(house, small, "voucher").ask("GET", "/links").status_code == 200


def test_leaves_threads_to_those_who_sign_in(house: House, app: Flask) -> None:
    """A list may come an octet at a time: as many as may be are read at once, whoever sends them, and no more."""
    small = create_app(house.settings, instead=house)
    kamp, voucher = server(house, small, "kamp"), server(house, small, "voucher")
    refused: list[TestResponse] = []

    class Trickle:
        """Ends at once, but not before others have asked."""

        def read(self, _size: int, /) -> bytes:
            if not refused:
                refused.extend(voucher.upload(*each, []) for each in (("PUT", "/roster"), ("POST", "/links/diff")))
                assert voucher.ask("GET", "/links").status_code == 200
            return b""

    environ = {"wsgi.input_terminated": True, "wsgi.input": Trickle()}
    kind = "application/x-ndjson"
    cut_off = kamp.ask("POST", "/links/diff", data=b"x", content_type=kind, environ_overrides=environ)
    problem(cut_off, 400, "upload_cut_off")
    assert len(refused) == 2
    for answered in refused:
        problem(answered, 429, "busy")
        assert answered.headers["Retry-After"] == "30"
    assert voucher.upload("POST", "/links/diff", [b""]).status_code == 200


def _with(house: House, limited: AgencyApi) -> House:
    return replace(house, settings=house.settings.model_copy(update={"agency_api": limited}))


def test_ends_with_the_token(kamp: Server, clock: FrozenClock) -> None:
    """RFC 6749 §1.4: an expired token is none."""
    clock.advance(timedelta(hours=1))
    problem(kamp.ask("GET", "/links"), 401, "invalid_token")


def test_says_what_broke_to_the_log_only(
    house: House, app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Architecture §11.8: a failure of ours has a reference that finds its log line, and shows nothing else."""
    kamp = server(house, app, "kamp")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("idp.links.agency_view.page", broken)
    said = problem(kamp.ask("GET", "/links"), 500, "internal_error")
    assert "secret words" not in str(said)
    logged = capsys.readouterr().out
    assert said["reference"] in logged
    assert "secret words" not in logged


def test_says_that_a_store_does_not_answer(house: House, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9110 §15.6.4: 503, and when to try again."""
    kamp = server(house, app, "kamp")

    def gone(*_: object, **__: object) -> None:
        raise StoreUnavailable("database: gone")

    monkeypatch.setattr("idp.links.agency_view.page", gone)
    answered = kamp.ask("GET", "/links")
    problem(answered, 503, "store_unavailable")
    assert int(answered.headers["Retry-After"]) > 0


def test_reads_no_cookie(house: House, app: Flask) -> None:
    """A browser that is signed in is nobody here."""
    register(house, *AGENCIES)
    client = app.test_client()
    client.set_cookie("idp_session", "x")
    problem(client.post(f"{ROOT}/links/confirm", json=[]), 401, "invalid_token")
