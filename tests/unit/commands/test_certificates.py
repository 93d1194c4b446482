"""`idp certificates`, as an operator runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.commands import certificates as command
from idp.commands.check import check
from idp.house import House
from idp.randomness import SystemRandomness
from idp.verification.lab.make import Lab, make_lab, renew
from tests.builders import an_enterprise

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """By the machine's own clock, which commands go by."""
    return make_lab(tmp_path_factory.mktemp("lab"), SystemClock().now(), SystemRandomness())


@pytest.fixture
def run(house: House, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `idp certificates …` over a house that trusts the lab."""
    monkeypatch.setenv("IDP_DATABASE_URL", house.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(house.settings.keys_dir))
    monkeypatch.setenv("IDP_CERTIFICATES__ROOTS", str(lab.authorities))
    monkeypatch.setenv("IDP_CERTIFICATES__CRLS_DIR", str(tmp_path / "crls"))
    return lambda *arguments: CliRunner().invoke(command.certificates, [str(each) for each in arguments])


def certificate(lab: Lab, folder: str) -> Path:
    return lab.directory / "members" / folder / "signCert.der"


def test_lists_authorities_and_the_age_of_lists(run: Run, lab: Lab) -> None:
    """Issue: file-imported CRLs with age shown."""
    empty = run("list")
    assert "none: idp certificates import-crl FILE" in empty.output
    assert empty.output.count("SHA-256") == 2
    assert empty.output.count("LAB") >= 2
    assert run("import-crl", *lab.lists).exit_code == 0
    listed = run("list").output
    assert "0 d 0 h old  good for 6 d" in listed
    assert "2 entries" in listed


def test_imports_no_list_that_is_old(run: Run, lab: Lab, tmp_path: Path) -> None:
    """Issue: refused when older than nextUpdate; nothing is kept of it."""
    now = SystemClock().now()
    listed = lab.ca.revocation_list([], now - timedelta(days=9), now - timedelta(days=2), 1)
    old = tmp_path / "old.crl"
    old.write_bytes(listed.public_bytes(Encoding.DER))
    refused = run("import-crl", old)
    assert (refused.exit_code, "past its nextUpdate" in refused.output) == (1, True)
    assert not (tmp_path / "crls").exists()
    assert run("import-crl", certificate(lab, "business")).exit_code == 1


def test_shows_a_certificate_and_what_we_think_of_it(run: Run, lab: Lab) -> None:
    """Which check refuses it, by its log code."""
    assert "refused: certificate_revocation_unknown" in run("show", certificate(lab, "business")).output
    run("import-crl", *lab.lists)
    shown = run("show", certificate(lab, "business")).output
    assert "business     accepted" in shown
    assert "person       refused: verification_holder_mismatch" in shown
    assert "VID yes" in shown
    assert "refused: certificate_revoked" in run("show", certificate(lab, "business-revoked")).output
    assert run("show", lab.directory / "members" / "business" / "signPri.key").exit_code == 1


def test_registers_a_certificate_that_an_operator_vouches_for(run: Run, lab: Lab, house: House) -> None:
    """In the audit it says so, and who."""
    run("import-crl", *lab.lists)
    assert "no enterprise has this" in run("register", "1237894566", certificate(lab, "business")).output
    an_enterprise(house, "1237894566")
    assert run("register", "1237894566", certificate(lab, "business"), "--name", "대표").exit_code == 0
    assert run("register", "1237894566", certificate(lab, "business")).exit_code == 1
    assert run("register", "1237894566", certificate(lab, "business-revoked")).exit_code == 1
    with house.database.reading() as connection:
        rows = connection.execute(select(audit_records).where(audit_records.c.action == "certificate.registered")).all()
    assert [(row.actor, row.detail["vouched"]) for row in rows] == [("command", True)]


def test_makes_a_lab_and_renews_its_lists(run: Run, tmp_path: Path) -> None:
    """Issue: `idp certificates lab`."""
    made = run("lab", tmp_path / "another")
    assert made.exit_code == 0
    assert "password of every key file: LabCert!2026" in made.output
    assert (tmp_path / "another" / "members" / "business" / "signPri.key").is_file()
    assert run("lab", tmp_path / "another").exit_code == 1
    assert run("lab", tmp_path / "another", "--renew").exit_code == 0
    assert run("lab", tmp_path, "--renew").exit_code == 1


def test_check_says_what_certificates_stand_on(run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """`idp check` says so."""
    said = CliRunner().invoke(check, []).output
    assert "a lab's authorities are trusted" in said
    assert "every certificate is refused" in said
    renew(lab, SystemClock().now())
    run("import-crl", *lab.lists)
    assert "every certificate is refused" not in CliRunner().invoke(check, []).output
    monkeypatch.setenv("IDP_CERTIFICATES__REVOCATION_REQUIRED", "false")
    assert "revoked certificates are accepted" in CliRunner().invoke(check, []).output
    monkeypatch.setenv("IDP_ENVIRONMENT", "production")
    monkeypatch.setenv("IDP_ISSUER", "https://id.example.test")
    monkeypatch.setenv("IDP_SECRET_KEY", "0123456789abcdef" * 2)
    monkeypatch.setenv("IDP_CERTIFICATES__REVOCATION_REQUIRED", "true")
    for name, value in {
        "VERIFICATION__SIMULATED": "false",
        "MAIL__DELIVERY": "smtp",
        "MAIL__SMTP_HOST": "127.0.0.1",
        "SMS__DELIVERY": "gateway",
        "SMS__GATEWAY_URL": "https://sms.example.test/",
    }.items():
        monkeypatch.setenv(f"IDP_{name}", value)
    refused = CliRunner().invoke(check, [])
    assert (refused.exit_code, "certificates of a lab" in refused.output) == (1, True)
