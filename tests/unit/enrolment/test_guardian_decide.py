"""One decision by one link, whoever comes at the same moment; and who may make it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NoReturn

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.crypto.digests import secret_digest
from idp.enrolment.draft import Draft, Kind
from idp.enrolment.drafts import DraftExpired, Drafts
from idp.enrolment.guardian_ask import AskGuardian, TooManyLetters
from idp.enrolment.guardian_contact import Fault, guardian_contact, guardian_name, same_name
from idp.enrolment.guardian_decide import Answer, DecideAsGuardian, Relation, Unfit, why_unfit
from idp.enrolment.guardian_record import GuardianDecision
from idp.enrolment.guardian_request import BeingDecided, GuardianRequest, GuardianRequests, LinkIsOver
from idp.errors import BadRequest, StoreUnavailable
from idp.house import House
from idp.mail.guardian_letters import GuardianConsent
from idp.mail.models import outgoing_messages
from idp.mail.post import Post, opened
from idp.mail.recipients import EmailAddress
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore
from idp.terms.document import Audience, Document
from idp.verification.evidence import Assurance, Evidence, Holder
from tests.fakes import FrozenClock
from tests.races import RACERS, race

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DOCUMENT = Document("child", 3, Audience.CHILD, True, 1, "", {}, "d" * 64, 1)
CONTACT = EmailAddress("guardian@example.com")


def vouched(name: str, born: date, ci: str, phone: str | None = None) -> Evidence:
    return Evidence(
        "simulated", "phone", Assurance.L2, True, "tx", NOW, Holder.PERSON, "0" * 64, name, born, None, phone, ci
    )


CHILD = vouched("아이길동", date(2016, 1, 1), "C" * 88, phone="01000000005")
PARENT = vouched("김길동", date(1985, 5, 5), "P" * 88)
REQUEST = GuardianRequest("r", "d", "김길동", "guardian@example.com", True, NOW, NOW + timedelta(days=5))


class Family:
    """The two verbs over one set of stores, and a child who has asked."""

    def __init__(self, house: House, store: ExpiringStore) -> None:
        self.house, self.store = house, store
        self.drafts = Drafts(store, house.cipher, house.clock, house.randomness, timedelta(days=1))
        self.requests = GuardianRequests(store, house.cipher, house.clock)
        post = Post(house.clock, house.randomness, house.cipher)
        self.ask = AskGuardian(
            house.database,
            house.clock,
            house.randomness,
            self.drafts,
            self.requests,
            store,
            house.digester,
            post,
            timedelta(days=5),
        )
        self.decide = DecideAsGuardian(house.database, house.clock, self.drafts, self.requests, house.digester, post)
        evidence = CHILD.packed().decode()
        draft = self.drafts.start("browser", kind=Kind.PERSON, child=True, evidence=evidence, choices={}, edition=1)
        self.draft: Draft = self.ask(draft, "김길동", CONTACT)

    @property
    def request(self) -> GuardianRequest:
        found = self.requests.get(self.draft.guardian_request or "")
        assert found is not None
        return found

    def answer(self) -> Answer:
        return Answer(Relation.MOTHER, (DOCUMENT,), "203.0.113.9", "a browser")

    def audited(self) -> Counter[str]:
        with self.house.database.reading() as connection:
            return Counter(connection.execute(select(audit_records.c.action)).scalars())

    def letters(self) -> int:
        with self.house.database.reading() as connection:
            return len(connection.execute(select(outgoing_messages.c.id)).fetchall())


@pytest.fixture
def family(house: House) -> Family:
    return Family(house, house.store)


@pytest.fixture
def any_family(house: House, any_expiring_store: ExpiringStore) -> Family:
    """Over each kind of store, by the machine's own clock."""
    return Family(replace(house, clock=SystemClock()), any_expiring_store)


def test_takes_one_of_sixteen_decisions(any_family: Family) -> None:
    """Architecture §11.1, REQ-83: guardians who agree and refuse in the same instant leave one decision of the two."""
    family = any_family
    request = family.request

    def act(racer: int) -> str:
        try:
            if racer % 2:
                family.decide.refuse(request, address="203.0.113.9")
                return "refused"
            assert family.decide.agree(request, PARENT, family.answer()) is None
        except (BeingDecided, LinkIsOver):
            return "late"
        return "agreed"

    outcomes = Counter(race(act))
    assert outcomes["late"] == RACERS - 1
    said = family.audited()
    assert (said["guardian.agreed"], said["guardian.refused"]) == (outcomes["agreed"], outcomes["refused"])
    assert family.letters() == 2
    decision = family.requests.decision(request.id)
    assert (decision is not None) == bool(outcomes["agreed"])
    assert family.requests.was_refused(family.draft.id) == bool(outcomes["refused"])
    if outcomes["refused"]:
        with pytest.raises(DraftExpired):
            family.drafts.of_guardian(family.draft.id)


def test_writes_to_a_guardian_once_however_often_the_button_was_pressed(
    family: Family, frozen_clock: FrozenClock
) -> None:
    """Issue 3: double submission."""
    frozen_clock.advance(timedelta(minutes=2))

    def act(_racer: int) -> bool:
        try:
            family.ask(family.draft, "김길동", CONTACT)
        except TooManyLetters:
            return False
        return True

    assert sum(race(act)) == 1
    assert family.letters() == 2


