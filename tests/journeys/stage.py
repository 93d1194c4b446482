"""The whole at work: provider, worker and three relying parties, as `idp demo` starts them, on ports of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from idp.commands.demo import Demonstration, bring_up, catalogue_for, demonstration
from idp.commands.members import members
from idp.commands.processes import Processes
from idp.settings import process_environment
from tests.journeys.patience import eventually
from tests.journeys.person import Person, somebody
from tests.ports import reserved_ports

PARTIES = ("voucher", "kamp", "smtech")
REQUEST_SECONDS = 2
LEASE_SECONDS = 2 * REQUEST_SECONDS + 10
"""How long what a killed worker had in hand stays out of reach (`lease_for`)."""


@dataclass(frozen=True)
class Heard:
    """What a relying party knows of one subject: the link as it believes, and the events in the order they came."""

    link: Mapping[str, Any] | None
    events: tuple[Mapping[str, Any], ...]

    @property
    def steps(self) -> list[tuple[int | None, str]]:
        """Version and what it said, of each event in its order."""
        return [(event["version"], event["status"] or event["type"].rpartition("/")[2]) for event in self.events]

    @property
    def applied_once_each(self) -> bool:
        """Whether every event had its effect, and had it once however often it came: by itself, or because a comparison
        of whole lists had told the same a moment before."""
        changes = self.link["changes"] if self.link else 0
        return changes == len(self.events) == len({event["jti"] for event in self.events}) and all(
            event["applied"] or event["remark"] == "not_newer" for event in self.events
        )

    @property
    def duplicates(self) -> int:
        return sum(event["duplicates"] for event in self.events)


@dataclass(frozen=True)
class Stage:
    """What a journey reaches besides the browser."""

    told: Demonstration
    processes: Processes

    @property
    def provider(self) -> str:
        return self.told.provider

    @property
    def database_url(self) -> str:
        return self.told.environment["IDP_DATABASE_URL"]

    @property
    def redis_url(self) -> str | None:
        return self.told.environment.get("IDP_REDIS_URL")

    @property
    def logs(self) -> list[Path]:
        """Every log of every process."""
        return sorted((self.told.directory / "log").iterdir())

    @property
    def breakages(self) -> list[str]:
        """Lines of any log that tell of an unforeseen failure."""
        lines = (line for log in self.logs for line in log.read_text("utf-8", "replace").splitlines())
        return [line for line in lines if "request.failed" in line or "Traceback" in line]

    def party(self, name: str) -> str:
        return self.told.party(name)

    def port(self, name: str) -> int:
        return int(self.party(name).rpartition(":")[2])

    def newcomer(self) -> Person:
        """A member who has just joined."""
        person = somebody()
        given = ["--kind", "person", "--login-id", person.login_id, "--name", person.name, "--password-stdin"]
        reach = ["--email", person.email, "--phone", person.phone, "--agreed-to-terms"]
        made = CliRunner(env=dict(self.told.environment)).invoke(
            members, ["create", *given, *reach], input=person.password, catch_exceptions=False
        )
        assert made.exit_code == 0, made.output
        return replace(person, id=made.output.strip())

    def heard(self, party: str, subject: str) -> Heard:
        """What `party` knows of the link of `subject` now."""
        link, events = None, list[Mapping[str, Any]]()
        for page in range(1, 100):
            said = requests.get(f"{self.party(party)}/state", {"page": page}, timeout=5).json()
            link = next((each for each in said["links"] if each["subject"] == subject), None)
            events += [event for event in said["events"] if event["subject"] == subject and _is_about_a_link(event)]
            if len(said["events"]) < 100:
                break
        return Heard(link, tuple(sorted(events, key=lambda event: event["number"])))

    def heard_until(self, party: str, subject: str, steps: list[tuple[int | None, str]], seconds: float = 20) -> Heard:
        """What `party` knows once `steps` have arrived; fails when others do, or none."""

        def look() -> Heard | None:
            heard = self.heard(party, subject)
            return heard if len(heard.events) >= len(steps) else None

        heard = eventually(look, seconds)
        assert heard.steps == steps
        return heard

    def query(self, statement: str, **values: object) -> list[Any]:
        """Rows of the provider's database."""
        engine = create_engine(self.database_url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement), values))
        finally:
            engine.dispose()


def _is_about_a_link(event: Mapping[str, Any]) -> bool:
    return event["type"].rpartition("/")[2] in ("account-link-changed", "account-purged")


@contextmanager
def raised(
    directory: Path, given: Mapping[str, str], *, simulator: bool = False, named: bool = False
) -> Iterator[Stage]:
    """A running stage with its files in `directory`; `given` goes to every process. `named` gives the provider a host
    with a name, without which there are no passkeys.

    Without `simulator` the stand-ins inside the provider vouch, which spares most journeys a process.
    """
    usual = {"IDP_EVENTS__TOTAL_TIMEOUT": f"PT{REQUEST_SECONDS}S"}
    if not simulator:
        # Journeys that are not about certificates prove businesses by the stand-in, and join as the sample enterprise.
        given = {"IDP_VERIFICATION__PROVIDERS": "[]", "IDP_CERTIFICATES__METHODS": "[]", **given}
    with addresses_of_our_own() as addresses, Processes(directory / "log") as processes:
        if named:
            addresses["IDP_ISSUER"] = addresses["IDP_ISSUER"].replace("127.0.0.1", "localhost")
        told = demonstration(directory, {**process_environment(), **addresses, **usual, **given})
        bring_up(told, processes, catalogue_for(told))
        stage = Stage(told, processes)
        yield stage
        # What no test looked at must not have gone wrong either: nothing here is meant to break a program of ours.
        assert stage.breakages == []


@contextmanager
def addresses_of_our_own() -> Iterator[dict[str, str]]:
    """An address for each server of a demonstration, by the variable that sets it; nobody else is given one of them."""
    names = ("IDP_ISSUER", "VOUCHER_URL", "KAMP_URL", "SMTECH_URL", "SIMULATOR_URL")
    with reserved_ports(len(names)) as ports:
        yield {name: f"http://127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}
