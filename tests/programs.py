"""Programs of the machine that tests run beside ours."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def needs(program: str) -> pytest.MarkDecorator:
    """Skips a test where `program` is missing; with `CI` set it runs all the same, and fails."""
    missing = shutil.which(program) is None and not os.environ.get("CI")
    return pytest.mark.skipif(missing, reason=f"needs {program}")


def lacking(why: str) -> NoReturn:
    """Skips what cannot be tried on this machine; with `CI` set it fails."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must not skip: {why}")
    pytest.skip(why)
