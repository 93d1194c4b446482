"""The documents in force as every request reads them: one frozen snapshot, looked at again every few seconds."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.clock import Clock
from idp.storage.database import Database
from idp.terms import store
from idp.terms.document import Document


@dataclass(frozen=True, slots=True)
class Terms:
    """Every document in force, and the edition they make."""

    edition: int
    documents: tuple[Document, ...]

    def asked_of(self, kind: str, *, child: bool = False) -> tuple[Document, ...]:
        """The documents that a member of `kind` answers, in their order."""
        return tuple(document for document in self.documents if document.audience.includes(kind, child=child))


class CurrentTerms:
    """Hands out the snapshot; at most `refresh` old."""

    def __init__(self, database: Database, clock: Clock, refresh: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._refresh = refresh
        self._terms: Terms | None = None
        self._looked_at: datetime | None = None
        self._renewing = threading.Lock()

    def __call__(self) -> Terms:
        """The terms now.

        Raises:
            StoreUnavailable: there is no snapshot yet and the database does not answer.
        """
        now, current = self._clock.now(), self._terms
        if current is not None and self._looked_at is not None and abs(now - self._looked_at) < self._refresh:
            return current
        with self._renewing, self._database.reading() as connection:
            latest = store.edition(connection)
            documents = tuple(store.in_force(connection))
        self._terms, self._looked_at = Terms(latest, documents), now
        return self._terms
