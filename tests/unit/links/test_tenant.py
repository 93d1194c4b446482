"""An enterprise's end releases every account under its 기업 UUID, whatever races it (REQ-77)."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from idp.errors import NotFound
from idp.house import House
from idp.links.accounts import AgencyAccounts
from idp.links.attach import AttachAccount
from idp.links.connect import Connect
from idp.links.models import agency_accounts, links
from idp.links.offered_account import OfferedAccount
from idp.links.report_accounts import ReportAccounts
from idp.links.state import NoSuchStep
from idp.members.models import enterprises
from idp.signals.catalogue import EventType, LinkReason
from idp.signals.models import outbox
from idp.signals.published_schema import link_changed_schema
from tests.builders import a_person, agency, an_enterprise, link, party, register, unlink, withdrawing
from tests.races import RACERS, race

AGENCIES = ("bizinfo", "kamp", "smtech", "voucher")


def events(identifier: str, **more: Any) -> dict[str, Any]:
    where = {"endpoint_url": f"https://{identifier}.example/events", "authorization_header": "Bearer of-this-test"}
    return {**where, **more}


@pytest.fixture
def enterprise(any_house: House) -> str:
    """A member; of four agencies' systems all but one hear of tenants, and one agency has two."""
    for each in AGENCIES:
        parties = [party(each, events=events(each, tenant_events=each != "smtech"))]
        if each == "kamp":
            parties.append(party("kamp-old", events=events("kamp-old")))
        register(any_house, agency(each, *parties))
    return an_enterprise(any_house)


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def changes(house: House, party_id: str) -> list[Any]:
    return [
        row
        for row in rows(house, outbox)
        if row.relying_party_id == party_id and row.event_type == EventType.ACCOUNT_LINK_CHANGED
    ]


def uuid_of(house: House) -> str:
    (row,) = rows(house, enterprises)
    return str(row.enterprise_uuid)


def attach(house: House, member: str, party_id: str, *references: str) -> None:
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    found = house.catalogue.relying_party(party_id)
    assert found is not None
    for each in references:
        AttachAccount(connect, accounts)(member, found, OfferedAccount(each, each), reason=LinkReason.CONVERSION)


def valid(payload: Any) -> bool:
    schema = link_changed_schema("https://schemas.example.org")
    return bool(Draft202012Validator(schema).is_valid(payload))


def test_one_message_says_the_end_of_every_account(any_house: House, enterprise: str) -> None:
    """Account events §1.8: one SET per relying party, its subject the tenant alone, so that also accounts we have never
    heard of are meant; one about the link to whoever cannot."""
    attach(any_house, enterprise, "kamp", "manager@kamp", "staff@kamp")
    link(any_house, enterprise, "smtech")
    uuid = uuid_of(any_house)
    withdrawing(any_house)(enterprise)
    last = changes(any_house, "kamp")[-1]
    assert last.sub_id == {"format": "complex", "tenant": {"format": "opaque", "id": uuid}}
    assert {name: last.payload[name] for name in ("scope", "epoch", "link_count", "reason")} == {
        "scope": "tenant",
        "epoch": 3,
        "link_count": 2,
        "reason": "enterprise_withdrawal",
    }
    assert "link_id" not in last.payload
    for other in ("kamp-old", "smtech"):
        about_one = changes(any_house, other)[-1]
        assert (about_one.sub_id, about_one.payload["scope"]) == (None, "link")
        assert "tenant" not in about_one.payload
    assert rows(any_house, agency_accounts) == []
    assert all(valid(row.payload) for each in (*AGENCIES, "kamp-old") for row in changes(any_house, each))


def test_an_unlinking_releases_that_agencys_accounts_alone(any_house: House, enterprise: str) -> None:
    """REQ-77, account events §1.9: and a link made after it carries a higher epoch."""
    attach(any_house, enterprise, "kamp", "manager@kamp")
    link(any_house, enterprise, "voucher")
    unlink(any_house, enterprise, "kamp")
    link(any_house, enterprise, "kamp")
    said = [(row.payload["scope"], row.payload["epoch"]) for row in changes(any_house, "kamp")]
    assert said == [("link", 1), ("tenant", 2), ("link", 3)]
    assert changes(any_house, "kamp")[0].payload["tenant"] == {"format": "opaque", "id": uuid_of(any_house)}
    assert [row.payload["current_status"] for row in changes(any_house, "voucher")] == ["linked"]
    assert all(valid(row.payload) for row in changes(any_house, "kamp"))


def test_a_person_is_no_tenant(any_house: House, enterprise: str) -> None:
    """Account events §1.4: a person is named by the pairwise subject, always."""
    person = a_person(any_house)
    link(any_house, person, "kamp")
    withdrawing(any_house)(person)
    assert [row.sub_id for row in changes(any_house, "kamp")] == [None, None]
    assert all("epoch" not in row.payload for row in changes(any_house, "kamp"))


def test_no_account_survives_an_end_that_races_its_linking(any_house: House, enterprise: str) -> None:
    """Account events §3.2: linking and withdrawing lock the member's row. Afterwards no link is in force, whoever was
    told of a link was told of its end last, and that end's epoch covers every epoch said before."""

    def act(racer: int) -> None:
        try:
            if racer == RACERS // 2:
                withdrawing(any_house)(enterprise)
            elif racer % 4 == 3:
                unlink(any_house, enterprise, AGENCIES[racer % len(AGENCIES)])
            else:
                attach(any_house, enterprise, AGENCIES[racer % len(AGENCIES)], f"account-{racer}")
        except (NotFound, NoSuchStep):
            pass

    for each in AGENCIES[:2]:
        link(any_house, enterprise, each)
    race(act)
    assert {row.state for row in rows(any_house, links)} == {"unlinked"}
    assert rows(any_house, agency_accounts) == []
    for each in (*AGENCIES, "kamp-old"):
        said = [row.payload for row in changes(any_house, each)]
        if not said:
            continue
        assert said[-1]["current_status"] == "unlinked"
        epochs = [payload.get("epoch", payload.get("version")) for payload in said]
        assert epochs == sorted(set(epochs))
        assert (said[-1]["scope"] == "tenant") is (each not in ("smtech", "kamp-old"))


def test_a_report_by_another_system_carries_the_epoch_too(any_house: House, enterprise: str) -> None:
    """Account events §1.9: every message about a link of a tenant says whose it is and from when."""
    subject = link(any_house, enterprise, "kamp").subject
    accounts = AgencyAccounts(any_house.cipher, any_house.digester, any_house.clock, any_house.randomness)
    report = ReportAccounts(any_house.database, any_house.clock, any_house.randomness, any_house.catalogue, accounts)
    old = any_house.catalogue.relying_party("kamp-old")
    assert old is not None
    report(old, subject, ["manager@kamp"])
    last = changes(any_house, "kamp")[-1].payload
    assert (last["epoch"], last["tenant"]) == (2, {"format": "opaque", "id": uuid_of(any_house)})
