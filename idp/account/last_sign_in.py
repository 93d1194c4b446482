"""The sign-in before the present one: whoever did not make it knows that somebody else did (korean-identity: log-in
notice)."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.history import SignInRecord, sign_ins
from idp.sessions.session import Session
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class LastSignIn:
    """Reads it from the audit."""

    database: Database

    def __call__(self, session: Session) -> SignInRecord | None:
        """The latest sign-in before that of `session`, which was written down just before the session began; the one
        of the session itself where there is no other."""
        with self.database.reading() as connection:
            found = sign_ins(connection, session.member_id, limit=10, actions=(Action.SIGN_IN_SUCCEEDED,))
        until = [record for record in found if record.at <= session.authenticated_at]
        return until[1] if len(until) > 1 else until[0] if until else None
