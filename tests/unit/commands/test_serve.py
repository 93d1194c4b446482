"""`idp serve` as it is run: a process of its own on a port of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp.commands.processes import IDP, answers
from tests.ports import reserved_ports

Start = Callable[[], "Served"]


class Served:
    """A running server, its port and its log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while not answers(f"http://127.0.0.1:{self.port}/healthz"):
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def lines(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()


@contextmanager
def _served(directory: Path) -> Iterator[Served]:
    with reserved_ports(1) as (port,):
        yield from _served_at(port, directory)


def _served_at(port: int, directory: Path) -> Iterator[Served]:
    environment = {
        **os.environ,
        "IDP_ISSUER": f"http://127.0.0.1:{port}",
        "IDP_DATABASE_URL": f"sqlite:///{directory}/idp.db",
        "IDP_KEYS_DIR": str(directory / "keys"),
    }
    subprocess.run([*IDP, "migrate"], env=environment, check=True, capture_output=True)
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([*IDP, "serve"], env=environment, stdout=output, stderr=output)
    try:
        yield Served(process, port, log)
    finally:
        # Not killed: its workers, which it alone knows, would live on.
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with _served(tmp_path_factory.mktemp("serve")) as running:
        running.wait_until_ready()
        yield running


def test_reads_a_request_line_of_eight_kilobytes(served: Served) -> None:
    """A signed AuthnRequest with its RelayState comes in the query (SAML bindings §3.4); RFC 9112 §3 recommends 8000
    octets at least. That our own refusal comes back says that it was read whole."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    connection.request("GET", f"/saml/sso?SAMLRequest={'A' * 8192}")
    answer = connection.getresponse()
    assert answer.status == 400
    assert "<!doctype html>" in answer.read().decode().lower()
    connection.close()


def test_keeps_connections(served: Served) -> None:
    """A relying party's server calls often; RFC 9112 §9.3."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    local = set()
    for _ in range(3):
        connection.request("GET", "/oidc/jwks")
        assert connection.getresponse().read().startswith(b'{"keys"')
        local.add(connection.sock.getsockname())
    connection.close()
    assert len(local) == 1


def test_writes_its_log_in_the_one_form(served: Served) -> None:
    """JSON a line, the server's own lines too: whoever collects logs reads them without exceptions."""
    lines = [json.loads(line) for line in served.lines()]
    assert any("Listening" in line["event"] for line in lines)
    assert not [line for line in lines if line["level"] not in {"info"}]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_when_told(tmp_path: Path, number: signal.Signals) -> None:
    """Soon, with status 0, its port free again; also with an idle connection kept open."""
    with _served(tmp_path) as running:
        running.wait_until_ready()
        idle = socket.create_connection(("127.0.0.1", running.port))
        running.process.send_signal(number)
        assert running.process.wait(9) == 0
        idle.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", running.port))


def test_finishes_what_it_had_begun(tmp_path: Path) -> None:
    """A request whose body is still on its way when the stop comes is answered, not cut off."""
    with _served(tmp_path) as running:
        running.wait_until_ready()
        with socket.create_connection(("127.0.0.1", running.port), timeout=9) as connection:
            head = "POST /oidc/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            connection.sendall(f"{head}Content-Length: 9\r\n\r\ngrant".encode())
            time.sleep(0.3)
            running.process.terminate()
            time.sleep(0.3)
            connection.sendall(b"_typ")
            assert connection.recv(4096).startswith(b"HTTP/1.1 40")
        assert running.process.wait(9) == 0
