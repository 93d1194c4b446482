"""Programs run beside us."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from idp.commands.processes import Processes, Program, ProgramFailed, answers, port_is_free
from tests.ports import reserved_ports

_SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404); self.end_headers()
        self.wfile.write(os.environ.get("WORD", "").encode())
    def log_message(self, *_): pass
print("listening", os.environ.get("WORD"), flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)
_PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_ports(1) as (port,):
        yield port


def python(name: str, text: str, *arguments: str, **environment: str) -> Program:
    return Program(name, (sys.executable, "-c", text, *arguments), environment)


def server(port: int, **environment: str) -> Program:
    command = (sys.executable, "-c", _SERVER, str(port))
    return Program("server", command, environment, f"http://127.0.0.1:{port}/healthz")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path / "log") as running:
        yield running


def wait_for_log(processes: Processes, name: str) -> str:
    deadline = time.monotonic() + 10
    while not (tail := processes.log_tail(name)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return tail


def test_waits_until_a_program_answers(processes: Processes, port: int) -> None:
    """Ready is when it answers, not when it has started."""
    processes.start(server(port, WORD="안녕"))
    processes.wait_until_ready("server")
    assert answers(f"http://127.0.0.1:{port}/healthz")
    assert not answers(f"http://127.0.0.1:{port}/elsewhere")
    assert not port_is_free(port)
    assert processes.log_tail("server") == "listening 안녕"


def test_reports_a_program_that_ends_instead(processes: Processes) -> None:
    """The end of its log says why; its status says how."""
    processes.start(Program("broken", (sys.executable, "-c", "import sys; sys.exit('no such file')"), {}, "http://x/"))
    with pytest.raises(ProgramFailed, match=r"broken ended with status 1(?s:.)*no such file"):
        processes.wait_until_ready("broken")


def test_reports_a_program_that_never_answers(processes: Processes) -> None:
    """Waiting has an end."""
    silent = Program("silent", (sys.executable, "-c", "import time; time.sleep(60)"), {}, "http://127.0.0.1:1/healthz")
    processes.start(silent)
    with pytest.raises(ProgramFailed, match="does not answer"):
        processes.wait_until_ready("silent", 0.3)


def test_notices_a_program_killed_from_outside(processes: Processes) -> None:
    """A supervisor that does not look would call a dead worker running."""
    processes.start(python("worker", "import time; time.sleep(60)"))
    processes.check()
    os.kill(processes.pid("worker"), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while processes.is_running("worker") and time.monotonic() < deadline:
        time.sleep(0.02)
    with pytest.raises(ProgramFailed, match="worker ended by signal 9"):
        processes.check()


def test_kills_at_once_and_starts_again_as_before(processes: Processes, port: int) -> None:
    """An outage in a test is a kill -9 and a restart with the same environment."""
    processes.start(server(port, WORD="same"))
    processes.wait_until_ready("server")
    first = processes.pid("server")
    processes.kill("server")
    assert not processes.is_running("server")
    assert port_is_free(port)
    processes.restart("server")
    assert processes.pid("server") != first
    assert processes.log_tail("server") == "listening same\nlistening same"


def test_ends_the_deaf_after_a_while(processes: Processes) -> None:
    """SIGTERM first, SIGKILL when it does not help."""
    processes.start(python("deaf", _STUBBORN))
    wait_for_log(processes, "deaf")
    pid, begun = processes.pid("deaf"), time.monotonic()
    processes.stop("deaf", patience=0.3)
    assert 0.3 <= time.monotonic() - begun < 5
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_ends_children_of_children(processes: Processes, end: str) -> None:
    """A server's own workers would otherwise keep its port."""
    processes.start(python("parent", _PARENT))
    grandchild = psutil.Process(int(wait_for_log(processes, "parent")))
    getattr(processes, end)("parent")
    _, alive = psutil.wait_procs([grandchild], timeout=5)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []


def test_leaves_nothing_running(tmp_path: Path) -> None:
    """Whatever happens inside the block."""
    with pytest.raises(RuntimeError), Processes(tmp_path / "log") as running:  # noqa: PT012 - the block is the subject
        running.start(python("a", "import time; time.sleep(60)"))
        running.start(python("b", _STUBBORN))
        pids = [running.pid("a"), running.pid("b")]
        raise RuntimeError
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_refuses_two_of_one_name(processes: Processes) -> None:
    """The first would run on, unknown to us."""
    program = python("one", "import time; time.sleep(60)")
    processes.start(program)
    with pytest.raises(ValueError, match="runs already"):
        processes.start(program)
