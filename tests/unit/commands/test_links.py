"""`idp links`: an operator's look at links, and steps."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.commands.links import links
from idp.house import House
from idp.signals.models import fan_outs
from tests.builders import BUSINESS_NUMBER, EMAIL, NAME, PHONE, a_person, agency, an_enterprise, link, party, register


@pytest.fixture
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Somebody at the command line of a house where a person and an enterprise are linked with three agencies."""
    names = ("kamp", "smtech", "voucher")
    register(house, *(agency(each, party(each)) for each in names))
    for member in (a_person(house), an_enterprise(house)):
        for each in names:
            link(house, member, each)
    monkeypatch.setenv("IDP_DATABASE_URL", house.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(house.settings.keys_dir))
    return CliRunner()


def said(operator: CliRunner, *words: str) -> list[str]:
    done = operator.invoke(links, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert not any(trace in done.output for trace in (NAME, EMAIL, PHONE))
    return done.stdout.splitlines()


def test_lists_a_page_at_a_time(operator: CliRunner) -> None:
    """Style: lists are paged. An enterprise goes by its 사업자등록번호."""
    first = said(operator, "list", "honggildong", "--limit", "2")
    assert [line.split()[:3] for line in first] == [["kamp", "linked", "1"], ["smtech", "linked", "1"]]
    rest = said(operator, "list", "honggildong", "--limit", "2", "--after", "smtech")
    assert [line.split()[0] for line in rest] == ["voucher"]
    assert len(said(operator, "list", BUSINESS_NUMBER)) == 3


def test_takes_an_operators_steps_and_shows_them(operator: CliRunner) -> None:
    """Architecture §6: each change has actor, reason, time and version."""
    assert said(operator, "suspend", "honggildong", "kamp") == ["suspended  2"]
    assert said(operator, "restore", "honggildong", "kamp") == ["linked  3"]
    assert said(operator, "stop", "honggildong", "kamp") == ["unlinked  4"]
    shown = [line.split("  ")[:4] for line in said(operator, "show", "honggildong", "kamp", "--limit", "3")]
    assert shown == [
        ["4", "linked > unlinked", "admin_unlink", "operator:command"],
        ["3", "suspended > linked", "admin_restoration", "operator:command"],
        ["2", "linked > suspended", "admin_suspension", "operator:command"],
    ]
    (first,) = said(operator, "show", "honggildong", "kamp", "--before", "2")
    assert first.startswith("1  - > linked  sign_in  member")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["stop", "nobody.here", "kamp"], "no member"),
        (["show", "honggildong", "unheard-of"], "no link"),
        (["restore", "honggildong", "kamp"], "restore from linked"),
        (["show", "honggildong", "kamp", "--before", "99999999999999999999"], "not in the range"),
        (["stop-all", "unheard-of", "--yes"], "no agency"),
    ],
)
def test_says_why_not(operator: CliRunner, words: list[str], why: str) -> None:
    """Architecture §11.8: a refusal says what is wrong, and the exit status that it is one."""
    done = operator.invoke(links, words)
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code > 0
    assert why in done.output


def test_ends_every_link_with_an_agency_that_goes(operator: CliRunner, house: House) -> None:
    """Asked first, and in the audit; the worker ends them."""
    said_no = operator.invoke(links, ["stop-all", "kamp"], input="n\n")
    assert (said_no.exit_code, "End 2 links with kamp?" in said_no.output) == (1, True)
    assert said(operator, "stop-all", "kamp", "--yes") == ["2 links are going to end"]
    assert said(operator, "list", "honggildong")[0].split()[:2] == ["kamp", "linked"]
    with house.database.reading() as connection:
        assert connection.execute(select(fan_outs.c.agency_id, fan_outs.c.cause)).all() == [("kamp", "stop_all")]
        ending = audit_records.c.action == "links.ending"
        rows = connection.execute(select(audit_records.c.actor, audit_records.c.detail).where(ending)).all()
    assert [tuple(row) for row in rows] == [("operator:command", {"links": 2, "reason": "admin_unlink"})]
