"""`python -m benchmarks.agency_api`: an agency with many links reads, compares, confirms them and sends its roster.

A real server before a PostgreSQL that writes through to its disk, called over HTTP as an agency's server calls it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import requests

from benchmarks import machine, meter
from benchmarks.event_population import linked_members
from benchmarks.stage import HONEST, free_port
from idp.commands.agencies import apply_file
from idp.commands.processes import IDP, Processes, Program
from idp.house import build
from idp.settings import load, process_environment
from idp.storage.database import Database
from idp.storage.migrations import upgrade
from relying_parties.reconciliation import digests
from tests.servers import postgres_server

Result = TypeVar("Result")
_SECRET = "benchmark-secret-benchmark-secret-benchmark"
_AGENCY = f"""[[agency]]
id = "agency0"
name = "측정"
description = ""
business_types = ["측정"]

[[agency.relying_party]]
id = "party0"
protocol = "oidc"
client_secret = "{_SECRET}"
redirect_uris = ["http://127.0.0.1:1/callback"]
scope = "openid profile"

[agency.relying_party.machine_client]
client_secret = "{_SECRET}"
scope = "links.read links.manage roster.manage"
"""


@dataclass(frozen=True)
class Caller:
    """The agency's server, and the process that answers it."""

    issuer: str
    token: str
    root: int

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        url = f"{self.issuer}/agency/v1{path}"
        answered = requests.request(method, url, headers=headers, timeout=600, **options)
        if answered.status_code != 200:
            raise click.ClickException(f"{method} {path}: {answered.status_code} {answered.text[:200]}")
        return answered

    def upload(self, method: str, path: str, lines: list[dict[str, Any]]) -> requests.Response:
        body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        return self.call(method, path, data=body, headers={"Content-Type": "application/x-ndjson"})

    def everything(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query = {"limit": "1000"}
        while True:
            page = self.call("GET", "/links", params=query).json()
            found += page["links"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]


@click.command()
@click.option("--links", "count", type=click.IntRange(1000, 5_000_000), default=100_000, show_default=True)
def run(count: int) -> None:
    """Measure, and print a table in Markdown."""
    with _provider(count) as caller:
        click.echo(f"{'; '.join(machine.facts())}\n\n### {count:,} links of one agency, PostgreSQL\n")
        click.echo("| what | seconds | server's CPU-seconds | server's MiB afterwards |")
        click.echo("|---|---|---|---|")
        links = _row(caller, "every link, 1,000 a page", caller.everything)
        ours = digests((each["link_id"], each["version"], each["status"]) for each in links)
        _row(caller, "digests, made", lambda: caller.call("GET", "/links/digest"))
        _row(caller, "digests, kept", lambda: caller.call("GET", "/links/digest"))
        first = _row(caller, "digests compared, every link newly confirmed", lambda: _compare(caller, ours))
        if (first["differing"], first["newly_confirmed"]) != ([], count):
            raise click.ClickException(f"not equal: {first}")
        _row(caller, "digests compared, nothing new", lambda: _compare(caller, ours))
        _row(caller, "whole lists compared, no difference", lambda: caller.upload("POST", "/links/diff", links))
        _row(caller, "whole lists compared, all missing", lambda: caller.upload("POST", "/links/diff", links[:1]))
        roster = [
            {"reference": f"a{number}", "display_name": f"계정 {number}", "ci": f"{number:086d}=="}
            for number in range(count)
        ]
        _row(caller, "roster, new", lambda: caller.upload("PUT", "/roster", roster))
        _row(caller, "roster, the same", lambda: caller.upload("PUT", "/roster", roster))


def _compare(caller: Caller, ours: dict[str, dict[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = caller.call("POST", "/links/digest", json={"buckets": ours}).json()
    return said


def _row(caller: Caller, what: str, act: Callable[[], Result]) -> Result:
    before, began = meter.processor_seconds([caller.root]), time.monotonic()
    result = act()
    seconds, spent = time.monotonic() - began, meter.processor_seconds([caller.root]) - before
    click.echo(f"| {what} | {seconds:.2f} | {spent:.2f} | {meter.resident_mebibytes([caller.root]):.0f} |")
    return result


@contextmanager
def _provider(count: int) -> Iterator[Caller]:
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as there, postgres_server(HONEST) as cluster:
        directory = Path(there)
        cluster.create("idp")
        environment = {
            **{name: value for name, value in process_environment().items() if not name.startswith("IDP_")},
            "IDP_ISSUER": issuer,
            "IDP_DATABASE_URL": cluster.url("idp"),
            "IDP_KEYS_DIR": str(directory / "keys"),
            "IDP_AGENCY_API__CALLS_PER_MINUTE": "1000000",
        }
        settings = load(environment)
        with closing(Database(settings.database_url)) as database:
            upgrade(database)
        (directory / "agency.toml").write_text(_AGENCY, encoding="utf-8")
        with closing(build(settings)) as house:
            apply_file(house, directory / "agency.toml")
            linked_members(house, count, 1)
            with house.database.reading() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        with Processes(directory / "log") as processes:
            processes.start(Program("idp", (*IDP, "serve", "--port", str(port)), environment, f"{issuer}/healthz"))
            processes.wait_until_ready("idp", 60)
            token = requests.post(
                f"{issuer}/oidc/token",
                data={"grant_type": "client_credentials"},
                auth=("party0-machine", _SECRET),
                timeout=10,
            ).json()["access_token"]
            yield Caller(issuer, token, processes.pid("idp"))


if __name__ == "__main__":
    sys.exit(run())
