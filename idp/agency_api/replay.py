"""Asking for messages again: each request once, by its `Idempotency-Key`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from idp.agency_api.refusals import ApiRefusal, BadBody
from idp.audit.actor import agency_system
from idp.crypto.digests import secret_digest
from idp.errors import Refusal
from idp.storage.expiring import ExpiringStore

KEPT: Final = timedelta(hours=24)
_UNDERWAY: Final = b"underway"
_KEY = re.compile(r"[!-~]{16,128}")


class Made(Protocol):
    """How many messages were made anew, and how many not because a newer one says it all."""

    @property
    def made(self) -> int: ...

    @property
    def skipped(self) -> int: ...


class Replays(Protocol):
    """Makes messages anew; the transmitter's work, which this room may not call by name."""

    def one(self, relying_party_id: str, jti: str, *, actor: str) -> Made:
        """Replay one message.

        Raises:
            NotFound: the relying party has none of this id.
            BadRequest: it waits still, or was replayed already.
        """
        ...

    def several(
        self,
        relying_party_id: str,
        *,
        actor: str,
        since: datetime | None = None,
        delivered: bool = False,
        per_minute: int | None = None,
    ) -> Made:
        """Replay what was refused, and with `delivered` what was delivered, from `since` on."""
        ...


class KeyInUse(ApiRefusal):
    """The first request with this key is not answered yet, or broke off; what it did cannot be told from here."""

    code = "idempotency_key_in_use"
    title = "A request with this Idempotency-Key is under way"
    status = 409


class KeyOfAnother(ApiRefusal):
    """RFC draft-ietf-httpapi-idempotency-key-header §2.7."""

    code = "idempotency_key_of_another"
    title = "This Idempotency-Key was used for another request"
    status = 422


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Replays for a relying party that asks, at a pace."""

    replays: Replays
    store: ExpiringStore
    per_minute: int

    def of_ids(self, relying_party_id: str, key: str | None, jtis: Sequence[str]) -> dict[str, object]:
        """How many were made anew, skipped, and which could not be.

        Raises:
            BadBody: there is no usable key.
            KeyInUse: as it says.
            KeyOfAnother: as it says.
        """

        def act() -> dict[str, object]:
            made, skipped, refused = 0, 0, []
            for jti in jtis:
                try:
                    done = self.replays.one(relying_party_id, jti, actor=str(agency_system(relying_party_id)))
                except Refusal as error:
                    refused.append({"jti": jti, "why": error.code})
                    continue
                made, skipped = made + done.made, skipped + done.skipped
            return {"replayed": made, "superseded": skipped, "refused": refused}

        return self._once(relying_party_id, key, json.dumps(sorted(jtis)), act)

    def since(self, relying_party_id: str, key: str | None, since: datetime, *, delivered: bool) -> dict[str, object]:
        """The same of everything from `since` on.

        Raises:
            BadBody, KeyInUse, KeyOfAnother: as above.
        """

        def act() -> dict[str, object]:
            done = self.replays.several(
                relying_party_id,
                actor=str(agency_system(relying_party_id)),
                since=since,
                delivered=delivered,
                per_minute=self.per_minute,
            )
            return {"replayed": done.made, "superseded": done.skipped, "refused": []}

        return self._once(relying_party_id, key, f"{since.isoformat()} {delivered}", act)

    def _once(
        self, relying_party_id: str, key: str | None, request: str, act: Callable[[], dict[str, object]]
    ) -> dict[str, object]:
        if key is None or not _KEY.fullmatch(key):
            raise BadBody("the header Idempotency-Key has from 16 to 128 printable characters")
        place, asked = f"agency-api:once:{relying_party_id}:{secret_digest(key)}", secret_digest(request)
        if not self.store.add_if_absent(place, _UNDERWAY, KEPT):
            kept = self.store.get(place)
            if kept is None or kept == _UNDERWAY:
                raise KeyInUse("ask again later, or look at what waits")
            said = json.loads(kept)
            if said["request"] != asked:
                raise KeyOfAnother("another key is needed")
            answered: dict[str, object] = said["answer"]
            return answered
        try:
            answer = act()
        except Refusal:
            # Nothing happened, so the same key may try again.
            self.store.delete(place)
            raise
        self.store.put(place, json.dumps({"request": asked, "answer": answer}).encode(), KEPT)
        return answer
