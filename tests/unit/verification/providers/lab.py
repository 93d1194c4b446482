"""A verification room whose methods lead to a simulator at the other end of real sockets, and who plays it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from flask import Flask
from pydantic import TypeAdapter
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.randomness import Randomness
from idp.sections.providers import AnyProvider
from idp.sections.verification import AppPush
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore
from idp.verification.first_use import FirstUse
from idp.verification.method import Redirect, Wait
from idp.verification.providers.adapter import Means, SigningBy
from idp.verification.providers.configured import configured_methods
from idp.verification.providers.push_limit import PushLimit
from idp.verification.state import State
from idp.verification.transactions import Transaction
from simulator.keys import Keys, papers
from simulator.outcome import Outcome
from simulator.people import people
from simulator.site import open_site
from simulator.stage import Stage
from tests.fakes import FrozenClock
from tests.unit.verification.lab import ALL, Room, room as a_room

ISSUER = "http://127.0.0.1:8000"
METHODS = {
    "oacx": "simple_certificate",
    "barocert": "simple_certificate_barocert",
    "ezauth": "business_simple_certificate",
    "nice": "phone",
    "any_id": "any_id",
    "openid": "openid",
    "profile": "profile",
}
"""The method that each shape serves in the simulator's papers."""
PUSHED = ("oacx", "barocert")
BRAND = {"oacx": "kakao_v1.5", "barocert": "KAKAO"}
_PROVIDERS: TypeAdapter[list[AnyProvider]] = TypeAdapter(list[AnyProvider])


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Says nothing."""


@dataclass(frozen=True)
class Lab:
    """The room, the simulator, and somebody at both keyboards."""

    room: Room
    stage: Stage
    app: Flask
    today: date

    def begun(self, shape: str, browser: str = "mark-of-this-browser", who: str = "hong_gildong") -> Transaction:
        """A verification under way: for an app, with the request on the phone."""
        begun = self.room.begun(METHODS[shape], browser=browser)
        return self.typed(shape, begun, who) if shape in PUSHED else begun

    def typed(self, shape: str, begun: Transaction, who: str = "hong_gildong", **instead: str) -> Transaction:
        """The details of `who`, sent."""
        person = people(self.today)[who]
        given = {"brand": BRAND[shape], "name": person.name, "birth_date": person.birthday, "phone": person.phone}
        return self.room.desk.answer(begun, {**given, **instead})

    def answered(self, shape: str, begun: Transaction, outcome: Outcome, holder: str = "") -> Transaction:
        """The same after the tester chose and the browser came back or asked."""
        if shape in PUSHED:
            self.decide(begun, outcome)
            return self.room.desk.poll(begun)
        return self.room.desk.answer(begun, self.carried(begun, outcome, holder))

    def decide(self, begun: Transaction, outcome: Outcome) -> None:
        """Answer on the phone."""
        (asked,) = [each for each in self.stage.requests.newest(50) if each.nonce == begun.nonce]
        self.stage.requests.decide(asked.id, asked.holder, outcome)

    def carried(self, begun: Transaction, outcome: Outcome, holder: str = "") -> dict[str, str]:
        """What the browser brings back from the provider's window."""
        assert isinstance(begun.step, Redirect)
        window = begun.step.url
        if "/windows/" not in window:
            window = requests.get(window, timeout=5, allow_redirects=False).headers["Location"]
        usual = "gildong" if begun.request.business_number else "hong_gildong"
        chosen = {"holder": holder or usual, "outcome": outcome.value}
        back = requests.post(window, chosen, timeout=5, allow_redirects=False).headers["Location"]
        assert back.startswith(f"{ISSUER}/verification/")
        return dict(parse_qsl(urlsplit(back).query))

    def verified(self, shape: str) -> Transaction:
        """A verification with evidence to collect."""
        moved = self.answered(shape, self.begun(shape), Outcome.APPROVE)
        assert moved.state is State.VERIFIED, moved.failure
        return moved

    def waiting(self, shape: str) -> Transaction:
        """One that waits for an app."""
        begun = self.begun(shape)
        assert isinstance(begun.step, Wait)
        return begun


@contextmanager
def a_lab(
    database: Database,
    store: ExpiringStore,
    clock: FrozenClock,
    randomness: Randomness,
    keys: Keys,
    seconds: float = 20,
) -> Iterator[Lab]:
    """Everything, with the simulator's server in a thread; both sides read one clock. We wait `seconds` for answers."""
    held: dict[str, Any] = {}

    def answer(environ: Any, start: Any) -> Any:
        # The application knows its own address, which the server has only once it listens.
        return held["app"](environ, start)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    held["app"], stage = open_site(url, ISSUER, keys, now=clock.now, slow=timedelta(seconds=2 * seconds))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        room = a_room(database, store, clock, randomness)
        methods = configured_methods(ALL, told(url, keys, seconds), means_on(store, clock, randomness))
        yield Lab(room.with_methods(*methods), stage, held["app"], clock.now().date())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def means_on(store: ExpiringStore, clock: Clock, randomness: Randomness, signing: SigningBy | None = None) -> Means:
    """What adapters stand on."""
    pushes = PushLimit(store, Digester(b"d" * 32), AppPush())
    return Means(clock, randomness, FirstUse(store), pushes, ISSUER, signing)


def told(
    url: str, keys: Keys, seconds: float = 20, *, changes: Mapping[str, Mapping[str, Any]] | None = None
) -> list[AnyProvider]:
    """The simulator's papers as settings; `changes` by shape."""
    asked = [
        {**paper, "timeout": seconds, **(changes or {}).get(str(paper["shape"]), {})} for paper in papers(url, keys)
    ]
    return _PROVIDERS.validate_python(asked)
