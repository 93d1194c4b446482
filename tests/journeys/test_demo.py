"""`idp demo` as an operator meets it: it starts, says where, answers, and is gone after Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from idp.commands.processes import IDP, answers, port_is_free
from tests.journeys.patience import eventually
from tests.journeys.stage import addresses_of_our_own

STOPS_WITHIN = 10


def test_starts_answers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Architecture §10, issue 2 item 10: prints addresses, members and what to try; stops cleanly."""
    log = tmp_path / "said"
    with addresses_of_our_own() as addresses, _demo(tmp_path / "files", addresses, log) as process:
        eventually(lambda: "Ctrl-C stops it" in log.read_text() or process.poll() is not None, 90)
        said = log.read_text()
        assert process.poll() is None, said
        for expected in (*addresses.values(), "honggildong / Onepass!2026", "testId1 / Voucher!2026", "Try\n"):
            assert expected in said
        for address in addresses.values():
            assert answers(f"{address}/healthz")
        assert answers(f"{addresses['IDP_ISSUER']}/readyz")
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 5
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(STOPS_WITHIN) == 0
        assert time.monotonic() - asked < STOPS_WITHIN
    gone, alive = psutil.wait_procs(family, timeout=2)
    assert (len(gone), alive) == (len(family), [])
    assert all(port_is_free(int(address.rpartition(":")[2])) for address in addresses.values())
    assert "Traceback" not in log.read_text()
    assert "stopped" in log.read_text().splitlines()[-1]


def test_ends_and_says_why_when_a_program_of_its_dies(tmp_path: Path) -> None:
    """Architecture §11.8: half a demonstration would only puzzle; it names the program and the end of its log."""
    log = tmp_path / "said"
    with addresses_of_our_own() as addresses, _demo(tmp_path / "files", addresses, log) as process:
        eventually(lambda: "Ctrl-C stops it" in log.read_text() or process.poll() is not None, 90)
        family = psutil.Process(process.pid).children(recursive=True)
        next(each for each in family if each.cmdline()[-1] == "relying_parties.kamp").kill()
        assert process.wait(STOPS_WITHIN + 5) == 1
    assert "kamp ended by signal 9" in log.read_text()
    assert psutil.wait_procs(family, timeout=2)[1] == []


@contextmanager
def _demo(directory: Path, addresses: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = ["env", *(f"{name}={value}" for name, value in addresses.items())]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *IDP, "demo", "--directory", directory], stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            process.wait()
