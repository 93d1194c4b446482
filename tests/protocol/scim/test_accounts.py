"""Accounts made at a service by strangers, on both kinds of database."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from scim2_models import User
from sqlalchemy import select

from idp.audit.actor import MEMBER
from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.house import House
from idp.links.provisionings import told_anew
from idp.members import store as members
from idp.members.profile import PersonProfile
from idp.provisioning.user import EXTENSION
from tests.builders import EMAIL, NAME, a_person, an_enterprise, unlink, withdrawing
from tests.looping import looping, wait_for
from tests.protocol.scim.kit import choose, offering, provisioner, rows, states, wait
from tests.protocol.scim.stranger import Stranger, serving

PROVEN: dict[str, Any] = {"email_verified": True, "phone_verified": True}


def change_email(house: House, member_id: str, email: str) -> None:
    """Another address, proven, in one transaction with what agencies are told of it."""
    with house.database.transaction() as connection:
        row = members.find(connection, member_id)
        assert row is not None
        assert row.data_key is not None
        profile = house.directory.profile(row)
        assert isinstance(profile, PersonProfile)
        sealed = house.directory.sealed(row.data_key, member_id, replace(profile, email=email))
        members.put_profile(connection, row, sealed, house.clock.now())
        told_anew(connection, member_id, house.clock.now())


def settled(house: House) -> bool:
    return all(row["due_at"] is None for row in rows(house))


def test_makes_an_account_of_what_the_member_agreed_to(any_house: House, stranger: Stranger) -> None:
    """RFC 7644 §3.3, account events §5: externalId is the pairwise subject; the service's own model takes it."""
    offering(any_house, stranger.url)
    member = a_person(any_house, **PROVEN)
    held = choose(any_house, member, "openid", "profile", "email")
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
    (account,) = stranger.accounts
    assert account["externalId"] == held.subject
    assert account["userName"] == held.subject
    assert account["active"] is True
    assert account["displayName"] == NAME
    assert account["emails"] == [{"value": EMAIL, "primary": True}]
    assert "phoneNumbers" not in account
    assert settled(any_house)


def test_what_it_sends_is_a_user_by_a_second_implementation(any_house: House, stranger: Stranger) -> None:
    """RFC 7643 §4.1, by scim2-models: no attribute that the schema does not know, but those of our extension."""
    bodies: list[bytes] = []
    stranger.heard = bodies.append
    offering(any_house, stranger.url)
    choose(any_house, a_person(any_house, **PROVEN))
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
    (body,) = bodies
    sent = json.loads(body)
    extension = sent.pop(EXTENSION)
    assert stranger.accounts[0][EXTENSION] == extension
    assert EXTENSION in sent["schemas"]
    assert set(extension) == {"linkId", "memberType"}
    sent["schemas"].remove(EXTENSION)
    parsed: Any = User.model_validate(sent)
    assert parsed.phone_numbers is not None
    assert parsed.phone_numbers[0].value == "tel:+821012345678"
    assert set(sent) == {
        "schemas", "externalId", "userName", "active", "displayName", "name", "emails", "phoneNumbers",
    }  # fmt: skip


def test_leaves_our_schema_out_where_the_service_does_not_know_it(any_house: House) -> None:
    """RFC 7644 §3.3: this one refuses what it does not know."""
    with serving(Stranger(extended=False)) as strict:
        offering(any_house, strict.url)
        choose(any_house, a_person(any_house))
        with looping(provisioner(any_house)):
            wait_for(lambda: states(any_house) == ["created"])
    assert len(strict.accounts) == 1


def test_asks_what_the_service_can_once(any_house: House, stranger: Stranger) -> None:
    """RFC 7644 §4."""
    offering(any_house, stranger.url)
    for number in range(6):
        choose(any_house, a_person(any_house, f"member{number}"))
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"] * 6)
    assert len(stranger.accounts) == 6
    # Four set out together before any of them knew.
    assert stranger.count("GET", "/v2/ServiceProviderConfig") <= 4


@pytest.mark.parametrize("workers", [1, 3])
def test_makes_one_account_however_many_work(any_house: House, stranger: Stranger, workers: int) -> None:
    """Architecture §12: leases and row locks coordinate machines."""
    offering(any_house, stranger.url)
    for number in range(12):
        choose(any_house, a_person(any_house, f"member{number}"))
    with looping(*(provisioner(any_house) for _ in range(workers))):
        wait_for(lambda: states(any_house) == ["created"] * 12)
    assert stranger.count("POST") == 12
    assert len({each["externalId"] for each in stranger.accounts}) == 12


