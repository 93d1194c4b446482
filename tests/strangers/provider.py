"""The provider as a process of its own, with the strangers registered and one member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner

from idp.clock import SystemClock
from idp.commands.agencies import agencies, apply_file
from idp.commands.demo import Demonstration, demonstration
from idp.commands.demo_person import ensure_person
from idp.commands.processes import Processes
from idp.crypto.keyring import ensure_keys
from idp.house import build
from idp.randomness import SystemRandomness
from idp.settings import load, process_environment
from idp.storage.database import Database
from idp.storage.migrations import upgrade
from idp.terms.apply import ApplyTerms
from idp.terms.documents_folder import read as read_documents
from tests.ports import reserved_ports

_ROOT = Path(__file__).parents[2]
_REGISTRATIONS = Path(__file__).parent / "registrations.toml"
# No verification and no certificates: the member is there, and strangers only sign in.
_SPARE = {"IDP_VERIFICATION__PROVIDERS": "[]", "IDP_CERTIFICATES__METHODS": "[]"}


@dataclass(frozen=True)
class RunningProvider:
    """What a stranger is told of the provider, and where its logs are."""

    issuer: str
    logs: Path
    environment: Mapping[str, str]
    """As its commands are told it."""

    def configuration(self) -> dict[str, Any]:
        """Its discovery document."""
        said: dict[str, Any] = requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).json()
        return said

    def initial_access_token(self, agency_id: str, host: str) -> str:
        """By which a client of that agency may register itself, with addresses at `host`."""
        said = ["initial-access-token", "--agency", agency_id, "--redirect-host", host, "--scope", "openid"]
        scopes = ["--scope", "email", "--scope", "offline_access"]
        made = CliRunner(env=dict(self.environment)).invoke(agencies, [*said, *scopes], catch_exceptions=False)
        assert made.exit_code == 0, made.output
        return made.stdout.strip().splitlines()[-1]

    @property
    def breakages(self) -> list[str]:
        """Lines of its logs that tell of an unforeseen failure."""
        lines = (line for log in self.logs.iterdir() for line in log.read_text("utf-8", "replace").splitlines())
        return [line for line in lines if "request.failed" in line or "Traceback" in line]


@contextmanager
def running(directory: Path, written: Mapping[str, str], given: Mapping[str, str]) -> Iterator[RunningProvider]:
    """A provider and its worker, with their files in `directory`.

    In `registrations.toml` each name in `written`, between two `@`, stands for its text.
    """
    with reserved_ports(1) as [port], Processes(directory / "log") as processes:
        told = demonstration(
            directory, {**process_environment(), "IDP_ISSUER": f"http://127.0.0.1:{port}", **_SPARE, **given}
        )
        _prepare(told, _registrations(directory, written))
        for program in told.provider_programs:
            processes.start(program)
        for program in told.provider_programs:
            processes.wait_until_ready(program.name, 60)
        provider = RunningProvider(told.provider, directory / "log", told.environment)
        yield provider
        assert provider.breakages == []


def _registrations(directory: Path, written: Mapping[str, str]) -> Path:
    text = _REGISTRATIONS.read_text("utf-8")
    for name, words in written.items():
        text = text.replace(f"@{name}@", words)
    copy = directory / _REGISTRATIONS.name
    copy.write_text(text, "utf-8")
    return copy


def _prepare(told: Demonstration, registrations: Path) -> None:
    settings = load(told.environment)
    with closing(Database(settings.database_url)) as database:
        upgrade(database)
    ensure_keys(settings.keys_dir, clock=SystemClock(), randomness=SystemRandomness())
    with closing(build(settings)) as house:
        apply_file(house, registrations)
        ApplyTerms(house.database, house.clock)(read_documents(_ROOT / "config" / "terms"), actor="command")
        ensure_person(house)
