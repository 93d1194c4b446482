"""Where drafts lie: in the expiring store, sealed, each bound to the browser it began in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.clock import Clock
from idp.crypto.digests import same, secret_digest
from idp.crypto.fields import FieldCipher
from idp.enrolment.draft import Draft
from idp.errors import NotFound
from idp.randomness import Randomness, url_token
from idp.storage.expiring import ExpiringStore

_ID_LENGTH = 22
_PURPOSE = "enrolment.draft"


class DraftExpired(NotFound):
    """The enrolment is over, was never there, or belongs to another browser."""

    code = "enrolment_expired"


@dataclass(frozen=True, slots=True)
class Drafts:
    """Keeps drafts; a restart of ours loses none, a lifetime without a visit loses it."""

    store: ExpiringStore
    cipher: FieldCipher
    clock: Clock
    randomness: Randomness
    lifetime: timedelta

    def start(self, browser: str, **known: Any) -> Draft:
        """A new draft in this browser. Another tab gets another one, so two never mix."""
        draft = Draft(url_token(self.randomness, 16), secret_digest(browser), self.clock.now(), **known)
        self.keep(draft)
        return draft

    def get(self, draft_id: str, browser: str | None) -> Draft:
        """The draft.

        Raises:
            DraftExpired: there is none of this id in this browser.
        """
        octets = self.store.get(_key(draft_id)) if len(draft_id) == _ID_LENGTH else None
        if octets is None or browser is None:
            raise DraftExpired("no such draft in this browser")
        draft = Draft.unpacked(self.cipher.open_secret(_PURPOSE, octets))
        if not same(draft.browser, secret_digest(browser)):
            raise DraftExpired("no such draft in this browser")
        return draft

    def of_guardian(self, draft_id: str) -> Draft:
        """A child's draft, for whoever holds its guardian's link; they sit at another browser.

        Raises:
            DraftExpired: the child's enrolment is over.
        """
        octets = self.store.get(_key(draft_id))
        if octets is None:
            raise DraftExpired("no such draft")
        return Draft.unpacked(self.cipher.open_secret(_PURPOSE, octets))

    def keep(self, draft: Draft, lifetime: timedelta | None = None) -> None:
        """Write the draft as it is now. One that waits for a guardian, or did, stays for as long as it was to stay."""
        key, sealed = _key(draft.id), self.cipher.seal_secret(_PURPOSE, draft.packed())
        if lifetime is None and draft.guardian_request is not None:
            lifetime = max(self.lifetime, self.store.rest(key) or self.lifetime)
        self.store.put(key, sealed, lifetime or self.lifetime)

    def forget(self, draft: Draft) -> None:
        """Let go of a draft that has become a member."""
        self.store.delete(_key(draft.id))


def _key(draft_id: str) -> str:
    return f"draft:{draft_id}"
