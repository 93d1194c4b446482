"""Putting the folder's documents in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.storage.database import Database
from idp.terms import store
from idp.terms.document import fingerprint
from idp.terms.documents_folder import ReadDocument


@dataclass(frozen=True, slots=True)
class ApplyTerms:
    """Keeps a new version of every document whose words, weight or audience changed; old versions stay for ever."""

    database: Database
    clock: Clock

    def __call__(self, documents: Iterable[ReadDocument], *, actor: str) -> list[str]:
        """The ids of the documents that changed; applying twice changes nothing the second time.

        A change to a required document starts a new edition: every member is asked again at the next sign-in.
        """
        now = self.clock.now()
        changed: list[str] = []
        with self.database.transaction() as connection:
            known = {document.id: document for document in store.in_force(connection)}
            latest = store.edition(connection)
            asks_again = False
            rows = []
            for document in documents:
                entry, digest = document.entry, fingerprint(document.texts)
                kept = known.get(entry.id)
                same = kept is not None and (kept.sha256, kept.required, kept.audience, kept.purpose) == (
                    digest,
                    entry.required,
                    entry.audience,
                    entry.purpose,
                )
                if same:
                    continue
                asks_again = asks_again or entry.required
                changed.append(entry.id)
                rows.append(
                    {
                        "document_id": entry.id,
                        "version": kept.version + 1 if kept is not None else 1,
                        "audience": entry.audience.value,
                        "required": entry.required,
                        "position": document.position,
                        "purpose": entry.purpose,
                        "texts": document.texts,
                        "sha256": digest,
                        "applied_at": now,
                    }
                )
            for row in rows:
                store.add_version(connection, {**row, "edition": max(1, latest + asks_again)})
            if changed:
                record(connection, Record(now, Action.TERMS_APPLIED, actor, detail={"changes": len(changed)}))
        return changed
