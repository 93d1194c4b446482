"""Where an agency's list of links and ours differ, found by walking both side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from idp.agency_api.refusals import BadLine
from idp.agency_api.upload import Line
from idp.links import agency_view
from idp.links.agency_view import AgencyLink
from idp.links.state import LinkState
from idp.storage.database import Database

LINK_ID = re.compile(r"[a-z0-9]{1,32}")
GREATEST_VERSION = 2**31 - 1
_AT_ONCE = 1000


class Kind(StrEnum):
    """How an agency's list differs from ours."""

    MISSING = "missing"
    """We have the link, the agency does not."""
    EXTRA = "extra"
    """The agency has it, we do not."""
    STALE = "stale"
    """The agency is at an older version."""
    DIFFERS = "differs"
    """At our version the agency believes in another status, or it is at a version that we have never been at."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One link as the agency has it."""

    link_id: str
    version: int
    status: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `ours` is how the link stands here, None where there is none."""

    kind: Kind
    link_id: str
    ours: AgencyLink | None = None


def stated(lines: Iterable[Line]) -> Iterator[Stated]:
    """The agency's links, which come by id.

    Raises:
        BadLine: one says no link, or is not behind the one before it.
    """
    before = ""
    for line in lines:
        said = line.value()
        link_id, version, status = said.get("link_id"), said.get("version"), said.get("status")
        if not isinstance(link_id, str) or not LINK_ID.fullmatch(link_id):
            raise BadLine(line.number, "link_id is none")
        if not is_version(version):
            raise BadLine(line.number, "version is no whole number from 1")
        if not isinstance(status, str) or status not in set(LinkState):
            raise BadLine(line.number, "status is none of linked, unlinked and suspended")
        if link_id <= before:
            # Sorted, both lists are walked in one pass, and neither has to fit into memory.
            raise BadLine(line.number, "lines must be sorted by link_id, each once")
        before = link_id
        yield Stated(link_id, version, status)


def is_version(value: object) -> TypeGuard[int]:
    """Whether it is a whole number that a link's version can be."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= GREATEST_VERSION


def differences(database: Database, agency_id: str, theirs: Iterable[Stated]) -> Iterator[Difference]:
    """Every difference, by link id. Reads our links a thousand at a time, theirs one by one; holds no connection while
    it waits for theirs."""
    ours = _ours(database, agency_id)
    mine = next(ours, None)
    for their in theirs:
        while mine is not None and mine.id < their.link_id:
            yield Difference(Kind.MISSING, mine.id, mine)
            mine = next(ours, None)
        if mine is None or mine.id != their.link_id:
            yield Difference(Kind.EXTRA, their.link_id)
            continue
        if their.version < mine.version:
            yield Difference(Kind.STALE, mine.id, mine)
        elif (their.version, their.status) != (mine.version, mine.state.value):
            yield Difference(Kind.DIFFERS, mine.id, mine)
        mine = next(ours, None)
    while mine is not None:
        yield Difference(Kind.MISSING, mine.id, mine)
        mine = next(ours, None)


def _ours(database: Database, agency_id: str) -> Iterator[AgencyLink]:
    after = ""
    while True:
        with database.reading() as connection:
            page = agency_view.page(connection, agency_id, after=after, limit=_AT_ONCE)
        yield from page
        if len(page) < _AT_ONCE:
            return
        after = page[-1].id
