"""What a member had typed when they were asked to prove again who they are: kept for as long as that takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from idp.crypto.fields import FieldCipher
from idp.sessions.session import Session
from idp.storage.expiring import ExpiringStore

_LIFETIME = timedelta(minutes=10)
_PURPOSE = "account.kept_form"


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Keeps one form for one session, sealed. Nobody else who signs in at this browser gets it: their session is
    another one."""

    store: ExpiringStore
    cipher: FieldCipher

    def keep(self, session: Session, typed: Mapping[str, str]) -> None:
        """Keep what was typed."""
        octets = json.dumps(dict(typed), ensure_ascii=False).encode()
        self.store.put(_key(session), self.cipher.seal_secret(_PURPOSE + session.id, octets), _LIFETIME)

    def take(self, session: Session) -> dict[str, str] | None:
        """What was kept, once."""
        sealed = self.store.take(_key(session))
        if sealed is None:
            return None
        typed: dict[str, str] = json.loads(self.cipher.open_secret(_PURPOSE + session.id, sealed))
        return typed


def _key(session: Session) -> str:
    return f"kept-form:{session.id}"