def test_finds_the_account_whose_answer_was_lost(any_house: House, stranger: Stranger) -> None:
    """Account events §5: by externalId before every POST that follows another."""
    stranger.lose = lambda method: method == "POST" and len(stranger.accounts) == 1
    offering(any_house, stranger.url)
    choose(any_house, a_person(any_house))
    with looping(provisioner(any_house)):
        wait_for(lambda: rows(any_house)[0]["sends"] == 1)
        assert states(any_house) == ["requested"]
        wait(any_house, timedelta(seconds=10))
        wait_for(lambda: states(any_house) == ["created"] and settled(any_house))
    assert stranger.count("POST") == 1
    assert len(stranger.accounts) == 1


def test_leaves_alone_what_another_worker_has_in_hand(any_house: House, stranger: Stranger) -> None:
    """§3.2: a lease ends by itself, and not before."""
    offering(any_house, stranger.url)
    choose(any_house, a_person(any_house))
    dead = provisioner(any_house)
    assert len(dead.take_turn("kamp", (), 1)) == 1
    with looping(provisioner(any_house)):
        wait(any_house, timedelta(seconds=5))
        assert stranger.requests == []
        wait(any_house, timedelta(minutes=2))
        wait_for(lambda: states(any_house) == ["created"])


def test_finds_what_a_killed_worker_had_made(any_house: House, stranger: Stranger) -> None:
    """`kill -9` with the POST under way: the service makes the account all the same, and nobody makes a second one."""
    under_way, may_go_on = threading.Event(), threading.Event()

    def hold(_body: bytes) -> None:
        under_way.set()
        may_go_on.wait(20)

    stranger.heard = hold
    offering(any_house, stranger.url)
    choose(any_house, a_person(any_house))
    address = any_house.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.protocol.scim.doomed", address, str(any_house.settings.keys_dir)]
    with subprocess.Popen(command) as process:
        try:
            assert under_way.wait(30)
        finally:
            process.kill()
    may_go_on.set()
    wait_for(lambda: len(stranger.accounts) == 1)
    assert states(any_house) == ["requested"]
    # It worked by the machine's clock, and so does its lease.
    wait(any_house, SystemClock().now() - any_house.clock.now() + timedelta(minutes=5))
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
    assert stranger.count("POST") == 1
    assert len(stranger.accounts) == 1


def test_takes_over_no_account_that_only_looks_alike(any_house: House, stranger: Stranger) -> None:
    """Account events §5: 409 is no proof of the same person; a person decides."""
    stranger.add(userName=EMAIL)
    offering(any_house, stranger.url, user_name="email")
    choose(any_house, a_person(any_house, **PROVEN))
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["failed"])
    (row,) = rows(any_house)
    assert (row["action"], row["remote"], row["due_at"]) == ("link_by_hand", None, None)
    assert [each.get("externalId") for each in stranger.accounts] == [None]


def test_takes_over_no_account_that_it_is_answered_with(any_house: House, stranger: Stranger) -> None:
    """Account events §5: a service that answers with an account it had, of another subject, has made none."""
    offering(any_house, stranger.url)
    other = json.dumps({"id": "of-another", "externalId": "somebody else"}).encode()
    stranger.before = lambda method, _path: (201, other) if method == "POST" else None
    choose(any_house, a_person(any_house, **PROVEN))
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["failed"])
    (row,) = rows(any_house)
    assert (row["action"], row["remote"]) == ("link_by_hand", None)
    assert stranger.count("PATCH") == 0


def test_keeps_a_failed_account_to_one_agency(any_house: House, stranger: Stranger) -> None:
    """One member's trouble holds up nobody else's account."""
    stranger.add(userName=EMAIL)
    offering(any_house, stranger.url, user_name="email")
    choose(any_house, a_person(any_house, **PROVEN))
    choose(any_house, a_person(any_house, "second.member", email="second@example.kr", **PROVEN))
    with looping(provisioner(any_house)):
        wait_for(lambda: sorted(states(any_house)) == ["created", "failed"])


def test_tells_the_account_what_changed(any_house: House, stranger: Stranger) -> None:
    """RFC 7644 §3.5.2, and If-Match of the version we know (§3.14)."""
    offering(any_house, stranger.url)
    member = a_person(any_house, **PROVEN)
    choose(any_house, member)
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
        change_email(any_house, member, "new@example.kr")
        wait_for(lambda: stranger.accounts[0]["emails"][0]["value"] == "new@example.kr" and settled(any_house))
        change_email(any_house, member, "newer@example.kr")
        wait_for(lambda: stranger.accounts[0]["emails"][0]["value"] == "newer@example.kr" and settled(any_house))
    assert states(any_house) == ["created"]


def test_leaves_to_the_agency_what_is_the_agencys(any_house: House, stranger: Stranger) -> None:
    """What the agency closed, renamed and described stays so, and its new version is no conflict for long."""
    offering(any_house, stranger.url)
    member = a_person(any_house, **PROVEN)
    choose(any_house, member)
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
        stranger.patch(active=False, userName="testId1", title="대표")
        change_email(any_house, member, "new@example.kr")
        wait_for(lambda: stranger.accounts[0]["emails"][0]["value"] == "new@example.kr" and settled(any_house))
    (account,) = stranger.accounts
    assert (account["active"], account["userName"], account["title"]) == (False, "testId1", "대표")


