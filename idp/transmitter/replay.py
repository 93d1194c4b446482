"""Making messages anew: what a relying party refused, once the cause is mended, or what it lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    update,
)

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import BadRequest, NotFound
from idp.links.models import links
from idp.randomness import Randomness, url_token
from idp.signals.coalesce import SUPERSEDABLE
from idp.signals.models import outbox
from idp.signals.states import DELIVERED, PENDING, REFUSED, REPLAYED, SUPERSEDED
from idp.storage.database import Database

_AT_ONCE = 500
_MINUTE = timedelta(minutes=1)
_DEAD: ColumnElement[bool] = outbox.c.state == literal_column(f"'{REFUSED}'")
_EITHER: ColumnElement[bool] = outbox.c.state.in_([literal_column(f"'{state}'") for state in (DELIVERED, REFUSED)])
_SAME = (
    *("txn", "relying_party_id", "channel", "event_type", "priority", "subject", "sub_id"),
    *("link_id", "link_version", "payload", "occurred_at"),
)
_newer, _copy = outbox.alias("newer"), outbox.alias("copy")
_SPEAKS_FOR_IT = (PENDING, DELIVERED, REFUSED, REPLAYED)


class NotReplayable(BadRequest):
    """The message is still on its way, or was taken out of it on purpose."""

    code = "not_replayable"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many messages were made anew, and how many were not because a newer one, or a copy, says it all."""

    made: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Replay:
    """Queues copies under a `jti` of their own, with the cause, time and version of what they replace: a receiver that
    has seen the one must not take the other for a repeat (account events §3.3)."""

    database: Database
    clock: Clock
    randomness: Randomness

    def one(self, relying_party_id: str, jti: str, *, actor: str) -> Replayed:
        """Replay one message, delivered or refused.

        Raises:
            NotFound: there is no such message of this relying party.
            NotReplayable: it waits, was superseded, dropped or given up, or is a dead letter that was replayed already.
        """
        with self.database.transaction() as connection:
            of = (outbox.c.relying_party_id == relying_party_id) & (outbox.c.jti == jti)
            row = connection.execute(_candidates(of)).mappings().first()
            if row is None:
                raise NotFound("no such message")
            if row["state"] not in (DELIVERED, REFUSED):
                raise NotReplayable(f"the message is {row['state']}")
            _hold_links(connection, [row])
            # One that was named is made anew as often as it is, but not while its last copy waits.
            needless = _outdated(connection, [row["seq"]]) | _made_anew(connection, [row["seq"]], (PENDING,))
            return self._replay(connection, [row], needless, relying_party_id, actor, 0, None)

    def several(
        self,
        relying_party_id: str,
        *,
        actor: str,
        since: datetime | None = None,
        delivered: bool = False,
        per_minute: int | None = None,
    ) -> Replayed:
        """Replay every dead letter of a relying party, in their order; from `since` on, where given.

        `delivered`: what it once accepted too, for one that was restored from a backup. `per_minute`: at most so many
        become due in a minute; without it the relying party's own limits are the only ones.

        Raises:
            StoreUnavailable: the database did not answer; what was replayed stays so, and the rest can be.
        """
        of = (outbox.c.relying_party_id == relying_party_id) & (_EITHER if delivered else _DEAD)
        if since is not None:
            of &= outbox.c.occurred_at >= since
        # What was delivered are millions: read along the index that starts at `since`.
        order = (outbox.c.occurred_at, outbox.c.seq) if delivered else (outbox.c.seq,)
        done = Replayed()
        after: ColumnElement[bool] = true()
        with self.database.reading() as connection:
            # What is made anew here must not be found again on the way.
            last = connection.execute(select(outbox.c.seq).order_by(outbox.c.seq.desc()).limit(1)).scalar() or 0
        while True:
            with self.database.transaction() as connection:
                query = _candidates(of & after & (outbox.c.seq <= last), *order)
                rows = connection.execute(query).mappings().fetchall()
                if not rows:
                    return done
                _hold_links(connection, rows)
                seqs = [row["seq"] for row in rows]
                needless = _outdated(connection, seqs) | _made_anew(connection, seqs, _SPEAKS_FOR_IT)
                more = self._replay(connection, rows, needless, relying_party_id, actor, done.made, per_minute)
            done = Replayed(done.made + more.made, done.skipped + more.skipped)
            after = tuple_(*order) > tuple_(*(literal(rows[-1][each.name], each.type) for each in order))

    def _replay(
        self,
        connection: Connection,
        rows: Sequence[RowMapping],
        needless: set[int],
        relying_party_id: str,
        actor: str,
        before: int,
        per_minute: int | None,
    ) -> Replayed:
        now = self.clock.now()
        wanted = [row for row in rows if row["seq"] not in needless]
        apart = _MINUTE / per_minute if per_minute is not None else timedelta()
        copies = [
            {name: row[name] for name in _SAME}
            | {
                "jti": url_token(self.randomness, 16),
                "replaces": row["jti"],
                "state": PENDING,
                "due_at": now + number * apart,
            }
            for number, row in enumerate(wanted, before)
        ]
        if copies:
            connection.execute(insert(outbox), copies)
        _close(connection, [row["seq"] for row in wanted], REPLAYED, now)
        _close(connection, list(needless), SUPERSEDED, now)
        detail = {"made": len(copies), "skipped": len(needless)}
        record(connection, Record(now, Action.EVENTS_REPLAYED, actor, relying_party_id=relying_party_id, detail=detail))
        return Replayed(len(copies), len(needless))


