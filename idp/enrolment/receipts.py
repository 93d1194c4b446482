"""What came of an enrolment: claimed by one of all submissions, and kept a while for the last page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from idp.crypto.digests import secret_digest
from idp.enrolment.draft import Draft
from idp.enrolment.outcome import Finished
from idp.errors import Conflict
from idp.storage.expiring import ExpiringStore

_LIFETIME = timedelta(hours=1)
# Longer than any transaction of ours; should we be killed in one, the member may press the button again after this.
_AT_WORK = timedelta(minutes=1)


class UnderWay(Conflict):
    """Another submission of the same draft is at work; what comes of it is not known yet."""

    code = "enrolment_under_way"


@dataclass(frozen=True, slots=True)
class Receipts:
    """Receipts of drafts that were finished, each for the browser it was finished in."""

    store: ExpiringStore

    @contextmanager
    def claimed(self, draft: Draft) -> Iterator[None]:
        """For one of all who finish this draft; free again when that fails.

        Raises:
            UnderWay: another submission was first.
        """
        key = _key(draft.id, draft.browser)
        if not self.store.add_if_absent(key, b"", _AT_WORK):
            raise UnderWay("another submission of this draft was first")
        try:
            yield
        except BaseException:
            self.store.delete(key)
            raise

    def keep(self, draft: Draft, finished: Finished) -> None:
        """For the last page, which may be loaded again."""
        self.store.put(_key(draft.id, draft.browser), finished.packed(), _LIFETIME)

    def finished(self, draft_id: str, browser: str | None) -> Finished | None:
        """What came of the draft of this id in this browser.

        Raises:
            UnderWay: it is being finished just now.
        """
        octets = self.store.get(_key(draft_id, secret_digest(browser))) if browser is not None else None
        if octets == b"":
            raise UnderWay("being finished")
        return Finished.unpacked(octets) if octets is not None else None


def _key(draft_id: str, browser_digest: str) -> str:
    return f"enrolled:{draft_id}:{browser_digest}"
