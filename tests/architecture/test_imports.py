from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for folder in ("idp", "relying_parties", "simulator"):
        ignore = shutil.ignore_patterns("__pycache__", "build", "templates", "static")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_keeps_every_contract() -> None:
    """Architecture §3: imports run downwards, neighbours do not see each other, libraries stay in their rooms."""
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


def test_notices_every_kind_of_breach(copied: Path) -> None:
    """Each contract can fail; one that cannot would hold nothing."""
    breaches = {
        "idp/links/store.py": "import idp.signin.desk",
        "idp/commands/serve.py": "import idp.app",
        "idp/sessions/session.py": "import idp.agencies.store",
        "idp/oidc/answer.py": "import flask\nimport pyop.message",
        "idp/members/store.py": "import flask_babel",
        "idp/saml/answer.py": "import xmlsec",
        "idp/verification/desk.py": "import idp.verification.lab.issue",
        "idp/verification/evidence.py": "import simulator.keys",
        "relying_parties/records.py": "import idp.clock",
        "relying_parties/settings.py": "import simulator.keys",
        "simulator/keys.py": "import idp.clock",
    }
    for path, line in breaches.items():
        with (copied / path).open("a") as file:
            file.write(f"\n{line}\n")
    (copied / "idp" / "anteroom").mkdir()
    (copied / "idp" / "anteroom" / "__init__.py").write_text('"""A room without a place on the map."""\n')
    said = lint_imports(copied).stdout
    broken = {line.rpartition(" BROKEN")[0] for line in said.splitlines() if " BROKEN" in line}
    assert broken == {
        "Imports run downwards; neighbours do not see each other",
        "Flask at the doors only",
        "Forms and translated words in pages only",
        "pyop in its engine only",
        "python3-saml and xmlsec in the toolkit only",
        "The lab of certificates for commands only",
        "Relying parties and the provider do not import each other",
        "The provider does not import its samples",
        "Relying parties do not import the simulator",
        "The simulator stands alone",
    }, said
    for breach in ("idp.links.store -> idp.signin.desk", "idp.commands.serve -> idp.app", "idp.anteroom"):
        assert breach in said
