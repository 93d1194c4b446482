"""Giving leave to register clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.agencies import store as catalogue
from idp.agencies.self_registration import store
from idp.agencies.self_registration.initial_access_token import InitialAccessToken
from idp.agencies.self_registration.policy import RegistrationPolicy
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.errors import ConfigurationError
from idp.randomness import Randomness, case_blind_token, url_token
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class MakeInitialAccessToken:
    """Makes one for an agency."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(
        self, agency_id: str, policy: RegistrationPolicy, *, uses: int, lifetime: timedelta, actor: str
    ) -> tuple[str, InitialAccessToken]:
        """Its value, which nobody can read again, and what is known of it.

        Raises:
            ConfigurationError: there is no such agency.
        """
        now, value = self.clock.now(), url_token(self.randomness)
        token = InitialAccessToken(
            case_blind_token(self.randomness, 10), agency_id, policy, uses, 0, now, now + lifetime, None
        )
        with self.database.transaction() as connection:
            if agency_id not in {agency.id for agency in catalogue.all_agencies(connection)}:
                raise ConfigurationError(f"there is no agency {agency_id}; `idp agencies list` names them all")
            store.add_token(connection, token, secret_digest(value), actor)
            detail: dict[str, str | int | bool | None] = {"token": token.id, "uses": uses}
            action = Action.INITIAL_ACCESS_TOKEN_MADE
            record(connection, Record(now, action, actor, agency_id=agency_id, detail=detail))
        return value, token
