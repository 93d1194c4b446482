"""Strangers that run on Node: a program a scenario, which says where a browser should go and hears where it ended."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.programs import lacking

CLIENTS = Path(__file__).parent / "clients"
_ROOT = Path(__file__).parents[2]
_NEEDED = 20
_SECONDS = 60


def node() -> str:
    """A Node new enough, with the clients installed for it; else the test is skipped, or with `CI` set fails."""
    beside_tools = sorted((_ROOT / ".make").glob("tools-*/bin/node"))
    programs = [program for program in (shutil.which("node"), *map(str, beside_tools)) if program]
    usable = [program for program in programs if _major(program) >= _NEEDED]
    if not usable or not (CLIENTS / "node_modules" / "openid-client").is_dir():
        lacking(f"needs Node.js {_NEEDED} and the packages of tests/strangers/clients (make strangers)")
    return usable[0]


def play(scenario: str, told: Mapping[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """What `scenario` reports in the end. `visit` takes its browser to an address and says where it ended.

    Each line it prints is JSON: `{"visit": address}` is answered with a line `{"at": address}`; `{"report": …}` is the
    last.
    """
    process = subprocess.Popen(
        [node(), CLIENTS / f"{scenario}.mjs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(_SECONDS, process.kill)
    watchdog.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        _say(process.stdin, told)
        for line in process.stdout:
            said = json.loads(line)
            if "report" in said:
                report: dict[str, Any] = said["report"]
                return report
            _say(process.stdin, {"at": visit(said["visit"])})
        assert process.stderr is not None
        raise AssertionError(f"{scenario} ended without a report:\n{process.stderr.read()}")
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def _say(stream: Any, value: Mapping[str, Any]) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    return int(said.strip().removeprefix("v").partition(".")[0] or 0)
