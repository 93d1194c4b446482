"""Links of one use: digests only, one winner, their own purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.recovery.one_time_links import LinkContent, LinkExpired, OneTimeLinks
from idp.storage.expiring import ExpiringStore
from tests.fakes import FixedRandomness
from tests.races import RACERS, race

CONTENT = LinkContent("member", 3, "digest")


def links(store: ExpiringStore, purpose: str = "reset-link") -> OneTimeLinks:
    return OneTimeLinks(store, FixedRandomness(purpose), purpose, timedelta(minutes=30))


def test_gives_what_stands_behind_it_to_one_of_sixteen(any_expiring_store: ExpiringStore) -> None:
    """Architecture §11.1, on every store."""
    made = links(any_expiring_store)
    token = made.make(CONTENT)

    def spend(_racer: int) -> LinkContent | None:
        try:
            return made.spend(token)
        except LinkExpired:
            return None

    came = race(spend)
    assert came.count(CONTENT) == 1
    assert came.count(None) == RACERS - 1


def test_is_not_spent_by_looking(any_expiring_store: ExpiringStore) -> None:
    """Programs that scan mail open links."""
    made = links(any_expiring_store)
    token = made.make(CONTENT)
    assert made.look(token) == made.look(token) == made.spend(token) == CONTENT
    with pytest.raises(LinkExpired):
        made.look(token)


def test_serves_the_purpose_it_was_made_for(any_expiring_store: ExpiringStore) -> None:
    """A link that proves an address sets no password."""
    token = links(any_expiring_store, "email-proof").make(CONTENT)
    with pytest.raises(LinkExpired):
        links(any_expiring_store).spend(token)


def test_opens_nothing_where_it_was_made_for_nobody(any_expiring_store: ExpiringStore) -> None:
    """REQ-43: the decoy has the form of a link and is none."""
    made = links(any_expiring_store)
    token = made.make(None)
    assert len(token) == 43
    with pytest.raises(LinkExpired):
        made.look(token)
    with pytest.raises(LinkExpired):
        made.spend(token)


@pytest.mark.parametrize("token", ["", "short", "A" * 43, "A" * 44, "가" * 43])
def test_knows_no_link_that_was_never_made(any_expiring_store: ExpiringStore, token: str) -> None:
    """Whatever somebody types after the slash."""
    with pytest.raises(LinkExpired):
        links(any_expiring_store).spend(token)
