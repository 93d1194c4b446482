"""`idp provisioning`: accounts asked for at agencies, at the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from idp.commands.provisioning import provisioning
from idp.house import House
from idp.links.models import provisionings
from tests.builders import EMAIL, NAME, PHONE, a_person
from tests.protocol.scim.kit import choose, offering


@pytest.fixture
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Somebody at the command line of a house where two members wait for accounts."""
    offering(house, "https://kamp.example/scim")
    for number in range(2):
        choose(house, a_person(house, f"member{number}"))
    monkeypatch.setenv("IDP_DATABASE_URL", house.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(house.settings.keys_dir))
    return CliRunner()


def ask(operator: CliRunner, *words: str) -> Result:
    done = operator.invoke(provisioning, list(words), catch_exceptions=False)
    assert not any(trace in done.output for trace in (NAME, EMAIL, PHONE))
    return done


def fail(house: House) -> None:
    with house.database.transaction() as connection:
        connection.execute(update(provisionings).values(state="failed", action="link_by_hand", due_at=None))


def test_lists_what_waits_a_page_at_a_time(operator: CliRunner, house: House) -> None:
    """Style: lists are paged. The line says what a person must do, and names no member."""
    fail(house)
    first = ask(operator, "list", "--limit", "1")
    (line,) = first.stdout.splitlines()
    assert "  kamp  link " in line
    assert "  scim  failed  link_by_hand  " in line
    then = ask(operator, "list", "--relying-party", "kamp", "--after", line.split()[0])
    assert len(then.stdout.splitlines()) == 1
    assert ask(operator, "list", "--state", "created").stdout == ""


def test_asks_again(operator: CliRunner, house: House) -> None:
    """One by its number, or all of a relying party; not both, and not what has not failed."""
    number = ask(operator, "list").stdout.split()[0]
    assert ask(operator, "retry", number).exit_code == 1
    fail(house)
    assert ask(operator, "retry", number).stdout == "1 asked again\n"
    assert ask(operator, "retry", "--relying-party", "kamp").stdout == "1 asked again\n"
    assert ask(operator, "retry").exit_code == 2
    assert ask(operator, "retry", number, "--relying-party", "kamp").exit_code == 2
