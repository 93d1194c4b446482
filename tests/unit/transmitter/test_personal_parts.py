"""What messages say of a member: nowhere before they are signed, and then what is true and agreed to."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.agencies.catalogue import Catalogue
from idp.audit.actor import COMMAND, MEMBER
from idp.crypto.keyring import Keyring
from idp.errors import StoreUnavailable
from idp.house import House
from idp.links.models import consents
from idp.links.tell_agencies import TellLinkedAgencies
from idp.mail.post import Post
from idp.members import store as members
from idp.members.change_profile import ChangeProfile, edition
from idp.members.inform import Inform
from idp.members.models import persons
from idp.members.suspend import Suspend
from idp.oidc.grants import revoke_of_member
from idp.signals.catalogue import Channel
from idp.signals.models import outbox
from idp.signin.password import WAY_BACK
from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Destination
from idp.transmitter.personal_parts import PersonalParts
from idp.transmitter.sign import Message, Sign
from idp.transmitter.verdict import Answer, Verdict
from tests.builders import EMAIL, a_person, agency, link, party, register, unlink, withdrawing

NEW = "new.address@example.kr"
EVENTS = {"endpoint_url": "https://kamp.example/events"}
KIND = "https://schemas.openid.net/secevent/caep/event-type/token-claims-change"


class Scene:
    """A member who agreed to release name and e-mail to one relying party."""

    def __init__(self, house: House, kind: str = "token-claims-change") -> None:
        self.house = house
        events = {**EVENTS, "events_requested": [kind]}
        register(house, agency("kamp", party("kamp", scope="openid profile email phone", events=events)))
        self.member_id = a_person(house, email_verified=True)
        self.link = link(house, self.member_id, "kamp", "openid", "profile", "email")
        self.catalogue = Catalogue(house.database, house.clock, house.settings.catalogue_refresh)

    def change(self, **values: str) -> frozenset[str]:
        house = self.house
        with house.database.reading() as connection:
            row = members.find(connection, self.member_id)
        assert row is not None
        inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
        tell = TellLinkedAgencies(house.randomness, house.catalogue)
        verb = ChangeProfile(house.database, house.clock, house.directory, inform, WAY_BACK, tell)
        return verb(self.member_id, values, seen=edition(row))

    def rows(self) -> list[Claimed]:
        with self.house.database.reading() as connection:
            found = connection.execute(select(outbox).order_by(outbox.c.seq)).all()
        return [
            Claimed(
                each.seq, each.jti, each.txn, each.relying_party_id, Channel(each.channel), each.event_type,
                each.subject, each.payload, each.occurred_at, 0, 0, "lease", each.sub_id,
            )
            for each in found
        ]  # fmt: skip

    def signed(self, row: Claimed) -> Message | Answer:
        house = self.house
        complete = PersonalParts(house.database, self.catalogue, house.directory)
        sign = Sign(Keyring(house.settings.keys_dir, house.clock), house.clock, "https://idp.example", "x", complete)
        return sign(row, Destination("https://kamp.example/events", "kamp", None, "RS256"))

    def claims(self, row: Claimed) -> Any:
        """The claims of the token itself."""
        message = self.signed(row)
        assert isinstance(message, Message)
        body = message.text.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))

    def said(self, row: Claimed) -> Any:
        return self.claims(row)["events"][KIND]["claims"]


@pytest.fixture
def scene(any_house: House) -> Scene:
    return Scene(any_house)


def test_puts_the_values_in_when_it_is_signed(scene: Scene) -> None:
    """CAEP §3.2: the new values of what may be known; until then names alone lie in the outbox."""
    scene.change(email=NEW, phone="01098765432")
    (row,) = scene.rows()
    assert row.payload["claims"] == {"email": None, "email_verified": None}
    assert scene.said(row) == {"email": NEW, "email_verified": False}


def test_says_what_is_true_when_it_is_sent(scene: Scene) -> None:
    """Late, it must not bring an address back that was changed again."""
    scene.change(email=NEW)
    scene.change(email=EMAIL)
    assert [scene.said(row)["email"] for row in scene.rows()] == [EMAIL, EMAIL]


def test_says_null_of_what_is_not_released_any_more(scene: Scene) -> None:
    """What the member agrees to when it is sent decides."""
    scene.change(email=NEW)
    with scene.house.database.transaction() as connection:
        connection.execute(update(consents).values(scopes=["openid", "profile"]))
    assert scene.said(scene.rows()[0]) == {"email": None, "email_verified": None}


@pytest.mark.parametrize("how", ["unlink", "withdraw"])
def test_says_nothing_after_the_link_has_ended(scene: Scene, how: str) -> None:
    """REQ-73, REQ-80: also where a worker had the row in hand already; and no personal data is left in any row."""
    scene.change(email=NEW)
    (row,) = scene.rows()
    if how == "unlink":
        unlink(scene.house, scene.member_id, "kamp")
    else:
        withdrawing(scene.house)(scene.member_id, actor=MEMBER)
    answer = scene.signed(row)
    assert isinstance(answer, Answer)
    assert answer.verdict is Verdict.WITHHELD
    with scene.house.database.reading() as connection:
        kept = connection.execute(select(outbox.c.state, outbox.c.payload, outbox.c.sub_id)).all()
    assert kept[0].state == "expired"
    written = json.dumps([[each.payload, each.sub_id] for each in kept], ensure_ascii=False)
    assert NEW not in written
    assert EMAIL not in written


def test_says_nothing_of_who_is_suspended(scene: Scene) -> None:
    """As userinfo does not, nor SCIM; and it is taken out of the way of the message that says so."""
    scene.change(email=NEW)
    (row,) = scene.rows()
    house = scene.house
    tell = TellLinkedAgencies(house.randomness, scene.catalogue)
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    Suspend(house.database, house.clock, revoke_of_member, tell, inform)(scene.member_id, actor=COMMAND, reason="1")
    assert isinstance(scene.signed(row), Answer)
    with house.database.reading() as connection:
        assert connection.execute(select(outbox.c.state)).scalars().all() == ["expired"]


def test_blames_no_message_for_a_database_that_does_not_answer(scene: Scene) -> None:
    """Nobody has refused it: it is tried again."""

    def fail(_row: Claimed) -> None:
        raise StoreUnavailable("gone")

    scene.change(email=NEW)
    house = scene.house
    sign = Sign(Keyring(house.settings.keys_dir, house.clock), house.clock, "https://idp.example", "x", fail)
    answer = sign(scene.rows()[0], Destination("https://kamp.example/events", "kamp", None, "RS256"))
    assert isinstance(answer, Answer)
    assert answer.verdict is Verdict.ENDPOINT_FAILED


def test_is_silent_about_what_did_not_change(scene: Scene) -> None:
    """The same e-mail saved again; and a number that no claim released here holds."""
    assert scene.change(email=EMAIL) == frozenset()
    scene.change(landline="021234567")
    assert scene.rows() == []


FORMER = "https://schemas.openid.net/secevent/risc/event-type/identifier-changed"


@pytest.fixture
def asking(any_house: House) -> Scene:
    """One that asks to be told of addresses by the former address."""
    return Scene(any_house, "identifier-changed")


def test_names_a_member_by_the_address_they_had(asking: Scene) -> None:
    """RISC §2.5: the subject is the old value. Sealed until it is signed; a number that is not released is not told."""
    asking.change(email=NEW, phone="01098765432")
    (row,) = asking.rows()
    assert EMAIL not in json.dumps(row.payload)
    claims = asking.claims(row)
    assert claims["sub_id"] == {"format": "email", "email": EMAIL}
    assert claims["events"] == {FORMER: {"new-value": NEW}}


def test_opens_no_former_address_of_a_member_who_left(asking: Scene) -> None:
    """REQ-80: what was in the outbox then says nothing to anybody, here or in a backup."""
    asking.change(email=NEW)
    (row,) = asking.rows()
    withdrawing(asking.house)(asking.member_id, actor=MEMBER)
    assert isinstance(asking.signed(row), Answer)
    assert [each.event_type for each in asking.rows()] == ["identifier-changed"]
    with asking.house.database.reading() as connection:
        assert connection.execute(select(outbox.c.state)).scalars().all() == ["expired"]


def test_tells_no_address_that_is_not_released_any_more(asking: Scene) -> None:
    """Neither the former nor the new one."""
    asking.change(email=NEW)
    with asking.house.database.transaction() as connection:
        connection.execute(update(consents).values(scopes=["openid"]))
    assert isinstance(asking.signed(asking.rows()[0]), Answer)


def test_a_profile_that_cannot_be_opened_costs_its_own_message(scene: Scene) -> None:
    """A key is missing or a row is damaged: no exception may reach the worker, who has every agency's messages."""
    scene.change(email=NEW)
    with scene.house.database.transaction() as connection:
        connection.execute(update(persons).values(profile=b"damaged"))
    answer = scene.signed(scene.rows()[0])
    assert isinstance(answer, Answer)
    assert answer.verdict is Verdict.MESSAGE_REFUSED
