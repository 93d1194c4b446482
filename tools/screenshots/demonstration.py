"""A demonstration to walk through: every program of it, on ports and in a directory of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.screenshots.camera import NotReady

ROOT = Path(__file__).parents[2]
_IDP = (sys.executable, "-c", "from idp.commands import main; main()")
_START_SECONDS, _LETTER_SECONDS = 120, 30
_ADDRESSES = {
    # By a name, which passkeys need, and one site, or the SAML answer would meet no cookie.
    "IDP_ISSUER": "http://localhost:8950",
    "VOUCHER_URL": "http://localhost:8951",
    "KAMP_URL": "http://localhost:8952",
    "SMTECH_URL": "http://localhost:8953",
    "SIMULATOR_URL": "http://localhost:8954",
}


@dataclass(frozen=True)
class Site:
    """Where everything of it is."""

    directory: Path

    @property
    def provider(self) -> str:
        return _ADDRESSES["IDP_ISSUER"]

    def party(self, name: str) -> str:
        return _ADDRESSES[f"{name.upper()}_URL"]

    @property
    def certificates(self) -> Path:
        """The lab's certificate files of the sample company and others."""
        return self.directory / "certificates" / "members"

    def link_in_letter(self, letter: str, path: str) -> str:
        """The newest letter's link whose path begins so.

        Raises:
            NotReady: no such letter was sent.
        """
        pattern = re.compile(re.escape(self.provider + path) + r"[\w/-]+")
        return self._letter(letter, lambda each: pattern.search(each["text"]))[1][0]

    def code_in_letter(self, letter: str) -> str:
        """The six digits of the newest letter.

        Raises:
            NotReady: no such letter was sent.
        """
        return self._letter(letter, lambda each: re.search(r"\b\d{6}\b", each["text"]))[1][0]

    def address_of_letter(self, letter: str, channel: str) -> str:
        """Path of the outbox's page of the newest letter of this name that went by e-mail or SMS.

        Raises:
            NotReady: no such letter was sent.
        """
        pattern = re.compile(channel)
        return f"/demo/outbox/{self._letter(letter, lambda each: pattern.fullmatch(each['channel']))[0]['id']}"

    def _letter(
        self, letter: str, look: Callable[[Mapping[str, str]], re.Match[str] | None]
    ) -> tuple[Mapping[str, str], re.Match[str]]:
        deadline = time.monotonic() + _LETTER_SECONDS
        while time.monotonic() < deadline:
            for file in sorted((self.directory / "outbox").glob("*.json"), reverse=True):
                sent = json.loads(file.read_text("utf-8"))
                found = look(sent) if sent["letter"] == letter else None
                if found:
                    return sent, found
            time.sleep(0.2)
        raise NotReady(f"no letter {letter} was sent")

    def let_certificates_end(self) -> None:
        """Every registered certificate has run out: no walk waits a year."""
        with closing(sqlite3.connect(self.directory / "idp.db")) as database, database:
            database.execute("UPDATE certificates SET not_after = datetime('now', '-1 day')")

    def command(self, *arguments: str, typed: str = "") -> None:
        """Run one of the provider's commands on this demonstration; `typed` is its standard input."""
        environment = {
            "IDP_ENVIRONMENT": "demo",
            "IDP_DATABASE_URL": f"sqlite:///{self.directory / 'idp.db'}",
            "IDP_KEYS_DIR": str(self.directory / "keys"),
        }
        subprocess.run(
            (*_IDP, *arguments),
            cwd=ROOT,
            env={**os.environ, **_ADDRESSES, **environment},
            input=typed,
            text=True,
            check=True,
            timeout=60,
        )


@contextmanager
def demonstration(directory: Path) -> Iterator[Site]:
    """A running one.

    Raises:
        NotReady: it did not start.
    """
    command = (*_IDP, "demo", "--directory", str(directory))
    environment = {**os.environ, **_ADDRESSES, "PYTHONUNBUFFERED": "1"}
    program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        _wait_until_ready(program)
        yield Site(directory)
    finally:
        program.send_signal(signal.SIGINT)
        program.wait(30)


def _wait_until_ready(program: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    assert program.stdout is not None
    for line in program.stdout:
        if "ready after" in line:
            return
        if time.monotonic() > deadline:
            break
    raise NotReady("the demonstration did not start; `make demo` says why")
