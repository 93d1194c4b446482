"""`idp agencies initial-access-token` and what goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.agencies.self_registration.find_token import FindInitialAccessToken
from idp.commands.agencies import agencies as main
from idp.house import House
from tests.builders import agency, register


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keys_dir: Path) -> CliRunner:
    """The command line on the house's database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IDP_DATABASE_URL", house.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(keys_dir))
    register(house, agency("voucher"))
    return CliRunner()


MAKE = ["initial-access-token", "--agency", "voucher", "--redirect-host", "voucher.example"]


def test_makes_lists_and_revokes_one(house: House, run: CliRunner) -> None:
    """RFC 7591 §3: the value is on standard output, once, and nothing else is."""
    made = run.invoke(main, [*MAKE, "--uses", "3", "--expires", "9999d", "--scope", "openid", "--scope", "email"])
    assert made.exit_code == 0, made.output
    value = made.stdout.strip()
    token = FindInitialAccessToken(house.database, house.clock)(value)
    assert (token.agency_id, token.uses, token.policy.scopes) == ("voucher", 3, ("openid", "email"))
    assert token.policy.hosts == ("voucher.example",)
    assert "none" not in token.policy.authentication_methods
    listed = run.invoke(main, ["initial-access-tokens"])
    assert "0/3 used" in listed.output
    assert value not in listed.output
    assert run.invoke(main, ["revoke-initial-access-token", token.id]).exit_code == 0
    assert "revoked" in run.invoke(main, ["initial-access-tokens"]).output


@pytest.mark.parametrize(
    "arguments",
    [
        [*MAKE[:2], "nobody", *MAKE[3:]],
        [*MAKE, "--expires", "soon"],
        [*MAKE, "--uses", "0"],
        [*MAKE, "--scope", "email"],
        [*MAKE, "--redirect-host", "https://voucher.example/"],
        [*MAKE, "--redirect-host", "*.example"],
        ["revoke-initial-access-token", "nobody"],
        ["end-client", "voucher"],
    ],
)
def test_says_what_cannot_be(run: CliRunner, arguments: list[str]) -> None:
    """An operator reads one line, and nothing was made."""
    assert run.invoke(main, arguments).exit_code != 0
    assert run.invoke(main, ["initial-access-tokens"]).output == ""
