"""A demonstration to walk through: every program of it, on ports and in a directory of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.screenshots.camera import NotReady

ROOT = Path(__file__).parents[2]
_IDP = (sys.executable, "-c", "from idp.commands import main; main()")
_START_SECONDS, _LETTER_SECONDS = 120, 30
_ADDRESSES = {
    "IDP_ISSUER": "http://127.0.0.1:8950",
    "VOUCHER_URL": "http://127.0.0.1:8951",
    "KAMP_URL": "http://127.0.0.1:8952",
    "SMTECH_URL": "http://127.0.0.1:8953",
    "SIMULATOR_URL": "http://127.0.0.1:8954",
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
        deadline = time.monotonic() + _LETTER_SECONDS
        while time.monotonic() < deadline:
            sent = [json.loads(file.read_text("utf-8")) for file in sorted((self.directory / "outbox").glob("*.json"))]
            for each in reversed(sent):
                found = pattern.search(each["text"]) if each["letter"] == letter else None
                if found:
                    return found[0]
            time.sleep(0.2)
        raise NotReady(f"no letter {letter} was sent")

    def command(self, *arguments: str) -> None:
        """Run one of the provider's commands on this demonstration."""
        environment = {
            "IDP_ENVIRONMENT": "demo",
            "IDP_DATABASE_URL": f"sqlite:///{self.directory / 'idp.db'}",
            "IDP_KEYS_DIR": str(self.directory / "keys"),
        }
        subprocess.run(
            (*_IDP, *arguments), cwd=ROOT, env={**os.environ, **_ADDRESSES, **environment}, check=True, timeout=60
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
