"""`idp demo`: the whole on this machine – provider, worker, sample relying parties, simulator – until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from idp.clock import SystemClock
from idp.commands.agencies import apply_file
from idp.commands.demo_certificates import ensure_enterprise, prepare_lab, told_of_lab, words
from idp.commands.demo_person import LOGIN_ID, PASSWORD, ensure_person
from idp.commands.demo_simulator import ADDRESS, simulated_providers, simulator_program, told_of_simulator
from idp.commands.processes import IDP, Processes, Program, port_is_free
from idp.crypto.keyring import ensure_keys
from idp.errors import ConfigurationError, IdpError
from idp.house import build
from idp.randomness import SystemRandomness
from idp.settings import load, process_environment
from idp.storage.database import Database
from idp.storage.migrations import upgrade
from idp.terms.apply import ApplyTerms
from idp.terms.documents_folder import read as read_documents

_CATALOGUE = Path("config/agencies.toml")
_TERMS = Path("config/terms")
_PROVIDER = "http://127.0.0.1:8000"
_PARTIES = {
    "voucher": ("http://127.0.0.1:8101", "혁신바우처 · OpenID Connect"),
    "kamp": ("http://127.0.0.1:8102", "KAMP · OpenID Connect"),
    "smtech": ("http://127.0.0.1:8103", "SMTECH · SAML 2.0"),
}
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Demonstration:
    """Where everything of one demonstration is and what its programs are told."""

    directory: Path
    environment: Mapping[str, str]

    @property
    def provider(self) -> str:
        return self.environment["IDP_ISSUER"]

    def party(self, name: str) -> str:
        return self.environment[f"{name.upper()}_URL"]

    @property
    def addresses(self) -> Mapping[str, tuple[str, str]]:
        """Per program: its address, and the variable that moves it."""
        parties = {name: (self.party(name), f"{name.upper()}_URL") for name in _PARTIES}
        simulator = {each.name: (self.environment[ADDRESS], ADDRESS) for each in simulator_program(self.environment)}
        return {"idp": (self.provider, "IDP_ISSUER"), **parties, **simulator}

    @property
    def provider_programs(self) -> tuple[Program, ...]:
        serve = (*IDP, "serve", "--port", str(_port(self.provider)))
        return (
            Program("idp", serve, self.environment, f"{self.provider}/healthz"),
            Program("worker", (*IDP, "worker"), self.environment),
        )

    @property
    def reconciliation(self) -> Program:
        """What compares voucher's links with the provider's; every night would do where nobody watches."""
        module = (sys.executable, "-m", "relying_parties.voucher.reconcile", "--every", "15")
        return Program("voucher-reconcile", module, self.environment)

    @property
    def parties(self) -> tuple[Program, ...]:
        return tuple(
            Program(
                name, (sys.executable, "-m", f"relying_parties.{name}"), self.environment, f"{self.party(name)}/healthz"
            )
            for name in _PARTIES
        )


def demonstration(directory: Path, given: Mapping[str, str]) -> Demonstration:
    """A demonstration that keeps its files in `directory`; what `given` already says stands."""
    provider = given.get("IDP_ISSUER", _PROVIDER)
    told = {
        "IDP_ENVIRONMENT": "demo",
        "IDP_ISSUER": provider,
        "IDP_DATABASE_URL": f"sqlite:///{directory / 'idp.db'}",
        "IDP_KEYS_DIR": str(directory / "keys"),
        "IDP_MAIL__OUTBOX_DIR": str(directory / "outbox"),
        **told_of_lab(directory),
        **told_of_simulator(directory, given, provider),
    }
    for name, (address, _) in _PARTIES.items():
        prefix = name.upper()
        told[f"{prefix}_URL"] = given.get(f"{prefix}_URL", address)
        told[f"{prefix}_ISSUER"] = provider
        told[f"{prefix}_DATABASE"] = str(directory / f"{name}.db")
    told["SMTECH_IDP_METADATA_URL"] = f"{provider}/saml/metadata"
    told["SMTECH_CLIENT_ID"] = f"{told['SMTECH_URL']}/saml/metadata"
    return Demonstration(directory, {**told, **given})


@click.command()
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where databases, keys and logs are kept. Remove it to begin afresh.",
)
def demo(directory: Path) -> None:
    """Run the provider, its worker, three sample relying parties and the verification simulator on this machine.

    The first start makes a database, keys and a sample member; later ones find them. Runs from the project's directory,
    where config/agencies.toml is. Ctrl-C stops everything.

    \b
    Another port:  IDP_ISSUER=http://127.0.0.1:9000 idp demo
                   VOUCHER_URL=http://127.0.0.1:9101 idp demo     (KAMP_URL, SMTECH_URL, SIMULATOR_URL alike)
    Any IDP_… variable that is set is used, such as IDP_DATABASE_URL=postgresql+psycopg://…
    """
    before = {number: signal.signal(number, _interrupt) for number in _STOPS}
    try:
        _run(demonstration(directory, process_environment()))
    except KeyboardInterrupt:
        click.echo("demo: stopped")
    except IdpError as error:
        raise click.ClickException(error.detail or error.code) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(told: Demonstration) -> None:
    started = time.monotonic()
    _require_free_ports(told)
    catalogue = catalogue_for(told)
    with Processes(told.directory / "log") as processes:
        try:
            bring_up(told, processes, catalogue)
            _say(f"ready after {time.monotonic() - started:.0f} s")
            click.echo(_welcome(told))
            while True:
                time.sleep(0.5)
                processes.check()
        finally:
            # A second Ctrl-C must not leave half of them running; the patience of `stop_all` bounds the wait.
            for number in _STOPS:
                signal.signal(number, signal.SIG_IGN)
            _say("stopping …")


def bring_up(told: Demonstration, processes: Processes, catalogue: Path) -> None:
    """Everything of `told` runs and answers.

    What needs nothing starts first, and the rest is prepared meanwhile, in this process: a command for each step would
    cost seconds of imports, and a second start should be quick.

    Raises:
        IdpError: something did not start, or could not be prepared.
    """
    simulator = simulator_program(told.environment)
    for program in (*told.parties, *simulator):
        processes.start(program)
    if simulator:
        told = replace(told, environment={**told.environment, **simulated_providers(told.environment)})
    settings = load(told.environment)
    _say("database …")
    with closing(Database(settings.database_url)) as database:
        upgrade(database)
    _say("keys …")
    ensure_keys(settings.keys_dir, clock=SystemClock(), randomness=SystemRandomness())
    _say("certificates …")
    prepare_lab(told.directory, settings)
    for program in told.provider_programs:
        processes.start(program)
    with closing(build(settings)) as house:
        _say("agencies and their relying parties …")
        apply_file(house, catalogue)
        _say("terms …")
        ApplyTerms(house.database, house.clock)(read_documents(_TERMS), actor="command")
        _say("sample members …")
        ensure_person(house)
        ensure_enterprise(told.directory, house)
    for program in (*told.provider_programs, *told.parties, *simulator):
        _say(f"waiting for {program.name} …")
        processes.wait_until_ready(program.name, 60)
    processes.start(told.reconciliation)


def _require_free_ports(told: Demonstration) -> None:
    for name, (address, variable) in told.addresses.items():
        port = _port(address)
        if port_is_free(port):
            continue
        another = next(each for each in range(port + 100, 65535, 100) if port_is_free(each))
        raise ConfigurationError(
            f"Port {port}, meant for {name}, is taken by another program – perhaps an earlier demo.\n"
            f"Stop that program (`ss -ltnp 'sport = :{port}'` or `lsof -i :{port}` names it), or choose another port:\n"
            f"  {variable}=http://127.0.0.1:{another} make demo"
        )


def catalogue_for(told: Demonstration) -> Path:
    """The registration file; where an address was moved, a copy that says so.

    Raises:
        ConfigurationError: we are not in the project's directory.
    """
    if not _CATALOGUE.is_file() or not Path("relying_parties").is_dir():
        raise ConfigurationError(f"run this from the project's directory: {_CATALOGUE} is not here")
    moved = {usual: told.party(name) for name, (usual, _) in _PARTIES.items() if told.party(name) != usual} | (
        {_PROVIDER: told.provider} if told.provider != _PROVIDER else {}
    )
    if not moved:
        return _CATALOGUE
    copies = told.directory / "config"
    for file in _CATALOGUE.parent.rglob("*"):
        if file.suffix in (".toml", ".xml"):
            text = file.read_text(encoding="utf-8")
            for usual, now in moved.items():
                text = text.replace(usual, now)
            copy = copies / file.relative_to(_CATALOGUE.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
    return copies / _CATALOGUE.name


def _welcome(told: Demonstration) -> str:
    parties = "\n".join(f"  {told.party(name):<28} {label}" for name, (_, label) in _PARTIES.items())
    simulator = told.environment.get(ADDRESS, "(none: other providers are set)")
    return f"""
