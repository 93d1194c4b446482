"""A verification room with nobody above it: what the tests drive, and a page that asks and collects.

`python -m tests.unit.verification.lab` serves it on port 8911 for looking at.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.clock import Clock, SystemClock
from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher, KeyEncryptionKeys
from idp.randomness import Randomness, SystemRandomness
from idp.settings import Settings
from idp.storage.columns import metadata
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore
from idp.verification.desk import VerificationDesk
from idp.verification.evidence import Evidence, Holder
from idp.verification.method import Form, Method, Wait
from idp.verification.request import VerificationRequest
from idp.verification.routes.pages import VerificationPages
from idp.verification.routes.simulator import SimulatorPages
from idp.verification.simulated.methods import simulated_methods
from idp.verification.simulated.outcome import Outcome
from idp.verification.simulated.provider import SimulatedProvider
from idp.verification.state import State
from idp.verification.transactions import Transaction, Transactions
from idp.web import install
from idp.web.browser import Browser
from idp.web.redirects import see_other

BROWSER = "mark-of-this-browser"
LIFETIME = timedelta(minutes=10)
ALL = (
    "joint_certificate",
    "simple_certificate",
    "phone",
    "any_id",
    "business_certificate",
    "business_simple_certificate",
)
PERSON = VerificationRequest("enrolment", Holder.PERSON, "draft-1", "/back")
BUSINESS = replace(PERSON, holder=Holder.BUSINESS, business_number="1237894566")


@dataclass(frozen=True)
class Room:
    """The room and the stand-in that answers it."""

    database: Database
    clock: Clock
    desk: VerificationDesk
    provider: SimulatedProvider

    def with_methods(self, *methods: Method) -> Room:
        """The same stores under a desk that offers something else."""
        return replace(self, desk=replace(self.desk, enabled=methods))

    def begun(self, method: str, asked: VerificationRequest | None = None, browser: str = BROWSER) -> Transaction:
        """A verification under way."""
        asked = asked or (BUSINESS if method.startswith("business") else PERSON)
        path = self.desk.begin(method, asked, browser)
        return self.desk.look(path.removeprefix("/verification/"), browser)

    def answered(self, transaction: Transaction, holder: str = "", outcome: Outcome = Outcome.APPROVE) -> Transaction:
        """The same after the tester chose, the browser came back, and a code was typed where one was asked."""
        kind = transaction.request.holder
        chosen = holder or ("gildong" if kind is Holder.BUSINESS else "hong_gildong")
        handle = self.provider.send(transaction.nonce, kind, chosen, outcome)
        if isinstance(transaction.step, Wait):
            return self.desk.poll(transaction)
        moved = self.desk.answer(transaction, {"handle": handle})
        if isinstance(moved.step, Form):
            moved = self.desk.answer(moved, {"code": str(moved.memory["code"])})
        return moved

    def verified(self, method: str, asked: VerificationRequest | None = None) -> Transaction:
        """A verification with evidence to collect."""
        moved = self.answered(self.begun(method, asked))
        assert moved.state is State.VERIFIED
        return moved

    def collect(self, transaction: Transaction, browser: str | None = BROWSER) -> Evidence:
        """Its evidence."""
        return self.desk.collect(transaction.id, browser, transaction.request.purpose, transaction.request.bound_to)

    def audited(self) -> list[tuple[str, dict[str, Any]]]:
        """Actions and details in the audit."""
        with self.database.reading() as connection:
            rows = connection.execute(
                select(audit_records.c.action, audit_records.c.detail).order_by(audit_records.c.seq)
            )
            return [(row.action, row.detail) for row in rows]


def room(database: Database, store: ExpiringStore, clock: Clock, randomness: Randomness) -> Room:
    """The room over these stores."""
    cipher = FieldCipher(KeyEncryptionKeys(b"k" * 32), randomness)
    provider = SimulatedProvider(store, clock, randomness, Digester(b"d" * 32))
    transactions = Transactions(store, clock, randomness, cipher, LIFETIME)
    desk = VerificationDesk(database, clock, transactions, simulated_methods(ALL, provider))
    return Room(database, clock, desk, provider)


def application(room: Room, collected: list[Evidence]) -> Flask:
    """The pages, with `/start/<method>` that asks and `/back` that collects as an enrolment draft would."""
    app = Flask("verification", static_folder=None)
    app.secret_key = "lab"
    randomness = SystemRandomness()
    install(app, Settings(), randomness=randomness)
    browser = Browser(randomness, secure=False)

    def start(method: str) -> ResponseReturnValue:
        asked = BUSINESS if method.startswith("business") else PERSON
        return see_other(room.desk.begin(method, asked, browser.mark()))

    def back() -> ResponseReturnValue:
        tx_id = request.args.get("verification")
        if tx_id is None:
            return "not verified"
        collected.append(room.desk.collect(tx_id, browser.marked(), PERSON.purpose, PERSON.bound_to))
        return "verified"

    app.add_url_rule("/start/<method>", "start", start)
    app.add_url_rule("/back", "back", back)
    app.register_blueprint(VerificationPages(room.desk, browser).blueprint())
    app.register_blueprint(SimulatorPages(room.desk, room.provider, browser).blueprint())
    return app


def _serve() -> None:
    database = Database(f"sqlite:///{Path(tempfile.mkdtemp()) / 'lab.db'}")
    with database.transaction() as connection:
        metadata.create_all(connection)
    clock = SystemClock()
    built = room(database, DatabaseExpiringStore(database, clock), clock, SystemRandomness())
    application(built, []).run(port=8911)


if __name__ == "__main__":
    _serve()
