"""Accounts asked for with a link, on both kinds of database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from idp.audit.actor import MEMBER
from idp.house import House
from idp.links import store
from idp.links.connect import Connect
from idp.links.models import links, provisionings
from idp.links.provisionings import Progress, progress, report_created, resume, told_anew
from idp.links.store import Link
from idp.provisioning.due import due_parties
from idp.signals.catalogue import LinkReason
from tests.builders import a_person, agency, link, party, register, unlink, withdrawing

SCIM = {"mode": "scim", "scim_base_url": "https://kamp.example/scim/v2", "scim_token": "of-this-test-and-no-other"}
EVENTS = {"endpoint_url": "https://voucher.example/events"}


@pytest.fixture
def member(any_house: House) -> str:
    """A member, and an agency for each way an account can come to be."""
    register(
        any_house,
        agency("kamp", party("kamp", provisioning=SCIM, scope="openid email")),
        agency("voucher", party("voucher", provisioning={"mode": "event"}, events=EVENTS)),
        agency("smtech", party("smtech")),
    )
    return a_person(any_house)


def chosen(
    house: House,
    connection: Connection,
    member_id: str,
    party_id: str,
    *held: str,
    reason: LinkReason = LinkReason.JOINING,
) -> Link:
    """The link of an agency that the member ticked when joining."""
    found = house.catalogue.relying_party(party_id)
    assert found is not None
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    scopes, accounts = frozenset({"openid"}), {party_id: held}
    return connect.inside(connection, member_id, found, scopes, (found,), reason=reason, accounts=accounts)


def choose(house: House, member_id: str, party_id: str, *held: str, reason: LinkReason = LinkReason.JOINING) -> Link:
    with house.database.transaction() as connection:
        return chosen(house, connection, member_id, party_id, *held, reason=reason)


def rows(house: House) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(provisionings).order_by(provisionings.c.relying_party_id)))


def how_far(house: House, member_id: str) -> dict[str, Progress]:
    with house.database.reading() as connection:
        return progress(connection, member_id)


def settle(house: House, party_id: str, **values: Any) -> None:
    """Write what a worker would."""
    with house.database.transaction() as connection:
        connection.execute(
            update(provisionings).where(provisionings.c.relying_party_id == party_id).values(due_at=None, **values)
        )


def test_asks_with_the_link_by_each_agencys_way(any_house: House, member: str) -> None:
    """선택한 유관기관에 회원가입 됩니다: one request an agency, and only SCIM is ours to send."""
    for chosen in ("kamp", "voucher", "smtech"):
        choose(any_house, member, chosen)
    assert [(row.mode, row.state, row.due_at is not None) for row in rows(any_house)] == [
        ("scim", "requested", True),
        ("first_login", "first_login", False),
        ("event", "requested", False),
    ]
    assert how_far(any_house, member) == {
        "kamp": Progress.REQUESTED,
        "smtech": Progress.AT_FIRST_LOGIN,
        "voucher": Progress.REQUESTED,
    }


def test_asks_nothing_if_the_link_comes_to_nothing(any_house: House, member: str) -> None:
    """Architecture §6: link and request are of one transaction."""

    def broken() -> None:
        with any_house.database.transaction() as connection:
            chosen(any_house, connection, member, "kamp")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert rows(any_house) == []


def test_asks_nothing_of_an_agency_that_has_the_account(any_house: House, member: str) -> None:
    """REQ-32: a converted account is theirs already; a second one would be made beside it."""
    choose(any_house, member, "kamp", "testId1", reason=LinkReason.CONVERSION)
    assert rows(any_house) == []


def test_asks_nothing_when_only_the_consent_of_an_old_member_is_renewed(any_house: House, member: str) -> None:
    """They have used the agency since before it took accounts by SCIM."""
    choose(any_house, member, "kamp", "testId1")
    link(any_house, member, "kamp", "openid", "email")
    assert rows(any_house) == []


@pytest.mark.parametrize(("party_id", "asked"), [("kamp", ["scim"]), ("voucher", []), ("smtech", [])])
def test_leaves_accounts_to_an_agency_that_makes_them_at_sign_in(
    any_house: House, member: str, party_id: str, asked: list[str]
) -> None:
    """Who comes from the agency's own page gets the account there; only SCIM is said to come first."""
    link(any_house, member, party_id)
    assert [row.mode for row in rows(any_house)] == asked


def test_tells_a_made_account_of_what_more_is_released(any_house: House, member: str) -> None:
    """The member agreed to more; the request is not repeated."""
    choose(any_house, member, "kamp")
    settle(any_house, "kamp", state="created")
    link(any_house, member, "kamp", "openid", "email")
    (row,) = rows(any_house)
    assert (row.state, row.revision, row.due_at is not None) == ("created", 1, True)


