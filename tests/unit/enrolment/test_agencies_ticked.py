"""What is ticked at step 5 before the member has chosen, as the deployment wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from idp.sections.joining import Enrolment
from idp.storage.database import Database
from tests.builders import a_house
from tests.fakes import FrozenClock
from tests.unit.enrolment.joining import at_agencies, members_of, send_last
from tests.unit.enrolment.walk import Site, Walker, site as build


@pytest.fixture
def ticking(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[Site]:
    """A deployment that follows the manual to the letter."""
    url = database.engine.url.render_as_string(hide_password=False)
    with closing(a_house(url, keys_dir, frozen_clock, enrolment=Enrolment(agencies_ticked=True))) as house:
        yield build(house)


def boxes(walker: Walker, more: str = "") -> list[str]:
    return list(walker.document.xpath(f"//main//input[@type='checkbox' and @name='agency'{more}]/@value"))


def test_ticks_every_agency_that_can_be_connected(ticking: Site) -> None:
    """Requirements C16: offered as configuration; what is not ready to be connected stays unticked."""
    walker = at_agencies(ticking)
    assert boxes(walker, " and @checked") == boxes(walker, " and not(@disabled)")
    assert {"voucher", "kamp"} <= set(boxes(walker, " and @checked"))


def test_keeps_what_the_member_unticked(ticking: Site) -> None:
    """REQ-31: who goes back finds their own choice, none included, and not the deployment's."""
    walker = at_agencies(ticking)
    walker.press("이전", agency=False).open(f"/join/{walker.draft_id}/5")
    assert boxes(walker, " and @checked") == []


def test_connects_nothing_that_was_not_sent(ticking: Site) -> None:
    """Architecture §11.3: a tick that the page made counts as the member leaves it."""
    walker = send_last(at_agencies(ticking), ["kamp"])
    assert walker.step == 6
    assert members_of(ticking.house) == 1
    with ticking.house.database.reading() as connection:
        assert connection.exec_driver_sql("select agency_id from links").scalars().all() == ["kamp"]
