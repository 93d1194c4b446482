"""What we publish of our own event type, and that we keep to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st
from jsonschema import Draft202012Validator

from idp.agencies.relying_party import RelyingParty
from idp.links.notices import notices
from idp.links.state import LinkState
from idp.links.tenant import Tenant
from idp.signals.catalogue import LinkChange, LinkReason
from idp.signals.published_schema import link_changed_schema
from tests.unit.links.test_state_and_notices import registered


def hearing(identifier: str, *, tenants: bool) -> RelyingParty:
    """A relying party that asks for our own events, and for those about whole enterprises or not."""
    party = registered(identifier, ("account-link-changed",))
    assert party.events is not None
    return replace(party, events=replace(party.events, tenant_events=tenants))


SCHEMA = link_changed_schema("https://schemas.example.org")
VALIDATOR = Draft202012Validator(SCHEMA)
PARTIES = [hearing("one", tenants=False), hearing("all", tenants=True)]
TENANT: dict[str, Any] = SCHEMA["examples"][2]
LINK: dict[str, Any] = SCHEMA["examples"][0]


def test_is_a_schema_under_its_own_address() -> None:
    """JSON Schema Core §8.2.1: an absolute `$id`, which is where it is served."""
    Draft202012Validator.check_schema(dict(SCHEMA))
    assert SCHEMA["$id"] == "https://schemas.example.org/secevent/link/event-type/account-link-changed.json"
    for example in SCHEMA["examples"]:
        VALIDATOR.validate(example)


@given(
    version=st.integers(1, 2**63 - 1),
    previous=st.none() | st.sampled_from([each.value for each in LinkState]),
    current=st.sampled_from([each.value for each in LinkState]),
    reason=st.sampled_from(LinkReason),
    initiator=st.sampled_from(["user", "admin", "system", "policy"]),
    at=st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    accounts=st.lists(st.text(min_size=1, max_size=256), max_size=4, unique=True),
    tenant=st.none() | st.builds(Tenant, st.uuids().map(str), st.just({}) | st.just({"all": 3})),
)
def test_admits_everything_we_send_of_a_link(
    version: int,
    previous: str | None,
    current: str,
    reason: LinkReason,
    initiator: str,
    at: datetime,
    accounts: list[str],
    tenant: Tenant | None,
) -> None:
    """Account events §1.9: about a person's link and an enterprise's, toward who hears of enterprises and who not."""
    change = LinkChange("q5v3r7mhb2nd7kfx4w6jtz2yea5coslo", version, previous, current, reason, initiator, at)
    told = list(notices(change, "subject", PARTIES, accounts=dict.fromkeys(("one", "all"), accounts), tenant=tenant))
    assert len(told) == len(PARTIES)
    for notice in told:
        VALIDATOR.validate(notice.payload)


@pytest.mark.parametrize(
    ("example", "broken"),
    [
        (LINK, {"current_status": "deleted"}),
        (LINK, {"scope": "everything"}),
        (LINK, {"version": 0}),
        (LINK, {"version": "2"}),
        (LINK, {"version": None}),
        (LINK, {"epoch": 1}),
        (LINK, {"tenant": {"format": "opaque", "id": "uuid"}}),
        (LINK, {"tenant": {"format": "email", "id": "uuid"}, "epoch": 1}),
        (LINK, {"link_count": 1}),
        (LINK, {"local_account": "delete"}),
        (LINK, {"agency_account": "a", "agency_accounts": ["a", "b"]}),
        (LINK, {"agency_accounts": ["a"]}),
        (LINK, {"initiating_entity": "agency"}),
        (LINK, {"reason_admin": {}}),
        (LINK, {"reason_admin": {"not a tag": "x"}}),
        (TENANT, {"epoch": None}),
        (TENANT, {"version": 1}),
        (TENANT, {"link_id": "q5v3r7"}),
        (TENANT, {"link_count": -1}),
        (TENANT, {"tenant": {"format": "opaque", "id": "uuid"}}),
    ],
)
def test_refuses_what_is_none(example: dict[str, Any], broken: dict[str, Any]) -> None:
    """A schema that admits everything says nothing."""
    assert not VALIDATOR.is_valid({**example, **broken})


@pytest.mark.parametrize(
    ("example", "also"),
    [
        (LINK, {"reason_admin": {"ko": "사유", "en-GB": "why"}}),
        (LINK, {"previous_subject": "k4w2n7qhz3bd5sfx6m2jtv4yoa3crele"}),
        (LINK, {"of_a_later_release": True}),
        (TENANT, {"previous_status": "linked", "initiating_entity": "admin"}),
    ],
)
def test_admits_what_may_come(example: dict[str, Any], also: dict[str, Any]) -> None:
    """SSF §4.2: additional members are allowed anywhere."""
    VALIDATOR.validate({**example, **also})