@pytest.mark.parametrize("state", ["requested", "created", "failed"])
def test_ends_with_the_link_and_starts_again_with_it(any_house: House, member: str, state: str) -> None:
    """Account events §5: what ends is our asking; and a relink asks anew."""
    choose(any_house, member, "kamp")
    settle(any_house, "kamp", state=state, remote=b"sealed", lease_token="t", action="refused")
    unlink(any_house, member, "kamp")
    (row,) = rows(any_house)
    assert (row.state, row.remote, row.due_at, row.lease_token, row.action) == ("not_needed", None, None, None, None)
    assert how_far(any_house, member) == {}
    choose(any_house, member, "kamp", reason=LinkReason.MEMBER_LINK)
    (row,) = rows(any_house)
    assert (row.state, row.remote, row.due_at is not None, row.outcome) == ("requested", None, True, None)


def test_takes_up_again_what_an_agency_took_back(any_house: House, member: str) -> None:
    """Decision 0018: the agency's relink renews no consent; the account is looked for, not asked for twice."""
    held = choose(any_house, member, "kamp")
    unlink(any_house, member, "kamp")
    with any_house.database.transaction() as connection:
        resume(connection, held.id, any_house.clock.now())
    (row,) = rows(any_house)
    assert (row.state, row.due_at is not None) == ("requested", True)


def test_forgets_the_account_when_the_member_leaves(any_house: House, member: str) -> None:
    """Architecture §6, 즉시파기: nothing of the account is kept, and nothing is due."""
    choose(any_house, member, "kamp")
    settle(any_house, "kamp", state="created", remote=b"sealed")
    withdrawing(any_house)(member, actor=MEMBER)
    (row,) = rows(any_house)
    assert (row.state, row.remote, row.due_at) == ("not_needed", None, None)


def test_is_done_when_the_agency_says_so(any_house: House, member: str) -> None:
    """By event: the agency reports it. Of two reports one is news."""
    held = choose(any_house, member, "voucher")
    with any_house.database.transaction() as connection:
        assert report_created(connection, held.id, "voucher", any_house.clock.now())
        assert not report_created(connection, held.id, "voucher", any_house.clock.now())
        assert not report_created(connection, held.id, "kamp", any_house.clock.now())
    assert how_far(any_house, member) == {"voucher": Progress.CREATED}


def test_a_report_settles_nothing_that_scim_has_to_make(any_house: House, member: str) -> None:
    """A sign-in there proves no account that SCIM knows how to find again."""
    held = choose(any_house, member, "kamp")
    with any_house.database.transaction() as connection:
        assert not report_created(connection, held.id, "kamp", any_house.clock.now())


def test_awaits_a_sign_in_until_there_was_one(any_house: House, member: str) -> None:
    """A sign-in looks once, and writes only where an account is awaited."""
    held = choose(any_house, member, "smtech")
    choose(any_house, member, "kamp")
    with any_house.database.transaction() as connection:
        before, scim = (store.standing(connection, member, each, each) for each in ("smtech", "kamp"))
        report_created(connection, held.id, "smtech", any_house.clock.now())
        after = store.standing(connection, member, "smtech", "smtech")
    assert before is not None
    assert scim is not None
    assert after is not None
    assert (before.awaits_account, scim.awaits_account, after.awaits_account) == (True, False, False)


def test_has_changes_told_of_links_in_force_only(any_house: House, member: str) -> None:
    """Account events §5: PATCH on profile change; nobody else's account, and no ended link's."""
    other = a_person(any_house, "second.member")
    for who in (member, other):
        choose(any_house, who, "kamp")
    settle(any_house, "kamp", state="created")
    with any_house.database.transaction() as connection:
        told_anew(connection, member, any_house.clock.now())
    assert sorted((row.revision, row.due_at is not None) for row in rows(any_house)) == [(0, False), (1, True)]
    unlink(any_house, member, "kamp")
    with any_house.database.transaction() as connection:
        told_anew(connection, member, any_house.clock.now())
    assert [row.due_at for row in rows(any_house)] == [None, None]


def test_keeps_for_a_suspended_link_what_is_to_be_told(any_house: House, member: str) -> None:
    """It waits for the link to be restored, and is due then."""
    choose(any_house, member, "kamp")
    settle(any_house, "kamp", state="created")
    with any_house.database.transaction() as connection:
        connection.execute(update(links).values(state="suspended"))
        told_anew(connection, member, any_house.clock.now())
        assert due_parties(connection, any_house.clock.now()) == []
        connection.execute(update(links).values(state="linked"))
        assert due_parties(connection, any_house.clock.now()) == ["kamp"]


def test_shows_of_several_systems_the_one_to_look_at(any_house: House, member: str) -> None:
    """One word an agency: 확인 필요 before 가입 요청됨 before 가입 완료."""
    both = agency("kamp", party("kamp", provisioning=SCIM), party("kamp-mobile", provisioning=SCIM))
    register(any_house, both)
    choose(any_house, member, "kamp")
    choose(any_house, member, "kamp-mobile")
    settle(any_house, "kamp", state="created")
    assert how_far(any_house, member) == {"kamp": Progress.REQUESTED}
    settle(any_house, "kamp-mobile", state="failed", action="refused")
    assert how_far(any_house, member) == {"kamp": Progress.FAILED}
