"""Taking the leave to register clients back."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.self_registration import store
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import ConfigurationError
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class RevokeInitialAccessToken:
    """Takes the leave back. What was registered by it stays, and its clients go on managing themselves."""

    database: Database
    clock: Clock

    def __call__(self, token_id: str, *, actor: str) -> None:
        """Revoke the token known by `token_id`; a second time changes nothing.

        Raises:
            ConfigurationError: there is none.
        """
        now = self.clock.now()
        with self.database.transaction() as connection:
            token = store.token_by_id(connection, token_id)
            if token is None:
                raise ConfigurationError(f"there is no initial access token {token_id}")
            if store.revoke_token(connection, token_id, now):
                action, agency_id = Action.INITIAL_ACCESS_TOKEN_REVOKED, token.agency_id
                record(connection, Record(now, action, actor, agency_id=agency_id, detail={"token": token_id}))
