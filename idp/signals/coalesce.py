"""What a new message does to earlier ones of its subject that have not left: it takes the place of those that it says
all of, and lifts the others to its own urgency, for they go first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    true,
    update,
)

from idp.signals.catalogue import PREVIOUS_SUBJECT, Channel, EventType, Priority
from idp.signals.models import outbox
from idp.signals.states import SUPERSEDED
from idp.storage.listed import texts
from idp.storage.prepared import Prepared

SUPERSEDABLE = frozenset((EventType.ACCOUNT_LINK_CHANGED.value,))
"""Full state in each message, so that the last one says it all."""
_AT_ONCE = 500
_MOST = 1000
"""Of one subject; a limit only so that the rows are read in the order of the index."""
_LOOKED_AT = (
    *("seq", "relying_party_id", "subject", "event_type", "link_id", "sub_id", "priority"),
    *("leased_until", "replaces", "due_at", "payload"),
)
# Written out and not bound: a database uses a partial index only when it can see that the condition is the index's own.
_PENDING: ColumnElement[str] = literal_column("'pending'")
_newer = outbox.alias("newer")


class Coming(NamedTuple):
    """A message about to be queued, as far as earlier ones care."""

    relying_party_id: str
    subject: str
    event_type: EventType
    priority: Priority
    link_id: str | None
    sub_id: Mapping[str, Any] | None

    def says_all_of(self, row: Any) -> bool:
        """Whether nobody need hear `row` once this is heard. Not so of account-purged, which is a fact of its own, nor
        of credential-change, each of which is."""
        if row.event_type != self.event_type:
            return False
        if self.event_type is EventType.STREAM_UPDATED:
            return True
        if self.event_type is EventType.ACCOUNT_LINK_CHANGED:
            return self.link_id is not None and row.link_id == self.link_id
        return self.event_type is EventType.SESSION_REVOKED and row.sub_id == self.sub_id


def make_way(connection: Connection, coming: Sequence[Coming], at: datetime) -> dict[tuple[str, str], str]:
    """Settle what `coming` supersedes and lift what it must wait for. One look where there can be anything, and as a
    rule nothing is found.

    By relying party and link, the `previous_subject` that an overtaken message would have told: it is in a link's first
    message alone, so whatever takes that one's place must tell it.

    Never waits for a worker: a row that one is just claiming is as good as under way.
    """
    by_subject: dict[tuple[str, str], list[Coming]] = defaultdict(list)
    for each in coming:
        by_subject[each.relying_party_id, each.subject].append(each)
    untold: dict[tuple[str, str], str] = {}
    superseded: list[int] = []
    lifted: dict[Priority, list[int]] = defaultdict(list)
    for row in _waiting(connection, list(by_subject)):
        later = by_subject[row.relying_party_id, row.subject]
        under_way = row.leased_until is not None and row.leased_until > at
        overtaken = any(each.says_all_of(row) for each in later)
        if overtaken and PREVIOUS_SUBJECT in row.payload:
            untold[row.relying_party_id, row.link_id] = row.payload[PREVIOUS_SUBJECT]
        if overtaken and not under_way:
            superseded.append(row.seq)
            continue
        wanted = min(each.priority for each in later)
        paced = row.replaces is not None and row.due_at > at
        if row.priority > wanted or paced:
            lifted[wanted].append(row.seq)
    if superseded:
        connection.execute(_settling(at).where(outbox.c.seq.in_(superseded)))
    for priority, seqs in lifted.items():
        connection.execute(update(outbox).where(outbox.c.seq.in_(seqs)).values(priority=priority, due_at=_at_once(at)))
    return untold


def settle_overtaken(connection: Connection, seqs: Sequence[int], at: datetime) -> None:
    """Settle those of the rows `seqs` of whose link a newer change waits, and which are not under way, be it with
    somebody else by now: the newer one would else overtake them."""
    if seqs:
        newer = (
            select(_newer.c.seq)
            .where(
                _newer.c.link_id == outbox.c.link_id,
                _newer.c.relying_party_id == outbox.c.relying_party_id,
                _newer.c.event_type == outbox.c.event_type,
                _newer.c.seq > outbox.c.seq,
                _newer.c.state == _PENDING,
            )
            .exists()
        )
        idle = outbox.c.lease_token.is_(None)
        connection.execute(_settling(at).where(outbox.c.seq.in_(seqs), outbox.c.state == _PENDING, idle, newer))


def _settling(at: datetime) -> Any:
    return update(outbox).values(
        state=SUPERSEDED, settled_at=at, outcome=SUPERSEDED, lease_token=None, leased_until=None
    )


def _at_once(at: datetime) -> Any:
    """What is made anew at a rate does not keep urgent messages until its turn; what was put off by a refusal does."""
    return case((outbox.c.replaces.is_not(None) & (outbox.c.sends == 0), at), else_=outbox.c.due_at)


def _waiting(connection: Connection, subjects: Sequence[tuple[str, str]]) -> Iterator[Any]:
    """What waits of each (relying party, subject), oldest first."""
    if connection.dialect.name == "sqlite":
        for party, subject in subjects:
            yield from _OF_ONE.all(connection, {"party": party, "of": subject})
        return
    for start in range(0, len(subjects), _AT_ONCE):
        some = subjects[start : start + _AT_ONCE]
        parameters = {"parties": [party for party, _ in some], "subjects": [subject for _, subject in some]}
        yield from _OF_EACH.all(connection, parameters)


def _of(party: Any, subject: Any) -> Select[Any]:
    return (
        select(*(outbox.c[name] for name in _LOOKED_AT))
        .where(
            outbox.c.relying_party_id == party,
            outbox.c.channel == Channel.EVENT.value,
            outbox.c.subject == subject,
            outbox.c.state == _PENDING,
        )
        .order_by(outbox.c.seq)
        .limit(_MOST)
    )


def _of_each() -> Select[Any]:
    """The same of each pair in two lists, subject by subject and not as one condition on them all: a planner whose
    statistics are from when the outbox was empty then reads whole lanes (0.2 s for 100,000 that wait). Lists that are
    bound leave the statement the same whatever is in them, so that it is compiled once."""
    wanted = (
        func.unnest(texts("parties"), texts("subjects")).table_valued("party", "of", name="wanted").render_derived()
    )
    each = _of(wanted.c.party, wanted.c.of).with_for_update(skip_locked=True).lateral("each")
    return select(each).select_from(wanted.join(each, true()))


_OF_EACH = Prepared(_of_each())
_OF_ONE = Prepared(_of(bindparam("party"), bindparam("of")))
