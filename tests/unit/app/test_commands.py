"""`idp migrate`, `agencies`, `members`, `check`, `housekeeping`, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text, update

from idp.audit.models import audit_records
from idp.commands import main
from idp.storage.database import Database
from simulator.keys import new_keys, papers as simulator_papers
from tests.builders import PASSWORD

CATALOGUE = """
[[agency]]
id = "voucher"
name = "혁신바우처"
[[agency.relying_party]]
id = "voucher"
protocol = "oidc"
client_secret = "{secret}"
redirect_uris = ["{uri}"]
scope = "openid profile"
"""
SECRET = "a-secret-of-more-than-32-characters"

Run = Callable[..., Result]
PERSON = ["--kind", "person", "--login-id", "honggildong", "--name", "홍길동", "--email", "hong@example.kr"]
ENTERPRISE = ["--kind", "enterprise", "--company-name", "예시상사", "--email", "office@example.kr"]


@pytest.fixture
def variables(tmp_path: Path, keys_dir: Path, every_table: None) -> Mapping[str, str]:
    return {
        "IDP_DATABASE_URL": f"sqlite:///{tmp_path}/own.db",
        "IDP_KEYS_DIR": str(keys_dir),
        "IDP_CONFIG": "",
        "IDP_ENVIRONMENT": "demo",
    }


@pytest.fixture
def run(variables: Mapping[str, str]) -> Run:
    """The command, with its own database and settings."""

    def act(*words: str, given: str | None = None, **changed: str) -> Result:
        environment = {**variables, **changed}
        environment = {name: value for name, value in environment.items() if value}
        result = CliRunner(env={"IDP_CONFIG": None, **environment}).invoke(main, words, input=given)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return act


@pytest.fixture
def migrated(run: Run) -> Run:
    assert run("migrate").exit_code == 0
    return run


def catalogue(tmp_path: Path, secret: str = SECRET, uri: str = "https://voucher.example/cb", more: str = "") -> str:
    path = tmp_path / "agencies.toml"
    path.write_text(CATALOGUE.format(secret=secret, uri=uri) + more, encoding="utf-8")
    return str(path)


def test_migrates_once_and_back(run: Run) -> None:
    """The operator's contract: a second time nothing happens; `--down-to` goes back."""
    assert [run("migrate").exit_code for _ in range(2)] == [0, 0]
    assert run("check").exit_code == 0
    assert run("migrate", "--down-to", "base").exit_code == 0
    assert "idp migrate" in run("check").output


def test_says_what_is_wrong_with_an_unmigrated_database(run: Run, tmp_path: Path) -> None:
    """A sentence and exit status 1, no trace."""
    for words in (["agencies", "list"], ["agencies", "apply", catalogue(tmp_path)], ["housekeeping"]):
        answered = run(*words)
        assert answered.exit_code == 1
        assert "no such table" in answered.output
        assert "Traceback" not in answered.output


def test_checks_the_whole_configuration(migrated: Run, tmp_path: Path) -> None:
    """`idp check`: settings, database, tables, expiring store, keys, catalogue."""
    migrated("agencies", "apply", catalogue(tmp_path))
    answered = migrated("check")
    assert answered.exit_code == 0
    for word in ("settings", "database", "tables", "expiring", "keys", "1 agencies, 1 relying parties"):
        assert word in answered.output
    assert migrated("check", IDP_REDIS_URL=f"unix://{tmp_path}/nowhere").exit_code == 1
    assert migrated("check", IDP_ISSUER="https://id.example/").exit_code == 1
    assert migrated("check", IDP_RETENTION_FILE=str(tmp_path / "nowhere")).exit_code == 1


def test_checks_who_vouches_for_members(migrated: Run, tmp_path: Path) -> None:
    """`idp check`: providers are named, simulated ones with a warning; what cannot work ends it without its secret."""
    papers = [{**paper, "ca_file": None} for paper in simulator_papers("http://127.0.0.1:8110", new_keys())]
    answered = migrated("check", IDP_VERIFICATION__PROVIDERS=json.dumps(papers))
    assert answered.exit_code == 0
    assert "phone by simulator-nice" in answered.output
    assert "WARNING nobody real vouches" in answered.output
    assert "none (verification.providers)" in migrated("check").output
    broken = [{**paper, "ca_file": str(tmp_path / "nowhere.pem")} for paper in papers]
    refused = migrated("check", IDP_VERIFICATION__PROVIDERS=json.dumps(broken))
    assert (refused.exit_code, "ca_file" in refused.output) == (1, True)
    twice = migrated("check", IDP_VERIFICATION__PROVIDERS=json.dumps([papers[0], papers[0]]))
    assert (twice.exit_code, "more than one provider" in twice.output) == (1, True)
    secrets = [str(paper[name]) for paper in papers for name in ("secret", "client_secret", "kms_key") if name in paper]
    assert not [each for each in secrets if each in refused.output + twice.output]


