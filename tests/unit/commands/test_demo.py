"""`idp demo`, without running it whole: the journeys do that."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.commands.demo import demo, demonstration
from tests.ports import reserved_ports

_ADDRESSES = {
    "IDP_ISSUER": "http://127.0.0.1:{0}",
    "VOUCHER_URL": "http://127.0.0.1:{1}",
    "KAMP_URL": "http://127.0.0.1:{2}",
    "SMTECH_URL": "http://127.0.0.1:{3}",
    "SIMULATOR_URL": "http://127.0.0.1:{4}",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that looks like the project's, with ports of its own."""
    shutil.copytree("config", tmp_path / "config")
    (tmp_path / "relying_parties").mkdir()
    monkeypatch.chdir(tmp_path)
    with reserved_ports(5) as ports:
        for name, pattern in _ADDRESSES.items():
            monkeypatch.setenv(name, pattern.format(*ports))
        yield tmp_path


def test_gives_everybody_the_same_issuer() -> None:
    """`iss` is compared byte for byte."""
    told = demonstration(Path("d"), {"IDP_ISSUER": "http://127.0.0.1:9000"}).environment
    assert {told[f"{name}_ISSUER"] for name in ("VOUCHER", "KAMP", "SMTECH", "IDP")} == {"http://127.0.0.1:9000"}
    assert told["SMTECH_IDP_METADATA_URL"] == "http://127.0.0.1:9000/saml/metadata"


def test_leaves_what_is_given_as_it_is() -> None:
    """Another database is a variable away."""
    told = demonstration(Path("d"), {"IDP_DATABASE_URL": "postgresql+psycopg:///demo"})
    assert told.environment["IDP_DATABASE_URL"] == "postgresql+psycopg:///demo"
    assert told.environment["IDP_KEYS_DIR"] == "d/keys"


@pytest.mark.parametrize("variable", sorted(_ADDRESSES))
def test_names_a_busy_port_and_the_way_out(project: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Before anything is made: a clear sentence, not a trace."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
        result = CliRunner().invoke(demo, [])
    assert result.exit_code == 1
    assert f"Port {port}" in result.output
    assert f"{variable}=http://127.0.0.1:" in result.output
    assert "Traceback" not in result.output
    assert not (project / "var").exists()


def test_says_where_to_run_it(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere there is no catalogue to apply."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    result = CliRunner().invoke(demo, [])
    assert result.exit_code == 1
    assert "project's directory" in result.output


def test_starts_no_simulator_where_other_providers_are_set() -> None:
    """Issue: what an operator sets is used; two sources of providers would be one too many."""
    told = demonstration(Path("d"), {"IDP_VERIFICATION__PROVIDERS": "[]"})
    assert "simulator" not in told.addresses
    assert demonstration(Path("d"), {}).addresses["simulator"] == ("http://127.0.0.1:8110", "SIMULATOR_URL")


def test_lets_the_simulator_sign_only_where_its_laboratory_is_made() -> None:
    """Whoever trusts other authorities, or none, gets no provider whose signatures nobody could weigh."""
    assert "SIMULATOR_CERTIFICATES" in demonstration(Path("d"), {}).environment
    for given in ({"IDP_CERTIFICATES__ROOTS": "elsewhere"}, {"IDP_CERTIFICATES__METHODS": "[]"}):
        assert "SIMULATOR_CERTIFICATES" not in demonstration(Path("d"), given).environment
