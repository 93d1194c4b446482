"""Children who are members with a guardian's consent, without the walk through the pages."""

from __future__ import annotations

from dataclasses import replace

from idp.enrolment.guardian_record import GuardianDecision, GuardianRecords
from idp.house import House
from idp.members import store as members
from idp.members.directory import CI
from idp.members.join import Join
from idp.members.profile import PersonProfile
from idp.terms import answer
from idp.terms.answer import Answers
from idp.terms.document import Document

DECISION = GuardianDecision(
    name="김길동",
    birth_date="1985-05-05",
    ci_digest="",
    relation="mother",
    contact="guardian@example.com",
    method="phone",
    provider="simulated",
    transaction="tx",
    simulated=True,
    documents=(("child", 3, "d" * 64),),
    decided_at="2026-03-01T09:00:00+00:00",
    address="203.0.113.9",
    agent="a browser",
    notified_at="2026-03-01T08:00:00+00:00",
    notified_by="email",
    child_turns_14="2030-01-01",
)


def child(
    house: House,
    turns_14: str,
    *,
    guardian_ci: str = "P" * 88,
    link: str | None = None,
    documents: tuple[Document, ...] = (),
    edition: int = 7,
) -> str:
    """The id of a member whose guardian agreed to `documents`, as they did, who turns 14 on that day and has answered
    the terms of `edition`."""
    join = Join(house.database, house.clock, house.randomness, house.directory, house.hasher)
    profile = PersonProfile("child.gildong", "아이길동", "child@example.com", "01000000005", ci="C" * 88)
    member_id = join.person(profile, "Onepass!2026", actor="test")
    read = tuple((each.id, each.version, each.sha256) for each in documents)
    decision = replace(
        DECISION, documents=read, child_turns_14=turns_14, ci_digest=house.digester.digest(CI, guardian_ci)
    )
    with house.database.transaction() as connection:
        row = members.find(connection, member_id)
        assert row is not None
        assert row.data_key is not None
        records = GuardianRecords(house.cipher, house.randomness)
        records.keep(connection, member_id, row.data_key, decision.packed(), house.clock.now(), link=link)
        if documents:
            said = Answers({each.id: True for each in documents}, "ko", "joining")
            answer.keep(connection, member_id, documents, said, edition, house.clock.now())
        members.agreed_to_edition(connection, member_id, edition)
    return member_id
