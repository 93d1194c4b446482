"""Programs run beside us: started with a log each, waited for until they answer, ended gently or at once."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from idp.errors import IdpError

IDP = (sys.executable, "-c", "from idp.commands import main; main()")
"""The command line of this installation, whichever directory we were started from."""
_POLL = 0.1
_LONGEST = 60
"""Seconds for a program that only prints."""


class ProgramFailed(IdpError):
    """A program ended by itself or did not answer in time; `detail` holds the end of its log."""

    code = "program_failed"


@dataclass(frozen=True)
class Program:
    """What to run. `environment` is all it is told: nothing of ours goes along unasked."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    answers_at: str | None = None
    """A URL that answers 200 once the program is ready; None: it is ready when it runs."""


def printed_by(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """What a program that ends by itself has printed. `environment` is all it is told.

    Raises:
        ProgramFailed: it failed; says what it said.
    """
    ended = subprocess.run(  # noqa: S603 - our own programs, no shell
        command, env=environment, capture_output=True, text=True, check=False, timeout=_LONGEST
    )
    if ended.returncode:
        raise ProgramFailed(f"{command[-1]}: {ended.stderr.strip()[-2000:]}")
    return ended.stdout


class Processes:
    """The running programs, by name. As a context manager it stops them all at the end."""

    def __init__(self, log_directory: Path) -> None:
        self._log_directory = log_directory
        self._programs: dict[str, Program] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        log_directory.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(self, program: Program) -> None:
        """Run `program`, its output appended to its log.

        Raises:
            ValueError: one of that name runs already.
        """
        if program.name in self._running:
            raise ValueError(f"{program.name} runs already")
        self._programs[program.name] = program
        with self.log(program.name).open("ab") as log:
            self._running[program.name] = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PYTHONUNBUFFERED": "1", **program.environment},
                # A group of its own: Ctrl-C reaches us alone, and the end we choose reaches all of its children.
                start_new_session=True,
            )

    def wait_until_ready(self, name: str, seconds: float = 30) -> None:
        """Return when `name` answers.

        Raises:
            ProgramFailed: it ended, or time is up.
        """
        program, deadline = self._programs[name], time.monotonic() + seconds
        while True:
            if self._running[name].poll() is not None:
                raise self._failure(name)
            if program.answers_at is None or answers(program.answers_at):
                return
            if time.monotonic() > deadline:
                tail = self.log_tail(name)
                raise ProgramFailed(f"{name} does not answer at {program.answers_at} after {seconds:.0f} s\n{tail}")
            time.sleep(_POLL)

    def pid(self, name: str) -> int:
        """The process id of `name`, which is also that of its group."""
        return self._running[name].pid

    def is_running(self, name: str) -> bool:
        return name in self._running and self._running[name].poll() is None

    def check(self) -> None:
        """Return while every started program runs.

        Raises:
            ProgramFailed: one has ended by itself.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                raise self._failure(name)

    def kill(self, name: str) -> None:
        """End `name` and its children this instant, as a power cut would."""
        process = self._running.pop(name)
        _signal_group(process, signal.SIGKILL)
        process.wait()

    def stop(self, name: str, patience: float = 10) -> None:
        """Ask `name` to end; after `patience` seconds no longer ask."""
        process = self._running.pop(name)
        _ask(process)
        _await(process, time.monotonic() + patience)

    def restart(self, name: str, seconds: float = 30) -> None:
        """Run `name` again, as it was started before, and wait until it answers."""
        if name in self._running:
            self.stop(name)
        self.start(self._programs[name])
        self.wait_until_ready(name, seconds)

    def stop_all(self, patience: float = 10) -> None:
        """Ask all to end, then end those that did not within `patience` seconds; the last started is asked first."""
        stopping = list(reversed(self._running.values()))
        self._running.clear()
        for process in stopping:
            _ask(process)
        deadline = time.monotonic() + patience
        for process in stopping:
            _await(process, deadline)

    def log(self, name: str) -> Path:
        """Where `name` writes."""
        return self._log_directory / f"{name}.log"

    def log_tail(self, name: str, lines: int = 20) -> str:
        """The last lines of its log."""
        path = self.log(name)
        if not path.exists():
            return ""
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16 * 1024))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])

    def _failure(self, name: str) -> ProgramFailed:
        code = self._running[name].returncode
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        return ProgramFailed(f"{name} ended {how}; the end of {self.log(name)}:\n{self.log_tail(name)}")


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=2)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: the last connections of an earlier run, still fading, do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _ask(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the program alone: it knows how to end its own children in order."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()


def _await(process: subprocess.Popen[bytes], deadline: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
    # Also when the program is gone: children it left behind would hold its port.
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
