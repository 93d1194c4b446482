"""The page scripts, run by Node, and a lab whose files they open."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.programs import lacking
from tests.unit.verification.certificates.conftest import lab

__all__ = ["lab"]
DRIVER = Path(__file__).parent / "driver.mjs"
_SECONDS = 60
Run = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def run() -> Run:
    """What the scripts answer to each of these calls, in one process that must end soon."""
    # The one that built the pages, where it had to be brought: it lies beside the installer's Python.
    beside_installer = sorted(Path(".make").glob("tools-*/bin/node"))
    node = str(beside_installer[-1].absolute()) if beside_installer else shutil.which("node")
    if node is None:
        lacking("needs node (make frontend brings one where there is none)")
    program = [node, str(DRIVER)]

    def all_of(calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        done = subprocess.run(
            program, input=json.dumps(list(calls)), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        assert [answer["broke"] for answer in answers if "broke" in answer] == []
        return answers

    return all_of
