"""Finding what a client presents as its leave to register."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.self_registration import store
from idp.agencies.self_registration.initial_access_token import InitialAccessToken
from idp.agencies.self_registration.refusals import AccessRefused
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class FindInitialAccessToken:
    """Finds what a client presents."""

    database: Database
    clock: Clock

    def __call__(self, value: str) -> InitialAccessToken:
        """The token of that value, good now; whether it still is when it is used, its use decides.

        Raises:
            AccessRefused: there is none, or it is spent, expired or revoked.
        """
        with self.database.reading() as connection:
            token = store.token_by_digest(connection, secret_digest(value))
        if token is None or not token.is_good(self.clock.now()):
            raise AccessRefused("no initial access token that is good")
        return token
