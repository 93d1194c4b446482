"""Every query on initial access tokens and on the clients that registered themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from idp.agencies.models import initial_access_tokens, relying_parties, self_registrations
from idp.agencies.self_registration.initial_access_token import InitialAccessToken
from idp.agencies.self_registration.policy import RegistrationPolicy


@dataclass(frozen=True, slots=True)
class SelfRegistration:
    """A client that registered itself, and the row of its registration."""

    row: dict[str, Any]
    issued_at: datetime
    token: InitialAccessToken


def add_token(connection: Connection, token: InitialAccessToken, digest: str, made_by: str) -> None:
    connection.execute(
        insert(initial_access_tokens).values(
            id=token.id,
            agency_id=token.agency_id,
            secret_digest=digest,
            policy=token.policy.document(),
            uses=token.uses,
            used=token.used,
            made_at=token.made_at,
            made_by=made_by,
            expires_at=token.expires_at,
        )
    )


def tokens(connection: Connection, *, after: str, limit: int) -> list[InitialAccessToken]:
    """A page of all there are, by id."""
    table = initial_access_tokens
    query = select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
    return [_token(row) for row in connection.execute(query).mappings()]


def token_by_id(connection: Connection, token_id: str) -> InitialAccessToken | None:
    return _one_token(connection, select(initial_access_tokens).where(initial_access_tokens.c.id == token_id))


def token_by_digest(connection: Connection, digest: str) -> InitialAccessToken | None:
    return _one_token(connection, select(initial_access_tokens).where(initial_access_tokens.c.secret_digest == digest))


def revoke_token(connection: Connection, token_id: str, at: datetime) -> bool:
    """Whether it was this that revoked it."""
    of = (initial_access_tokens.c.id == token_id) & initial_access_tokens.c.revoked_at.is_(None)
    return connection.execute(update(initial_access_tokens).where(of).values(revoked_at=at)).rowcount == 1


def spend_token(connection: Connection, token_id: str, now: datetime) -> bool:
    """Take one use of it; of two who want the last one, one gets it."""
    table = initial_access_tokens
    good = (table.c.used < table.c.uses) & table.c.revoked_at.is_(None) & (table.c.expires_at > now)
    spending = update(table).where(table.c.id == token_id, good).values(used=table.c.used + 1)
    return connection.execute(spending).rowcount == 1


def add_client(connection: Connection, relying_party_id: str, token_id: str, digest: str, at: datetime) -> None:
    """Keep that a client registered itself, and the digest of its registration access token."""
    values = {"relying_party_id": relying_party_id, "allowed_by": token_id, "access_digest": digest, "issued_at": at}
    connection.execute(insert(self_registrations).values(**values))


def client_by_access(
    connection: Connection, relying_party_id: str, digest: str, *, hold: bool = False
) -> SelfRegistration | None:
    """The client whose registration access token has that digest; to `hold`, held until the transaction ends."""
    own = self_registrations
    query = select(relying_parties, own.c.issued_at, own.c.allowed_by).join_from(relying_parties, own)
    query = query.where(own.c.relying_party_id == relying_party_id, own.c.access_digest == digest)
    row = connection.execute(query.with_for_update() if hold else query).mappings().first()
    if row is None:
        return None
    token = token_by_id(connection, row["allowed_by"])
    return None if token is None else SelfRegistration(dict(row), row["issued_at"], token)


def change_access(connection: Connection, relying_party_id: str, digest: str | None) -> None:
    """Put another registration access token in the place of the one before; with None nobody has any."""
    of = self_registrations.c.relying_party_id == relying_party_id
    connection.execute(update(self_registrations).where(of).values(access_digest=digest))


def end_client(connection: Connection, relying_party_id: str, at: datetime) -> None:
    """From now on it is no client; its registrations stay, for who asks what it was."""
    connection.execute(update(relying_parties).where(relying_parties.c.id == relying_party_id).values(ended_at=at))


def held_client(connection: Connection, relying_party_id: str) -> RowMapping | None:
    """The row of a client that registered itself and has not ended, held until the transaction ends."""
    query = select(relying_parties).join_from(relying_parties, self_registrations)
    query = query.where(relying_parties.c.id == relying_party_id, relying_parties.c.ended_at.is_(None))
    return connection.execute(query.with_for_update()).mappings().first()


def _one_token(connection: Connection, query: Select[Any]) -> InitialAccessToken | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else _token(row)


def _token(row: RowMapping) -> InitialAccessToken:
    return InitialAccessToken(
        id=row["id"],
        agency_id=row["agency_id"],
        policy=RegistrationPolicy.of(row["policy"]),
        uses=row["uses"],
        used=row["used"],
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