def test_does_not_bring_back_an_account_that_the_agency_deleted(any_house: House, stranger: Stranger) -> None:
    """It is theirs to delete; whether there should be another, a person decides."""
    offering(any_house, stranger.url)
    member = a_person(any_house, **PROVEN)
    choose(any_house, member)
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
        stranger.storage.resources = []
        change_email(any_house, member, "new@example.kr")
        wait_for(lambda: states(any_house) == ["failed"])
    assert rows(any_house)[0]["action"] == "account_gone"
    assert stranger.accounts == []


@pytest.mark.parametrize("leaves", ["unlinks", "withdraws"])
def test_never_touches_the_account_of_who_leaves(any_house: House, stranger: Stranger, leaves: str) -> None:
    """Account events §5, architecture §11.6: never DELETE, never active=false; the account stays as it is."""
    offering(any_house, stranger.url)
    member = a_person(any_house, **PROVEN)
    choose(any_house, member)
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
        before, asked = stranger.accounts, len(stranger.requests)
        change_email(any_house, member, "never@example.kr")
        if leaves == "unlinks":
            unlink(any_house, member, "kamp")
        else:
            withdrawing(any_house)(member, actor=MEMBER)
        wait_for(lambda: states(any_house) == ["not_needed"])
    # The change may have been on its way already; what the member was is not taken back.
    assert {method for method, _ in stranger.requests[asked:]} <= {"PATCH"}
    assert [each["externalId"] for each in stranger.accounts] == [each["externalId"] for each in before]
    assert all(each["active"] for each in stranger.accounts)
    assert rows(any_house)[0]["remote"] is None


def test_sends_nothing_of_who_has_left_meanwhile(any_house: House, stranger: Stranger) -> None:
    """The profile is opened after the search and just before it is sent: who withdrew in between is not told."""
    member = a_person(any_house, **PROVEN)

    def leave(method: str, path: str) -> None:
        if method == "GET" and path.startswith("/v2/Users"):
            withdrawing(any_house)(member, actor=MEMBER)

    stranger.before = leave
    offering(any_house, stranger.url)
    choose(any_house, member)
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["not_needed"])
        wait(any_house, timedelta(days=1))
    assert stranger.count("POST") == 0
    assert stranger.accounts == []


def test_finds_the_same_account_for_who_comes_back(any_house: House, stranger: Stranger) -> None:
    """A relink keeps the subject, and so finds what was made under it; what changed meanwhile is told."""
    offering(any_house, stranger.url)
    member = a_person(any_house, **PROVEN)
    choose(any_house, member)
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
        unlink(any_house, member, "kamp")
        change_email(any_house, member, "new@example.kr")
        choose(any_house, member)
        wait_for(lambda: states(any_house) == ["created"] and settled(any_house))
    (account,) = stranger.accounts
    assert account["emails"][0]["value"] == "new@example.kr"
    assert stranger.count("POST") == 1


def test_calls_an_enterprise_by_what_agencies_know_it_by(any_house: House, stranger: Stranger) -> None:
    """Account events §5: enterprise UUID, business number if consented."""
    bodies: list[bytes] = []
    stranger.heard = bodies.append
    offering(any_house, stranger.url, user_name="business_number")
    choose(any_house, an_enterprise(any_house))
    with looping(provisioner(any_house)):
        wait_for(lambda: states(any_house) == ["created"])
    (account,) = stranger.accounts
    assert account["userName"] == "1234567891"
    extension = json.loads(bodies[0])[EXTENSION]
    assert extension["memberType"] == "enterprise"
    assert extension["businessNumber"] == "1234567891"
    assert extension["enterpriseUuid"]


def test_keeps_to_the_audit_what_was_made_and_what_was_not(any_house: House, stranger: Stranger) -> None:
    """Architecture §11.7: codes and counts, nothing of the member."""
    stranger.add(userName=EMAIL)
    offering(any_house, stranger.url, user_name="email")
    one = a_person(any_house, **PROVEN)
    choose(any_house, one)
    choose(any_house, a_person(any_house, "second.member", email="second@example.kr", **PROVEN))
    registry = CollectorRegistry()
    with looping(provisioner(any_house, registry)):
        wait_for(lambda: sorted(states(any_house)) == ["created", "failed"])
    with any_house.database.reading() as connection:
        query = select(audit_records).where(audit_records.c.action.like("provisioning.%"))
        records = {row.action: row for row in connection.execute(query.order_by(audit_records.c.action))}
    assert set(records) == {"provisioning.created", "provisioning.failed"}
    assert records["provisioning.failed"].detail == {"action": "link_by_hand"}
    assert records["provisioning.failed"].member_id == one
    counted = registry.get_sample_value(
        "idp_provisioning_attempts_total", {"relying_party": "kamp", "outcome": "created"}
    )
    assert counted == 1
