"""`idp agencies roster`: an agency's list of accounts, taken as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from idp import settings
from idp.audit.models import audit_records
from idp.commands import roster as command
from idp.commands.agencies import agencies
from idp.house import House
from idp.links import roster as taking
from idp.links.accounts import AgencyAccounts
from idp.links.models import roster_accounts
from idp.links.offered_account import OfferedAccount
from idp.links.roster_accounts import FoundAccount
from idp.members import store as members
from tests.builders import a_person, agency, link, party, register

HONG, KIM = "H" * 86 + "==", "K" * 86 + "=="
COMPANY = "1237894566"
Take = Callable[..., Result]


@pytest.fixture
def take(house: House, monkeypatch: pytest.MonkeyPatch) -> Take:
    """Runs the command over a list; voucher is registered."""
    register(house, agency("voucher", party("voucher")))
    monkeypatch.setattr(command, "build", lambda _settings: _Open(house))
    monkeypatch.setattr(settings, "load", lambda: house.settings)

    def run(rows: list[dict[str, Any]] | str, *options: str, party_id: str = "voucher") -> Result:
        text = rows if isinstance(rows, str) else "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        return CliRunner().invoke(command.roster, ["-", "--relying-party", party_id, *options], input=text)

    return run


class _Open:
    """The house, which the command closes and the test goes on using."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house, name)

    def close(self) -> None: ...


def row(reference: str, ci: str = HONG, **other: Any) -> dict[str, Any]:
    return {"reference": reference, "display_name": f"계정 {reference}", "role": "담당자", "ci": ci, **other}


def found(house: House, kind: str, holder: str) -> list[FoundAccount]:
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    with house.database.reading() as connection:
        return accounts.roster.found(connection, kind, holder)


def references(house: House, holder: str = HONG, kind: str = "person") -> set[str]:
    return {each.account.reference for each in found(house, kind, holder)}


def test_offers_accounts_to_their_holders_alone(take: Take, house: House) -> None:
    """Issue 3: by keyed digest of CI or 사업자등록번호; nobody else finds them."""
    company = {**row("c", ""), "business_number": "123-78-94566"}
    assert take([row("a"), row("b", KIM), company]).output == "3 new, 0 changed, 0 the same, 0 linked, 0 left out\n"
    assert (references(house), references(house, KIM)) == ({"a"}, {"b"})
    assert references(house, COMPANY, "enterprise") == {"c"}
    assert references(house, COMPANY, "person") == set()


def test_takes_the_same_list_twice_without_a_change(take: Take, house: House) -> None:
    """Architecture §10: applying is idempotent."""
    take([row("a")])
    [before] = found(house, "person", HONG)
    assert take([row("a")]).output == "0 new, 0 changed, 1 the same, 0 linked, 0 left out\n"
    assert found(house, "person", HONG) == [before]
    assert take([row("a", role="마스터")]).output.startswith("0 new, 1 changed")
    with house.database.reading() as connection:
        details = connection.execute(
            select(audit_records.c.detail).where(audit_records.c.action == "roster.taken")
        ).scalars()
        assert list(details) == [{"accounts": 1}, {"accounts": 1}]


def test_changes_nothing_in_a_dry_run(take: Take, house: House) -> None:
    """Issue 3: show first."""
    assert take([row("a")], "--dry-run").output == "would be: 1 new, 0 changed, 0 the same, 0 linked, 0 left out\n"
    assert references(house) == set()


def test_reports_accounts_that_would_change_hands(take: Take, house: House) -> None:
    """Issue 3: a conflict is a person's to decide; asked to replace, we do."""
    take([row("a")])
    answer = take([row("a", KIM)])
    assert answer.exit_code == 1
    assert "line 1: a: offered for another holder" in answer.output
    assert references(house) == {"a"}
    assert take([row("a", KIM)], "--replace").exit_code == 0
    assert (references(house), references(house, KIM)) == (set(), {"a"})


def test_reports_an_account_that_is_listed_twice(take: Take, house: House) -> None:
    """Issue 3: the first counts."""
    answer = take([row("a"), row("a", KIM)])
    assert "line 2: a: repeated in the list" in answer.output
    assert references(house) == {"a"}


