"""The secret of an app that a member is just adding: kept until the app has shown that it has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.credentials.one_time_codes import OneTimeCodes
from idp.crypto.fields import FieldCipher
from idp.sessions.session import Session
from idp.storage.expiring import ExpiringStore

_LIFETIME = timedelta(minutes=10)
_PURPOSE = "account.pending_secret"


@dataclass(frozen=True, slots=True)
class PendingSecret:
    """Keeps one for one session, sealed. Loading the page again shows the same."""

    store: ExpiringStore
    cipher: FieldCipher
    codes: OneTimeCodes

    def of(self, session: Session) -> str:
        """The secret, made where there is none yet."""
        found = self.look(session)
        if found is not None:
            return found
        secret = self.codes.new_secret()
        sealed = self.cipher.seal_secret(_PURPOSE + session.id, secret.encode("ascii"))
        # Two windows at once see one secret, or the app of one of them would show codes of another.
        if self.store.add_if_absent(_key(session), sealed, _LIFETIME):
            return secret
        return self.look(session) or secret

    def look(self, session: Session) -> str | None:
        """The secret, if one was made lately."""
        sealed = self.store.get(_key(session))
        return None if sealed is None else self.cipher.open_secret(_PURPOSE + session.id, sealed).decode("ascii")

    def forget(self, session: Session) -> None:
        """It is in use now, or not wanted."""
        self.store.delete(_key(session))


def _key(session: Session) -> str:
    return f"pending-secret:{session.id}"
