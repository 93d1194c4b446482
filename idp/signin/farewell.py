"""What a browser is shown after its session ended: who hears of it and how that goes, and where it goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import timedelta
from enum import StrEnum

from idp.crypto.digests import same, secret_digest
from idp.randomness import Randomness, url_token
from idp.signals.outcomes import Outcome, outcomes
from idp.signals.states import DELIVERED, PENDING
from idp.signin.hearer import Hearer
from idp.storage.database import Database
from idp.storage.expiring.protocol import ExpiringStore, Put

_ID_LENGTH = 22
_LIFETIME = timedelta(minutes=10)


class HearerState(StrEnum):
    """What has become of telling one relying party."""

    TELLING = "telling"
    RETRYING = "retrying"
    """It was told and did not take it, or did not answer; it is told again."""
    TOLD = "told"
    ASKED = "asked"
    """Its page was opened in the browser, which tells nobody what came of it."""
    FAILED = "failed"
    UNTOLD = "untold"
    """It takes no word from us: the member signs out there."""


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the browser goes from here: an address that `name` registered. `by_itself`: its relying party has proven
    that it asks for this; else the member is offered the way (RP-Initiated Logout 1.0 §3)."""

    url: str
    name: str
    by_itself: bool


@dataclass(frozen=True, slots=True)
class Farewell:
    """One end of a session, as its member's browser is told of it."""

    id: str
    hearers: tuple[Hearer, ...]
    onward: Onward | None


@dataclass(frozen=True, slots=True)
class Farewells:
    """Keeps them for a few minutes, bound to their browser."""

    database: Database
    store: ExpiringStore
    randomness: Randomness

    def put(self, hearers: Sequence[Hearer], onward: Onward | None, browser: str) -> str:
        """Its id."""
        farewell_id = url_token(self.randomness, 16)
        content = [secret_digest(browser), [astuple(each) for each in hearers], onward and astuple(onward)]
        self.store.write(
            Put(_key(farewell_id), json.dumps(content).encode(), _LIFETIME),
            Put(_unseen_key(farewell_id), b"unseen", _LIFETIME),
        )
        return farewell_id

    def find(self, farewell_id: str, browser: str | None) -> Farewell | None:
        """What is kept under the id, if it is this browser's."""
        octets = self.store.get(_key(farewell_id)) if len(farewell_id) == _ID_LENGTH else None
        if octets is None or browser is None:
            return None
        digest, hearers, onward = json.loads(octets)
        if not same(digest, secret_digest(browser)):
            return None
        return Farewell(farewell_id, tuple(Hearer(*each) for each in hearers), onward and Onward(*onward))

    def first_look(self, farewell: Farewell) -> bool:
        """Whether nobody has seen it yet; to exactly one of all who ask. Relying parties' pages are opened for that one
        only: seen again by 뒤로, it would end a session that was begun meanwhile."""
        return self.store.take(_unseen_key(farewell.id)) is not None

    def states(self, farewell: Farewell) -> tuple[HearerState, ...]:
        """Of each hearer in their order, as far as our messages go."""
        jtis = [each.jti for each in farewell.hearers if each.jti is not None]
        with self.database.reading() as connection:
            kept = outcomes(connection, jtis) if jtis else {}
        return tuple(_state(each, kept.get(each.jti or "")) for each in farewell.hearers)


def _state(hearer: Hearer, kept: Outcome | None) -> HearerState:
    if hearer.jti is None:
        return HearerState.ASKED if hearer.frame is not None else HearerState.UNTOLD
    if kept is not None and kept.state == PENDING:
        return HearerState.RETRYING if kept.sends else HearerState.TELLING
    return HearerState.TOLD if kept is not None and kept.state == DELIVERED else HearerState.FAILED


def _key(farewell_id: str) -> str:
    return f"farewell:{farewell_id}"


def _unseen_key(farewell_id: str) -> str:
    return f"farewell-unseen:{farewell_id}"