def test_checks_that_clients_can_prove_themselves(migrated: Run, tmp_path: Path) -> None:
    """`idp check`: who registered a certificate needs a proxy that hands it on. RFC 8705 §2."""
    shows = """
[[agency.relying_party]]
id = "shows"
protocol = "oidc"
token_endpoint_auth_method = "tls_client_auth"
tls_client_auth_san_dns = "rp.example"
redirect_uris = ["https://shows.example/cb"]
"""
    assert migrated("agencies", "apply", catalogue(tmp_path, more=shows)).exit_code == 0
    assert "shows cannot prove itself by tls_client_auth" in migrated("check").output
    told = {"HEADER": "X-Client-Cert", "VERIFIED_HEADER": "X-Client-Verify", "PROXIES": '["10.0.0.0/8"]'}
    set_up = migrated("check", **{f"IDP_CLIENT_CERTIFICATES__{name}": value for name, value in told.items()})
    assert (set_up.exit_code, "cannot prove itself" in set_up.output) == (0, False)


def test_applies_a_file_and_shows_the_difference(migrated: Run, tmp_path: Path) -> None:
    """The operator's contract: a diff, idempotent, a dry run; no secret is printed."""
    rehearsed = migrated("agencies", "apply", catalogue(tmp_path), "--dry-run")
    assert "would add relying party voucher" in rehearsed.output
    assert "add relying party voucher" in migrated("agencies", "apply", catalogue(tmp_path)).output
    assert "nothing to change" in migrated("agencies", "apply", catalogue(tmp_path)).output
    changed = migrated("agencies", "apply", catalogue(tmp_path, uri="https://voucher.example/other"))
    assert "change relying party voucher (redirect_uris)" in changed.output
    assert "voucher (oidc)" in migrated("agencies", "list").output
    shown = migrated("agencies", "show", "voucher")
    assert json.loads(shown.output)["relying_parties"][0]["version"] == 2
    assert SECRET not in shown.output + changed.output + rehearsed.output
    assert migrated("agencies", "show", "nowhere").exit_code == 1


def test_names_the_key_of_a_bad_file(migrated: Run, tmp_path: Path) -> None:
    """Nothing is applied, and the operator reads which key of which file."""
    for changed, said in (
        ({"more": "colour = 1\n"}, "colour"),
        ({"uri": "http://voucher.example/cb"}, "voucher: redirect_uris"),
        ({"secret": "short"}, "client_secret"),
    ):
        answered = migrated("agencies", "apply", catalogue(tmp_path, **changed))
        assert answered.exit_code == 1
        assert said in answered.output
    assert "voucher" not in migrated("agencies", "list").output


def test_makes_and_finds_members(migrated: Run) -> None:
    """The operator's contract: `idp members create|show`; what names the member is not printed."""
    made = migrated("members", "create", *PERSON, "--phone", "010-1234-5678", "--password-stdin", given=PASSWORD + "\n")
    assert made.exit_code == 0
    shown = migrated("members", "show", "honggildong")
    assert shown.output.split() == [made.output.strip(), "person", "active"]
    again = migrated("members", "create", *PERSON, "--password-stdin", given=PASSWORD + "\n")
    assert again.exit_code == 1
    assert "already" in again.output
    company = migrated("members", "create", *ENTERPRISE, "--business-number", "123-45-67891")
    assert company.exit_code == 0
    assert migrated("members", "show", "nobody").exit_code == 1
    for output in (made.output, shown.output, again.output, company.output):
        assert "홍길동" not in output
        assert PASSWORD not in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (PERSON, "--password-stdin"),
        ([*PERSON[:2], "--email", "x@example.kr", "--password-stdin"], "--login-id"),
        ([*PERSON[:2], "--login-id", "no", *PERSON[4:], "--password-stdin"], "login id"),
        (ENTERPRISE, "business number"),
        ([*ENTERPRISE, "--business-number", "1234567890"], "checksum"),
        (["--kind", "enterprise", "--email", "x@example.kr"], "--company-name"),
    ],
)
def test_says_what_a_member_lacks(migrated: Run, words: list[str], said: str) -> None:
    """Exit status 1 and a sentence that names the option."""
    answered = migrated("members", "create", *words, given=PASSWORD + "\n")
    assert answered.exit_code == 1
    assert said in answered.output


def test_keeps_house(migrated: Run, tmp_path: Path, variables: Mapping[str, str]) -> None:
    """`idp housekeeping`: sweeps, seals, and says where the audit trail was changed after the fact."""
    migrated("agencies", "apply", catalogue(tmp_path))
    assert "sealed 1" in migrated("housekeeping").output
    assert "sealed 0" in migrated("housekeeping").output
    database = Database(variables["IDP_DATABASE_URL"])
    with database.transaction() as connection:
        connection.execute(update(audit_records).values(actor="somebody else"))
        connection.execute(text("INSERT INTO expiring VALUES ('k', x'00', NULL, '2020-01-01 00:00:00.000000')"))
    database.close()
    answered = migrated("housekeeping")
    assert answered.exit_code == 1
    assert "swept 1" in answered.output
    assert "broken at position 1" in answered.output


def test_lists_every_command() -> None:
    """The operator's contract."""
    listed = CliRunner().invoke(main, ["--help"]).output
    for name in ("agencies", "check", "demo", "housekeeping", "keys", "members", "migrate", "serve", "worker"):
        assert name in listed
    assert CliRunner().invoke(main, ["unheard-of"]).exit_code == 2