def test_decides_or_asks_anew_but_not_both(family: Family, frozen_clock: FrozenClock) -> None:
    """REQ-83: a child who sends the link again while the guardian agrees leaves one link in force, or one decision."""
    frozen_clock.advance(timedelta(minutes=2))
    request = family.request

    def act(racer: int) -> str | None:
        try:
            if racer == 0:
                family.draft = family.ask(family.draft, "김길동", CONTACT)
                return "asked"
            family.decide.agree(request, PARENT, family.answer())
        except (BeingDecided, LinkIsOver):
            return None
        return "agreed"

    assert len([outcome for outcome in race(act, 2) if outcome]) == 1


class _Broken(Database):
    """A database that takes no record."""

    def __init__(self) -> None: ...

    def transaction(self) -> NoReturn:
        raise StoreUnavailable("database: away")


def test_loses_no_decision_to_a_failure_unseen(family: Family) -> None:
    """Architecture §6: what could not be recorded was not decided; the child may ask again."""
    request = family.request
    broken = replace(family.decide, database=_Broken())
    with pytest.raises(StoreUnavailable):
        broken.agree(request, PARENT, family.answer())
    assert family.requests.decision(request.id) is None
    assert family.audited()["guardian.agreed"] == 0
    assert family.decide.agree(family.request, PARENT, family.answer()) is None


def test_keeps_every_item_the_law_wants(family: Family) -> None:
    """Decree §17의2; korean-identity.md §2.4: who, confirmed how, agreed to what, when, from where, told how."""
    request = family.request
    family.decide.agree(request, PARENT, family.answer())
    decision = family.requests.decision(request.id)
    assert decision is not None
    assert GuardianDecision.unpacked(decision.packed()) == decision
    assert decision.documents == (("child", 3, "d" * 64),)
    assert (decision.transaction, decision.provider, decision.simulated) == ("tx", "simulated", True)
    assert (decision.address, decision.agent, decision.request) == ("203.0.113.9", "a browser", request.id)
    assert decision.notified_at == request.notified_at.isoformat()
    assert decision.child_turns_14 == "2030-01-01"
    assert all(value != "" for value in (decision.ci_digest, decision.decided_at, decision.notified_by))


@pytest.mark.parametrize(
    ("found", "unfit"),
    [
        (PARENT, None),
        (replace(PARENT, name="김 길동"), None),
        (replace(PARENT, birth_date=date(2007, 3, 2)), None),
        (replace(PARENT, birth_date=date(2007, 3, 3)), Unfit.MINOR),
        (replace(PARENT, ci="C" * 88), Unfit.THE_CHILD),
        (replace(PARENT, ci=None), Unfit.UNIDENTIFIED),
        (replace(PARENT, birth_date=None), Unfit.UNIDENTIFIED),
        (replace(PARENT, name=None), Unfit.UNIDENTIFIED),
        (replace(PARENT, name="박길동"), Unfit.SOMEBODY_ELSE),
    ],
)
def test_judges_who_may_decide(found: Evidence, unfit: Unfit | None) -> None:
    """REQ-83, 민법 §4: an adult of 19 by the day in Korea, not the child, of the name that was given."""
    assert why_unfit(REQUEST, CHILD, found, FrozenClock(NOW)) is unfit


def test_counts_the_day_in_korea(house: House) -> None:
    """REQ-82: at 16 o'clock in London it is tomorrow there."""
    evening = datetime(2026, 3, 1, 16, tzinfo=UTC)
    found = replace(PARENT, birth_date=date(2007, 3, 2))
    assert why_unfit(REQUEST, CHILD, found, FrozenClock(evening)) is None
    assert why_unfit(REQUEST, CHILD, found, FrozenClock(evening - timedelta(hours=2))) is Unfit.MINOR


def test_asks_for_nobody_but_a_verified_child(family: Family) -> None:
    """REQ-84: not before step 3, and not for an adult's draft."""
    for draft in (replace(family.draft, child=False), replace(family.draft, evidence=None)):
        with pytest.raises(BadRequest):
            family.ask(draft, "김길동", CONTACT)


def test_finds_the_request_by_the_digest_of_its_token(family: Family) -> None:
    """Architecture §6: 256 bits of chance, of which we keep the digest."""
    with family.house.database.reading() as connection:
        row = connection.execute(select(outgoing_messages)).one()
    letter = opened(family.house.cipher, row.id, row.letter, row.sealed)[1]
    assert isinstance(letter, GuardianConsent)
    token = letter.path.removeprefix("/guardian/")
    assert secret_digest(token) == family.request.id
    assert family.requests.of_link(token) == family.request


@pytest.mark.parametrize("name", ["김길동", " 김길동 ", "Hong Gil-dong", "O'Neil", "김\u1100\u1161\u11a8"])
def test_takes_names_as_people_write_them(name: str) -> None:
    """Issue 3, bad input: NFD Hangul and blanks are no mistakes."""
    found = guardian_name(name)
    assert not isinstance(found, Fault)
    assert same_name(name, found)


def test_does_not_take_blanks_for_a_name() -> None:
    """REQ-83: nobody's name equals nobody's name."""
    assert not same_name("", " ")


@pytest.mark.parametrize("typed", ["01012345678", "010-1234-5678", "Guardian@Example.com"])
def test_takes_a_contact_however_it_is_typed(typed: str) -> None:
    """Decree §17의2②."""
    assert not isinstance(guardian_contact(typed), Fault)
