"""Sweeping refresh token families that are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from idp.house import House
from idp.links.store import Link
from idp.oidc import grants
from idp.oidc.authorization import Authorization
from idp.oidc.codes import CodeContent
from idp.oidc.models import grants as table
from tests.builders import a_person, agency, link, party, register

IDLE, LASTS = timedelta(days=14), timedelta(days=90)


def hexed(name: str) -> str:
    return name.encode().hex().ljust(32, "0")[:32]


def redeemed(found: Link) -> CodeContent:
    """What a code for that link stands for."""
    authorization = Authorization(
        "voucher", found.subject, found.id, found.version, ("openid",), 1, "acr", (), "", "person", None
    )
    return CodeContent(authorization, "https://voucher.example/callback", None, None, 0.0, "of a session", 0)


def test_begins_nothing_once_the_link_has_moved_on(any_house: House) -> None:
    """Architecture §11: one statement looks and writes, so nothing comes between."""
    register(any_house, agency("voucher", party("voucher")))
    content = redeemed(link(any_house, a_person(any_house), "voucher", "openid"))
    moved = replace(content, authorization=replace(content.authorization, link_version=7))
    for stale in (moved, replace(content, member_epoch=9)):
        with any_house.database.transaction() as connection:
            at = any_house.clock.now()
            assert grants.start(connection, any_house.randomness, hexed("stale"), stale, at, LASTS) is None
            assert not grants.is_alive(connection, hexed("stale"))


def test_deletes_in_batches_what_has_long_been_over(any_house: House) -> None:
    """Ended, revoked or idle for thirty days more; what could still be used, or replayed and noticed, stays."""
    register(any_house, agency("voucher", party("voucher")))
    found = link(any_house, a_person(any_house), "voucher", "openid")
    content = redeemed(found)
    now = any_house.clock.now()
    begun = {
        "alive": now,
        "idle_lately": now - IDLE - timedelta(days=29),
        "idle_long": now - IDLE - timedelta(days=31),
        "ended_long": now - LASTS - timedelta(days=31),
    }
    with any_house.database.transaction() as connection:
        for name, at in begun.items():
            grants.start(connection, any_house.randomness, hexed(name), content, at, LASTS)
        for name, days in (("revoked_lately", 29), ("revoked_long", 31)):
            grants.start(connection, any_house.randomness, hexed(name), content, now, LASTS)
            assert grants.revoke(connection, hexed(name), "replayed", now - timedelta(days=days))
    assert grants.sweep_batch(any_house.database, now, IDLE) == 3
    with any_house.database.reading() as connection:
        left = set(connection.execute(select(table.c.id)).scalars())
    assert left == {hexed(name) for name in ("alive", "idle_lately", "revoked_lately")}
    assert grants.sweep_batch(any_house.database, now, IDLE) == 0


def test_deletes_no_more_than_a_batch_at_once(house: House) -> None:
    """A table full of dead families must not hold up whoever renews a token."""
    register(house, agency("voucher", party("voucher")))
    found = link(house, a_person(house), "voucher", "openid")
    content = redeemed(found)
    long_ago = house.clock.now() - timedelta(days=400)
    with house.database.transaction() as connection:
        for number in range(grants.SWEPT_AT_ONCE + 1):
            grants.start(connection, house.randomness, f"{number:032x}", content, long_ago, LASTS)
    swept = [grants.sweep_batch(house.database, house.clock.now(), IDLE) for _ in range(3)]
    assert swept == [grants.SWEPT_AT_ONCE, 1, 0]