The demo runs; Ctrl-C stops it.

  {told.provider:<28} the provider: sign-in page, a member's own pages (/account/)
{parties}
  {simulator:<28} the verification simulator: 시험용 휴대전화 (nobody's identity is real)

  Sample member              {LOGIN_ID} / {PASSWORD}
{words(told.directory)}
  Voucher's own login        testId1 / Voucher!2026

Try
  1. {told.party("voucher")}: press 통합로그인, sign in as the sample member, agree.
  2. {told.party("kamp")}: press 통합로그인; no password is asked. Then press 토큰 확인.
  3. {told.party("smtech")}: the same by SAML. The subject differs at every agency.
  4. {told.provider}/account/agencies: 계정 연결 중단 at KAMP. Look at kamp's page again, and at 토큰 확인.
  5. {told.party("voucher")}: 통합로그인, 기업 회원 로그인, with the sample enterprise's certificate.
  6. {told.provider}/join/: 통합회원가입, 개인 간편인증서 as 고길동, 19780228, 010-0000-0003. Approve at {simulator}.
     Tick KAMP in step 5: its account is made by SCIM, 가입 완료 in a second or two.
  7. {told.provider}/recovery/password: a new password for {LOGIN_ID} as 홍길동, 19900101, 010-0000-0001.
  8. {told.provider}/account/withdraw: 탈퇴하기. Voucher and smtech show it; voucher's own login still works.

  Logs are in {told.directory / "log"}. To begin afresh: rm -r {told.directory}
"""


def _say(words: str) -> None:
    click.echo(f"demo: {words}")


def _port(address: str) -> int:
    return urlsplit(address).port or 80


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
