"""Whoever joined with a guardian's consent and has turned 14 is noted, told, and asked themselves."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.commands.worker import turned_14
from idp.enrolment.turn_14 import NoticeTurned14
from idp.house import House
from idp.mail.models import outgoing_messages
from idp.members import store as members
from idp.members.models import members as table
from idp.storage.database import Database
from idp.terms import store
from tests.builders import a_house
from tests.fakes import FrozenClock
from tests.races import race
from tests.unit.enrolment.children import child
from tests.unit.enrolment.walk import Site
from tests.unit.terms.documents import apply, document


def looking(house: House) -> NoticeTurned14:
    """As the worker and housekeeping look."""
    return turned_14(house.database, house.clock, house.randomness, house.cipher, house.digester)


def traces(house: House) -> tuple[int, Counter[str], list[int]]:
    """How often it was recorded, the letters, and the editions that members have answered."""
    with house.database.reading() as connection:
        actions = Counter(connection.execute(select(audit_records.c.action)).scalars())
        letters = Counter(connection.execute(select(outgoing_messages.c.channel)).scalars())
        editions = list(connection.execute(select(table.c.terms_edition)).scalars())
    return actions["child.turned_14"], letters, editions


@pytest.mark.parametrize(
    ("turns_14", "last_moment_before"),
    [
        ("2026-03-02", datetime(2026, 3, 1, 14, 59, 59, tzinfo=UTC)),
        # What the record says of who was born on 29 February 2012.
        ("2026-03-01", datetime(2026, 2, 28, 14, 59, 59, tzinfo=UTC)),
    ],
)
def test_notes_the_birthday_from_its_first_moment_in_korea(
    house: House, frozen_clock: FrozenClock, turns_14: str, last_moment_before: datetime
) -> None:
    """korean-identity.md §2.1, §2.4: midnight in Seoul, the day itself counted; and not a second before."""
    child(house, turns_14)
    frozen_clock.advance(last_moment_before - frozen_clock.now())
    assert looking(house)() == 0
    assert traces(house) == (0, Counter(), [7])
    frozen_clock.advance(timedelta(seconds=1))
    assert looking(house)() == 1
    # 0 is before every edition in force, so the sign-in asks for all of them (REQ-13).
    assert traces(house) == (1, Counter(email=1, sms=1), [0])


def test_notes_it_once(house: House, frozen_clock: FrozenClock) -> None:
    """Issue 3: idempotent; who has answered for themselves is not asked again the next hour."""
    member_id = child(house, "2026-01-01")
    assert looking(house)() == 1
    with house.database.transaction() as connection:
        members.agreed_to_edition(connection, member_id, 7)
    frozen_clock.advance(timedelta(days=400))
    assert looking(house)() == 0
    assert traces(house) == (1, Counter(email=1, sms=1), [7])


def test_lets_the_answers_given_with_the_guardian_lapse(house: House) -> None:
    """§2.4, REQ-13: every one of them was agreed, and none stands; the history says since when and why."""
    apply(house, document("service"), document("marketing", required=False, position=2))
    member_id = child(house, "2026-01-01", documents=house.terms().asked_of("person", child=True))
    assert looking(house)() == 1
    with house.database.reading() as connection:
        last = store.last_answers(connection, member_id)
    assert {(name, row.agreed, row.channel) for name, row in last.items()} == {
        ("service", False, "turned_14"),
        ("marketing", False, "turned_14"),
    }


def test_asks_the_member_at_the_next_sign_in(site: Site) -> None:
    """Issue 3: by the page of renewed terms, and only once they have answered it are they in."""
    house = site.house
    child(house, "2026-01-01", documents=house.terms().asked_of("person", child=True), edition=house.terms().edition)
    assert looking(house)() == 1
    page = site.browser().open("/account/").press("로그인", login_id="child.gildong", password="Onepass!2026")
    assert page.document.xpath("//input[@type='checkbox' and @name='service']")
    boxes = page.document.xpath("//input[@type='checkbox' and @name]/@name")
    page.press("동의하고 계속", **dict.fromkeys(boxes, True))
    assert page.sees("나의 정보")
    assert looking(house)() == 0


def test_writes_to_nobody_who_has_left(house: House) -> None:
    """REQ-76: with the data key went the birthday."""
    member_id = child(house, "2026-01-01")
    with house.database.transaction() as connection:
        members.destroy(connection, member_id, house.clock.now())
    assert looking(house)() == 0
    assert traces(house)[:2] == (0, Counter())


def test_passes_by_a_birthday_it_does_not_know(house: House) -> None:
    """A record without the day says nothing of the child's age."""
    child(house, "")
    assert looking(house)() == 0


def test_lets_one_of_many_workers_note_it(any_database: Database, keys_dir: Path) -> None:
    """Architecture §12: nothing of ours coordinates machines."""
    url = any_database.engine.url.render_as_string(hide_password=False)
    with closing(a_house(url, keys_dir, SystemClock())) as house:
        child(house, "2026-01-01")
        assert sum(race(lambda _: looking(house)(), racers=8)) == 1
        assert traces(house) == (1, Counter(email=1, sms=1), [0])