def _candidates(of: ColumnElement[bool], *order: ColumnElement[Any]) -> Select[Any]:
    return select(outbox).where(of).order_by(*order).limit(_AT_ONCE).with_for_update(skip_locked=True)


def _hold_links(connection: Connection, rows: Sequence[RowMapping]) -> None:
    """Let no link change until the copies are there: a change that did not see them would be told before them. They
    are one agency's, in the order of their ids: nobody who holds other links of a member waits for us in a circle."""
    whose = {row["link_id"] for row in rows if row["link_id"] is not None}
    held = select(links.c.id).where(links.c.id.in_(whose)).order_by(links.c.id).with_for_update(read=True)
    connection.execute(held).all()


def _outdated(connection: Connection, seqs: list[int]) -> set[int]:
    """Which of them say less of their link than is known by now."""
    newer_message = (
        select(_newer.c.seq)
        .where(
            _newer.c.link_id == outbox.c.link_id,
            _newer.c.relying_party_id == outbox.c.relying_party_id,
            _newer.c.event_type == outbox.c.event_type,
            _newer.c.link_version > outbox.c.link_version,
        )
        .exists()
    )
    # The newer message may have been swept long ago; the link itself is kept.
    newer_state = select(links.c.id).where(links.c.id == outbox.c.link_id, links.c.version > outbox.c.link_version)
    query = select(outbox.c.seq).where(
        outbox.c.seq.in_(seqs), outbox.c.event_type.in_(SUPERSEDABLE), or_(newer_message, newer_state.exists())
    )
    return set(connection.execute(query).scalars())


def _made_anew(connection: Connection, seqs: list[int], states: Collection[str]) -> set[int]:
    """Of which of them a copy is in one of `states`. The copy is replayed in their place: with both, each time that a
    receiver is restored would double what the next one makes."""
    again = select(_copy.c.seq).where(_copy.c.replaces == outbox.c.jti, _copy.c.state.in_(states))
    query = select(outbox.c.seq).where(outbox.c.seq.in_(seqs), again.exists())
    return set(connection.execute(query).scalars())


def _close(connection: Connection, seqs: list[int], state: str, at: datetime) -> None:
    """A dead letter that was dealt with is none any more; what was delivered stays delivered."""
    if seqs:
        connection.execute(update(outbox).where(outbox.c.seq.in_(seqs), _DEAD).values(state=state, settled_at=at))
