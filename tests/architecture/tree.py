"""The project's files, as the rules of the house look at them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import idp

ROOT = Path(idp.__file__).parents[1]
CODE = ("idp/", "relying_parties/", "simulator/", "tests/", "benchmarks/", "tools/", "frontend/")
_NOT_OURS = {".venv", ".make", "node_modules", "__pycache__", "build", "var", "dist", "keys"}


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Every file of the project that is, or will be, in git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:  # an unpacked archive has no git in it
        found = [path for path in ROOT.rglob("*") if not _NOT_OURS & set(path.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in found if path.is_file() and (not suffixes or path.suffix in suffixes)))


def name(path: Path) -> str:
    """`path` as it is written in the project."""
    return path.relative_to(ROOT).as_posix()


def parsed(folder: str = "idp") -> Iterator[tuple[str, ast.Module]]:
    """The Python files below `folder`, by name."""
    for path in files(".py"):
        if name(path).startswith(f"{folder}/"):
            yield name(path), ast.parse(path.read_text("utf-8"))


@cache
def rooms() -> tuple[str, ...]:
    """The rooms: the packages right below `idp`."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(idp.__path__) if found.ispkg))


@cache
def load_everything() -> None:
    """Import every module of the provider but those that act when they are imported."""
    for found in pkgutil.walk_packages(idp.__path__, "idp."):
        if found.name != "idp.wsgi" and not found.name.startswith("idp.storage.migrations."):
            importlib.import_module(found.name)
