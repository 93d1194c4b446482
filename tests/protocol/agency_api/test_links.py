"""`GET /links`: full state, page by page, and what changed. account-events §3.7, §3.2 rule 4."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import update

from idp.audit.actor import MEMBER
from idp.house import House
from idp.links.accounts import AgencyAccounts
from idp.links.attach import AttachAccount
from idp.links.connect import Connect
from idp.links.models import links
from idp.links.offered_account import OfferedAccount
from idp.signals.catalogue import LinkReason
from tests.builders import a_person, an_enterprise, link, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import Server, problem


def some(house: House, count: int, party: str = "kamp") -> list[str]:
    """Link ids, in order."""
    return sorted(link(house, a_person(house, f"member.{number}"), party).id for number in range(count))


def attach(house: House, member_id: str, party_id: str, reference: str) -> None:
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    found = house.catalogue.relying_party(party_id)
    assert found is not None
    AttachAccount(connect, accounts)(member_id, found, OfferedAccount(reference, "shown"), reason=LinkReason.CONVERSION)


def test_tells_the_full_state_of_a_link(any_house: House, kamp: Server) -> None:
    """§3.7: link_id, subject, tenant, accounts, status, version; an enterprise by its 기업 UUID."""
    made = link(any_house, an_enterprise(any_house), "kamp")
    (said,) = kamp.get("/links")["links"]
    assert said.keys() == {
        *("link_id", "subject", "member_type", "tenant", "status", "version", "changed_at"),
        *("agency_accounts", "confirmed_version"),
    }
    assert (said["link_id"], said["subject"], said["version"]) == (made.id, made.subject, 1)
    assert (said["member_type"], said["status"], said["confirmed_version"]) == ("enterprise", "linked", None)
    assert len(said["tenant"]) == 36
    assert kamp.get(f"/links/{made.id}") == said


def test_keeps_links_that_ended(any_house: House, kamp: Server) -> None:
    """§3.7: tombstones, also of members who left: an agency that never saw the event reads it here."""
    member = a_person(any_house)
    link(any_house, member, "kamp")
    withdrawing(any_house)(member, actor=MEMBER)
    (said,) = kamp.get("/links")["links"]
    assert (said["status"], said["version"], said["agency_accounts"]) == ("unlinked", 2, [])


def test_tells_each_system_its_own_accounts_only(any_house: House, app: object, kamp: Server) -> None:
    """Architecture §11.4: what one relying party named, no other hears, of the same agency either."""
    member = a_person(any_house)
    attach(any_house, member, "kamp", "kim01")
    attach(any_house, member, "kamp-mobile", "mobile-7")
    (said,) = kamp.get("/links")["links"]
    assert said["agency_accounts"] == ["kim01"]


def test_pages_through_everything_once(any_house: House, kamp: Server) -> None:
    """Keyset by link id: no row twice, none left out, whatever the size of a page."""
    ids = some(any_house, 7)
    for limit in (1, 2, 3, 7, 1000):
        assert [each["link_id"] for each in kamp.all_links(limit=limit)] == ids


def test_shows_no_other_agencys_links(any_house: House, kamp: Server, voucher: Server) -> None:
    """A foreign id is answered as one that does not exist, letter for letter."""
    made = link(any_house, a_person(any_house), "voucher")
    assert kamp.get("/links")["links"] == []
    foreign, invented = kamp.ask("GET", f"/links/{made.id}"), kamp.ask("GET", f"/links/{'a' * 32}")
    problem(foreign, 404, "unknown_link")
    assert foreign.data == invented.data
    assert voucher.get(f"/links/{made.id}")["subject"] == made.subject


def test_tells_what_changed(any_house: House, kamp: Server, clock: FrozenClock) -> None:
    """`changed_since` of the last reading's `changes_since` brings every change since, by when it happened."""
    first, second = a_person(any_house, "first.member"), a_person(any_house, "second.member")
    link(any_house, first, "kamp")
    link(any_house, second, "kamp")
    clock.advance(timedelta(minutes=10))
    began = kamp.get("/links")["changes_since"]
    assert kamp.get("/links", changed_since=kamp.get("/links")["changes_since"])["links"] == []
    clock.advance(timedelta(minutes=1))
    stopped = unlink(any_house, second, "kamp")
    clock.advance(timedelta(minutes=1))
    again = unlink(any_house, first, "kamp")
    found = kamp.all_links(changed_since=began, limit=1)
    assert [each["link_id"] for each in found] == [stopped.id, again.id]


def test_misses_no_change_that_commits_late(any_house: House, kamp: Server, clock: FrozenClock) -> None:
    """§3.2 rule 4: a transaction stamps its change, and commits after somebody has read past that moment. The next
    reading begins early enough to find it."""
    made = link(any_house, a_person(any_house), "kamp")
    clock.advance(timedelta(minutes=20))
    stamped = any_house.clock.now()
    clock.advance(timedelta(minutes=4))
    next_time = kamp.get("/links", changed_since="2026-03-02T09:10:00Z")["changes_since"]
    with any_house.database.transaction() as connection:
        connection.execute(update(links).where(links.c.id == made.id).values(changed_at=stamped, version=2))
    assert [each["version"] for each in kamp.all_links(changed_since=next_time)] == [2]


def test_says_the_same_beginning_on_every_page(any_house: House, kamp: Server, clock: FrozenClock) -> None:
    """What changes while somebody reads may have been passed by; asking from the first page's moment finds it."""
    some(any_house, 3)
    first = kamp.get("/links", limit=2)
    clock.advance(timedelta(minutes=20))
    last = kamp.get("/links", limit=2, cursor=first["next_cursor"])
    assert last["changes_since"] == first["changes_since"]


def test_narrows_to_buckets(any_house: House, kamp: Server) -> None:
    """§3.7: only differing buckets are fetched; several in one reading."""
    ids = some(any_house, 9)
    bucket = {each: hashlib.sha256(each.encode()).hexdigest()[:2] for each in ids}
    wanted = sorted({bucket[ids[0]], bucket[ids[-1]]})
    found = [each["link_id"] for each in kamp.all_links(bucket=",".join(wanted), limit=1)]
    assert found == [each for each in ids if bucket[each] in wanted]


def test_spares_who_knows_it_already(any_house: House, kamp: Server) -> None:
    """RFC 9110 §13.1.2: If-None-Match is answered 304 until the link changes."""
    member = a_person(any_house)
    path = f"/links/{link(any_house, member, 'kamp').id}"
    tag = kamp.ask("GET", path).headers["ETag"]
    assert kamp.ask("GET", path, headers={"If-None-Match": tag}).status_code == 304
    unlink(any_house, member, "kamp")
    assert kamp.ask("GET", path, headers={"If-None-Match": tag}).status_code == 200


def test_takes_no_cursor_but_its_own(any_house: House, kamp: Server, voucher: Server) -> None:
    """A forged cursor, another list's, another agency's: 400, and nothing read."""
    some(any_house, 3)
    cursor = kamp.get("/links", limit=1)["next_cursor"]
    odd = (cursor[:-2] + "AA", "A" * 60, "é", "", "A" * 5000, "====", cursor + cursor)
    for each in odd:
        problem(kamp.ask("GET", "/links", query_string={"cursor": each}), 400, "invalid_cursor")
    problem(voucher.ask("GET", "/links", query_string={"cursor": cursor}), 400, "invalid_cursor")
    for other in ({"bucket": "00"}, {"changed_since": "2026-01-01T00:00:00Z"}):
        problem(kamp.ask("GET", "/links", query_string={"cursor": cursor, **other}), 400, "invalid_cursor")