def test_leaves_linked_accounts_alone(take: Take, house: House) -> None:
    """Requirements C9: an account behind a member's link is offered to nobody, and changes hands for no list."""
    take([row("a")])
    member_id = a_person(house)
    standing = link(house, member_id, "voucher")
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    with house.database.transaction() as connection:
        held = members.find(connection, member_id)
        assert held is not None
        assert held.data_key is not None
        accounts.attach(connection, (member_id, held.data_key), standing, "voucher", OfferedAccount("a", "계정 a"))
    assert references(house) == set()
    assert take([row("a")]).output == "0 new, 0 changed, 0 the same, 1 linked, 0 left out\n"
    answer = take([row("a", KIM)], "--replace")
    assert "line 1: a: linked to another holder" in answer.output
    assert references(house, KIM) == set()


BAD = [
    {"reference": ""},
    {"reference": None},
    {"reference": "x" * 201},
    {"reference": "a\nb"},
    {"reference": 7},
    {"display_name": ""},
    {"display_name": "\u202e계정"},
    {"ci": "short"},
    {"ci": "H" * 88},
    {"ci": ""},
    {"business_number": COMPANY},
    {"ci": "", "business_number": "1237894560"},
    {"role": ["a"]},
]


@pytest.mark.parametrize("other", BAD, ids=str)
def test_leaves_out_what_cannot_be_taken_and_says_where(take: Take, house: House, other: dict[str, Any]) -> None:
    """Issue 3, bad input: by line, without the holder, and the rest is taken."""
    answer = take([row("before"), {**row("bad"), **other}, row("after")])
    assert answer.exit_code == 1
    assert "line 2: " in answer.output
    assert HONG not in answer.output
    assert references(house) == {"before", "after"}


@pytest.mark.parametrize("text", ["", "\n", "{", "{}\n[1]\nnull\n7\n\x00", "reference\n", "\x00,\x00\n1,2\n", "한글"])
def test_takes_nothing_from_nonsense(take: Take, house: House, text: str) -> None:
    """Issue 3, bad input: a sentence, never a trace."""
    answer = take(text)
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
    assert references(house) == set()


def test_reads_csv_too(take: Take, house: House) -> None:
    """Issue 3: as spreadsheets write it, with a byte order mark and quoted commas."""
    head, quoted = "\ufeffreference,display_name,role,ci,business_number", f'a,"홍길동, 담당",,{HONG},'
    assert take(f"{head}\r\n{quoted}\r\nb,길동상사,,,{COMPANY}\r\n").exit_code == 0
    [account] = found(house, "person", HONG)
    assert account.account == OfferedAccount("a", "홍길동, 담당", "")
    assert references(house, COMPANY, "enterprise") == {"b"}


def test_knows_the_relying_party_first(take: Take) -> None:
    """Architecture §11.8: says what to do next."""
    answer = take([row("a")], party_id="nobody")
    assert answer.exit_code == 1
    assert "idp agencies list" in answer.output


def test_keeps_a_batch_at_a_time(take: Take, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 3: a stream; what was read before the list broke off is kept."""
    monkeypatch.setattr(taking, "BATCH", 2)
    assert take([row(str(number)) for number in range(5)]).output.startswith("5 new")
    with house.database.reading() as connection:
        actions = connection.execute(select(audit_records.c.action)).scalars()
        assert [action for action in actions if action == "roster.taken"] == ["roster.taken"] * 3


def test_keeps_neither_ci_nor_number_readable(take: Take, house: House) -> None:
    """REQ-86: by keyed digest, and what is shown lies sealed."""
    take([row("a", display_name="홍길동 계정")])
    with house.database.reading() as connection:
        kept = "".join(str(cell) for cell in connection.execute(select(roster_accounts)).one())
    assert HONG not in kept
    assert "홍길동" not in kept


def test_is_a_command_of_agencies() -> None:
    """Architecture §10."""
    assert "--relying-party" in CliRunner().invoke(agencies, ["roster", "--help"]).output
