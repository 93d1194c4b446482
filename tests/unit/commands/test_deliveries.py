"""`idp deliveries`: an operator's look at what is on its way, and steps."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from idp.audit.models import audit_records
from idp.commands.deliveries import deliveries
from idp.house import House
from idp.signals.models import delivery_attempts, outbox
from tests.builders import a_person, agency, link, party, register

_EVENTS = {"endpoint_url": "https://kamp.example/events", "authorization_header": "Bearer of-this-test"}


@pytest.fixture
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Somebody at the command line of a house where one event waits and one is a dead letter."""
    names = ("kamp", "smtech")
    register(house, *(agency(each, party(each, events=_EVENTS)) for each in names))
    member = a_person(house)
    for each in names:
        link(house, member, each)
    with house.database.transaction() as connection:
        connection.execute(
            update(outbox)
            .where(outbox.c.relying_party_id == "kamp")
            .values(state="refused", attempts=6, sends=6, outcome="err_invalid_request")
        )
        jti = connection.execute(select(outbox.c.jti).where(outbox.c.relying_party_id == "kamp")).scalar_one()
        connection.execute(
            delivery_attempts.insert().values(
                jti=jti, relying_party_id="kamp", at=house.clock.now(), number=1, outcome="err_invalid_request"
            )
        )
    monkeypatch.setenv("IDP_DATABASE_URL", house.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(house.settings.keys_dir))
    return CliRunner()


def said(operator: CliRunner, *words: str) -> list[str]:
    done = operator.invoke(deliveries, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def test_lists_shows_and_replays(operator: CliRunner, house: House) -> None:
    """Account events §3.4: list, inspect, fix, replay; whom a message is about is not shown."""
    kamp, smtech = said(operator, "list")
    assert "pending 0" in kamp
    assert "dead letters 1" in kamp
    assert "pending 1" in smtech
    (line,) = said(operator, "show", "kamp")
    number, jti, state, *_ = line.split()
    assert (state, line.split()[-1]) == ("refused", "err_invalid_request")
    with house.database.reading() as connection:
        assert str(connection.execute(select(outbox.c.subject)).scalars().first()) not in line
    assert said(operator, "show", "kamp", "--limit", "1")[-1] == f"more: --after {number}"
    assert said(operator, "show", "kamp", "--after", number) == []
    assert "err_invalid_request" in said(operator, "attempts", jti)[0]
    assert said(operator, "replay", "kamp", "--rate", "60") == ["1 made anew, 0 superseded"]
    assert [each.split()[2] for each in said(operator, "show", "kamp", "--state", "replayed")] == ["replayed"]
    assert said(operator, "replay", "smtech") == ["0 made anew, 0 superseded"]


def test_holds_and_resumes(operator: CliRunner, house: House) -> None:
    """An operator's word, in the audit."""
    assert said(operator, "hold", "kamp") == ["held"]
    assert said(operator, "hold", "kamp") == ["it was held already"]
    assert said(operator, "list")[0].endswith("held: operator")
    assert said(operator, "resume", "kamp") == ["resumed"]
    assert said(operator, "resume", "kamp") == ["it was not held"]
    with house.database.reading() as connection:
        wanted = audit_records.c.action.like("events.%")
        rows = connection.execute(select(audit_records.c.action, audit_records.c.actor).where(wanted)).all()
    assert [tuple(row) for row in rows] == [("events.held", "operator:command"), ("events.resumed", "operator:command")]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["hold", "unheard-of"], "no relying party"),
        (["replay", "unheard-of"], "no relying party"),
        (["replay", "kamp", "--jti", "unheard-of"], "no such message"),
        (["attempts", "unheard-of"], "nothing was tried"),
        (["replay", "kamp", "--jti", "j", "--rate", "3"], "stands alone"),
        (["replay", "kamp", "--delivered"], "needs --since"),
        (["show", "kamp", "--after", "99999999999999999999"], "not in the range"),
    ],
)
def test_says_why_not(operator: CliRunner, words: list[str], why: str) -> None:
    """Architecture §11.8: a refusal says what is wrong, and the exit status that it is one."""
    done = operator.invoke(deliveries, words)
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code > 0
    assert why in done.output
