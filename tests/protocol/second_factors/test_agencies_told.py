"""What agencies hear of a member's passkeys, and what a suspended member hears."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from idp.app.shared import share
from idp.audit.actor import COMMAND
from idp.links.tell_agencies import TellLinkedAgencies
from idp.members.suspend import Suspend
from idp.oidc.grants import revoke_of_member
from idp.signals.event_types import REQUESTABLE
from idp.signals.models import outbox
from tests.builders import agency, link, party, register
from tests.protocol.oidc.lab import is_a_page
from tests.protocol.second_factors.lab import Browser, Scene

EVENTS = {
    "endpoint_url": "https://heard.example/events",
    "events_requested": [each.value for each in REQUESTABLE if each.value != "account-link-changed"],
}


@pytest.fixture
def holder(scene: Scene, browser: Browser) -> Browser:
    """A member of an agency that asks for everything, with a passkey."""
    register(scene.house, agency("heard", party("heard", events=EVENTS)))
    link(scene.house, scene.member_id, "heard")
    browser.signed_in().register_passkey()
    browser.client.delete_cookie("idp_session")
    return browser


def told(scene: Scene) -> list[tuple[str, Any]]:
    with scene.house.database.reading() as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.seq)).all()
    return [(row.event_type, row.payload) for row in rows]


def test_hears_of_a_passkey_that_was_made(scene: Scene, holder: Browser) -> None:
    """CAEP §3.3: a credential was created."""
    ((kind, payload),) = told(scene)
    assert kind == "credential-change"
    assert payload["credential_type"].startswith("fido2-")
    assert payload["change_type"] == "create"


def test_hears_of_one_that_was_copied(scene: Scene, holder: Browser) -> None:
    """RISC §2.7; WebAuthn §7.2 step 22: its counter went back. Other refusals say nothing."""
    page = holder.open("/account/")
    holder.device.verified = False
    refused = holder.send(page, "/passkey", credential=holder.device.use(holder.options(page)))
    assert len(told(scene)) == 1
    holder.device.verified, holder.device.count = True, 0
    holder.send(refused, "/passkey", credential=holder.device.use(holder.options(refused)))
    kind, payload = told(scene)[-1]
    assert kind == "credential-compromise"
    assert set(payload) == {"credential_type", "event_timestamp"}


def test_refuses_a_suspended_member_by_a_page(scene: Scene, holder: Browser) -> None:
    """RISC §2.3: whoever has the passkey is told why; no session is begun."""
    house = scene.house
    tell = TellLinkedAgencies(house.randomness, house.catalogue)
    Suspend(house.database, house.clock, revoke_of_member, tell, share(house).inform)(
        scene.member_id, actor=COMMAND, reason="case-17"
    )
    page = holder.open("/account/")
    refused = holder.use_passkey(page)
    assert is_a_page(refused, 403)
    assert "이용이 정지된 회원입니다" in refused.text
    assert not holder.is_signed_in()
