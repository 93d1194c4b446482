"""Writes `docs/requirements.md`: which test holds which requirement, from the tests' own docstrings.

.venv/bin/python -m tools.requirements_table
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "requirements.md"
REASONS = ROOT / "docs" / "requirements-open.toml"

# `REQ-11`, `REQ-11…13`, `REQ-11–13`, and what follows one of them: `, 32`, ` and 36`, `/43`.
_MENTION = re.compile(r"REQ-(\d+)((?:\s*(?:…|–|-|,|/|·| to | and | or )\s*(?:REQ-)?\d+)*)")
_FOLLOWING = re.compile(r"(…|–|-|,|/|·| to | and | or )\s*(?:REQ-)?(\d+)")
_HEAD = """\
# Requirements and the tests that hold them

Made from the tests' docstrings: `.venv/bin/python -m tools.requirements_table`. A requirement without a test has its
reason in `requirements-open.toml`.

| requirement | held by |
|---|---|
"""


def mentioned(text: str) -> set[int]:
    """The numbers of the requirements that a text names, ranges spelled out."""
    found: set[int] = set()
    for mention in _MENTION.finditer(text):
        last = int(mention[1])
        found.add(last)
        for joint, number in _FOLLOWING.findall(mention[2]):
            following = int(number)
            if joint.strip() in {"…", "–", "-", "to"}:
                found.update(range(last, following + 1))
            found.add(following)
            last = following
    return found


def tests(root: Path) -> Iterator[tuple[str, str, str]]:
    """File, name and docstring of every test; a docstring of its file counts for all of them."""
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        of_file = ast.get_docstring(tree) or ""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield str(path.relative_to(root)), node.name, f"{of_file}\n{ast.get_docstring(node) or ''}"


def table(root: Path, reasons: Mapping[str, str]) -> str:
    """The page.

    Raises:
        ValueError: a requirement has neither a test nor a reason.
    """
    held: dict[int, set[str]] = defaultdict(set)
    for path, name, docstring in tests(root):
        for number in mentioned(docstring):
            held[number].add(f"[`{name}`](../{path})")
    rows, silent = [], []
    for number in range(1, 96):
        key = f"REQ-{number:02d}"
        if held[number]:
            few = sorted(held[number])
            more = f" and {len(few) - 6} more" if len(few) > 6 else ""
            rows.append(f"| {key} | {' · '.join(few[:6])}{more} |")
        elif key in reasons:
            rows.append(f"| {key} | *open:* {reasons[key]} |")
        else:
            silent.append(key)
    if silent:
        raise ValueError(f"neither a test nor a reason: {', '.join(silent)}")
    return _HEAD + "\n".join(rows) + "\n"


def main() -> None:
    """Write the page, or say what is missing."""
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))["open"]
    try:
        TABLE.write_text(table(ROOT, reasons), encoding="utf-8")
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
