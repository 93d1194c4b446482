"""What a new message does to earlier ones of its subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from idp.signals.catalogue import Channel, EventType, Priority
from idp.signals.models import outbox
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from tests.fakes import FixedRandomness
from tests.statements import explained, heard

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINK_CHANGED, PURGED = EventType.ACCOUNT_LINK_CHANGED, EventType.ACCOUNT_PURGED
REVOKED, CREDENTIAL = EventType.SESSION_REVOKED, EventType.CREDENTIAL_CHANGE
_randomness = FixedRandomness()


def change(version: int, link: str = "link", party: str = "voucher", **other: Any) -> Notice:
    return Notice(party, LINK_CHANGED, f"subject of {link}", {"version": version}, NOW, link, version, **other)


def said(database: Database, *notices: Notice) -> None:
    with database.transaction() as connection:
        tell(connection, _randomness, notices)


def seen(database: Database) -> list[tuple[str, int | None, str]]:
    """Event type, version and state of each row, oldest first."""
    with database.reading() as connection:
        query = select(outbox.c.event_type, outbox.c.link_version, outbox.c.state).order_by(outbox.c.seq)
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def states(database: Database) -> list[str]:
    return [state for _, _, state in seen(database)]


def put(database: Database, **values: Any) -> None:
    with database.transaction() as connection:
        connection.execute(update(outbox).values(**values))


def test_a_links_change_supersedes_its_unsent_ones(any_database: Database) -> None:
    """Account events §3.3: one waits for each relying party and link, so a queue is bounded by links, not by outages;
    what was superseded stays in the table."""
    for version in range(1, 6):
        said(any_database, change(version))
    assert states(any_database) == ["superseded"] * 4 + ["pending"]
    with any_database.reading() as connection:
        row = connection.execute(select(outbox).limit(1)).mappings().one()
    assert (row["outcome"], row["settled_at"]) == ("superseded", NOW)


def test_leaves_other_links_and_other_relying_parties_alone(any_database: Database) -> None:
    """Nobody's news takes the place of somebody else's."""
    said(any_database, change(1), change(1, party="kamp"), change(1, "other"))
    said(any_database, change(2))
    assert states(any_database) == ["superseded", "pending", "pending", "pending"]


def test_leaves_what_is_under_way_to_its_worker(any_database: Database) -> None:
    """One in flight and one that waits: a message may arrive while we write."""
    said(any_database, change(1))
    put(any_database, lease_token="t", leased_until=NOW + timedelta(seconds=9))
    said(any_database, change(2))
    said(any_database, change(3))
    assert states(any_database) == ["pending", "superseded", "pending"]


def test_one_status_of_a_stream_waits(any_database: Database) -> None:
    """SSF 1.0 §8.1.5: the last one says how it stands. A receiver that switches to and fro fills nothing."""
    for status in ("enabled", "paused", "enabled"):
        said(any_database, Notice("voucher", EventType.STREAM_UPDATED, "stream", {"status": status}, NOW))
    said(any_database, Notice("kamp", EventType.STREAM_UPDATED, "another", {"status": "paused"}, NOW))
    assert states(any_database) == ["superseded", "superseded", "pending", "pending"]


def test_takes_what_a_dead_worker_left_for_unsent(any_database: Database) -> None:
    """Its lease has ended: whether it arrived nobody knows, and the newer message says it all."""
    said(any_database, change(1))
    put(any_database, lease_token="t", leased_until=NOW)
    said(any_database, change(2))
    assert states(any_database) == ["superseded", "pending"]


def test_purged_is_never_superseded_and_supersedes_nothing(any_database: Database) -> None:
    """Account events §3.3: unlinked, then purged, in that order, whatever follows."""
    purged = Notice("voucher", PURGED, "subject of link", {}, NOW, "link", 2)
    said(any_database, change(1))
    said(any_database, change(2), purged)
    said(any_database, purged)
    said(any_database, change(3))
    assert seen(any_database) == [
        (LINK_CHANGED, 1, "superseded"),
        (LINK_CHANGED, 2, "superseded"),
        (PURGED, 2, "pending"),
        (PURGED, 2, "pending"),
        (LINK_CHANGED, 3, "pending"),
    ]


def security(event_type: EventType, sub_id: Mapping[str, Any] | None = None) -> Notice:
    return Notice("voucher", event_type, "subject of link", {}, NOW, sub_id=sub_id)


def test_the_last_revocation_of_a_session_wins(any_database: Database) -> None:
    """Account events §3.3: last wins for each relying party, subject and type; one session's end is not another's."""
    session = {"format": "opaque", "id": "s1"}
    said(any_database, security(REVOKED), security(REVOKED, session))
    said(any_database, security(REVOKED))
    assert states(any_database) == ["superseded", "pending", "pending"]


def test_every_change_of_a_credential_is_a_fact_of_its_own(any_database: Database) -> None:
    """A passkey that was added is not a password that was changed."""
    said(any_database, security(CREDENTIAL))
    said(any_database, security(CREDENTIAL))
    assert states(any_database) == ["pending", "pending"]


def test_lifts_what_an_urgent_message_must_wait_for(any_database: Database) -> None:
    """Account events §3.3: first in, first out for a subject, across priorities: what is before becomes as urgent."""
    purged = Notice("voucher", PURGED, "subject of link", {}, NOW, "link", 2, priority=Priority.BULK)
    other = Notice("voucher", PURGED, "another", {}, NOW, "other", 2, priority=Priority.BULK)
    said(any_database, purged, other)
    said(any_database, security(CREDENTIAL))
    with any_database.reading() as connection:
        rows = connection.execute(select(outbox.c.priority).order_by(outbox.c.seq)).scalars().all()
    assert rows == [Priority.SECURITY, Priority.BULK, Priority.SECURITY]


def test_does_not_lift_for_what_is_no_more_urgent(any_database: Database) -> None:
    """Bulk stays bulk behind bulk, and a retry after a refusal keeps its time."""
    later = NOW + timedelta(hours=1)
    said(any_database, Notice("voucher", PURGED, "subject of link", {}, NOW, "link", 2, priority=Priority.BULK))
    put(any_database, due_at=later, sends=1, attempts=1)
    said(any_database, change(3, priority=Priority.BULK))
    said(any_database, change(4))
    with any_database.reading() as connection:
        rows = connection.execute(select(outbox.c.priority, outbox.c.due_at).order_by(outbox.c.seq)).all()
    assert tuple(rows[0]) == (Priority.LINK, later)


@pytest.mark.parametrize(
    "notice",
    [change(1), Notice("voucher", EventType.BACKCHANNEL_LOGOUT, "s", {"sub": "s"}, NOW, channel=Channel.LOGOUT)],
)
def test_looks_for_nothing_where_there_can_be_nothing(any_database: Database, notice: Notice) -> None:
    """A first link and a sign-out cost one statement, as before."""
    statements: list[str] = []

    with (
        any_database.transaction() as connection,
        heard(any_database, lambda statement, _: statements.append(statement)),
    ):
        tell(connection, _randomness, [notice])
    assert [statement.split()[0] for statement in statements] == ["INSERT"]


def test_finds_what_went_before_by_the_index(any_database: Database) -> None:
    """10,000 wait: a change of several links reads their own subjects' and no others, also where the planner still
    believes that the outbox is empty."""
    if any_database.kind == "postgresql":
        with any_database.transaction() as connection:
            connection.execute(text("ANALYZE outbox"))
    parties = ("kamp", "smtech", "voucher")
    said(any_database, *(change(1, f"link{number}", party) for number in range(3_334) for party in parties))
    plans: list[str] = []

    def listen(statement: str, values: Any) -> None:
        if statement.startswith("SELECT"):
            plans.append(explained(any_database, statement, values))

    with any_database.transaction() as connection:
        newer = [change(2, f"link{number}", party) for number in range(4) for party in parties]
        with heard(any_database, listen):
            tell(connection, _randomness, newer)
    assert len(plans) == (1 if any_database.kind == "postgresql" else 12)
    for plan in plans:
        assert "ix_outbox_order" in plan
        assert "Sort" not in plan
    assert states(any_database).count("superseded") == 12


def test_tells_what_an_overtaken_message_would_have_told(any_database: Database) -> None:
    """The subject before, which the member agreed to tell, is in a link's first message alone; the last says it too.
    Not so once the link has ended."""

    def of(version: int, link: str, **payload: Any) -> Notice:
        return replace(change(version, link), payload={"version": version, **payload})

    said(any_database, of(1, "stays", previous_subject="before"), of(1, "ends", previous_subject="before"))
    put(any_database, lease_token="a worker's", leased_until=NOW + timedelta(minutes=1))
    said(any_database, of(2, "stays", current_status="linked"))
    said(any_database, of(3, "stays", current_status="linked"), of(2, "ends", current_status="unlinked"))
    with any_database.reading() as connection:
        rows = connection.execute(select(outbox.c.link_id, outbox.c.payload).order_by(outbox.c.seq)).all()
    told = [(link, payload.get("previous_subject")) for link, payload in rows[2:]]
    assert told == [("stays", "before"), ("stays", "before"), ("ends", None)]


def test_lifts_what_goes_before_in_the_same_act(any_database: Database) -> None:
    """The end of a link is told first and the end of its sessions after it: both at once, however much bulk waits."""
    ended = change(2, priority=Priority.BULK)
    said(any_database, ended, security(REVOKED), change(2, "other", priority=Priority.BULK))
    with any_database.reading() as connection:
        rows = connection.execute(select(outbox.c.priority).order_by(outbox.c.seq)).scalars().all()
    assert rows == [Priority.SECURITY, Priority.SECURITY, Priority.BULK]
