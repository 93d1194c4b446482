"""Writes `docs/specifications.md`: which files keep which clause of which specification, which tests hold it, and which
modules of the conformance plans are held; from docstrings and comments.

.venv/bin/python -m tools.specifications_table
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.citations import Citation, Names, Plan

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "specifications.md"
SPECIFICATIONS = ROOT / "docs" / "specifications.toml"
MODULES = ROOT / "docs" / "conformance-modules.toml"

_CODE = ("idp", "relying_parties", "simulator")
_SHOWN = 6
_HEAD = """\
# Specifications, clause by clause

Made from what docstrings and comments cite: `.venv/bin/python -m tools.specifications_table`. Names and addresses of
specifications are in `specifications.toml`, modules of the conformance plans in `conformance-modules.toml`.
"""


def tests(root: Path) -> Iterator[tuple[str, str, str, str]]:
    """File, its docstring, name and docstring of every test; a class's docstring counts for the tests in it."""
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        of_file = ast.get_docstring(tree) or ""
        for node in tree.body:
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            of_class = (ast.get_docstring(node) or "") if isinstance(node, ast.ClassDef) else ""
            for each in inside:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_"):
                    own = f"{of_class}\n{ast.get_docstring(each) or ''}".strip()
                    yield str(path.relative_to(root)), of_file, each.name, own


def remarks(path: Path) -> str:
    """The comments of a file, and every string in it that stands alone: docstrings, also of attributes."""
    source = path.read_text(encoding="utf-8")
    if "§" not in source and "RFC" not in source:
        return ""
    said = [
        node.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    comments = [
        token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    return "\n".join([*said, " ".join(comments)])


def table(root: Path) -> str:
    """The page."""
    names = Names.of(tomllib.loads(SPECIFICATIONS.read_text(encoding="utf-8")))
    plans = _plans(tomllib.loads(MODULES.read_text(encoding="utf-8"))["plan"])
    kept, held = _kept(root, names), defaultdict[Citation, set[str]](set)
    modules = defaultdict[tuple[str, str], set[str]](set)
    for path, of_file, name, own in tests(root):
        link = f"[`{name}`](../{path})"
        usual = names.first(of_file, path=path)
        for cited in {*names.cited(own, path=path, usual=usual)} or {*names.cited(of_file, path=path)}:
            held[cited].add(link)
        for plan in plans:
            for module in plan.named(f"{of_file}\n{own}"):
                modules[plan.name, module].add(link)
    cited_at_all = {each.specification for each in (*kept, *held)}
    parts = [_HEAD, _conformance(plans, modules)]
    for known, url in _addresses(names, cited_at_all):
        clauses = sorted(
            {each for each in (*kept, *held) if each.specification == known}, key=lambda each: _order(each.clause)
        )
        rows = [f"| {_clause(each, url)} | {_few(kept[each])} | {_few(held[each])} |" for each in clauses]
        parts.append(
            f"\n## [{known}]({url})\n\n| clause | kept in | held by |\n|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    return "".join(parts)


def _kept(root: Path, names: Names) -> defaultdict[Citation, set[str]]:
    kept = defaultdict[Citation, set[str]](set)
    for room in _CODE:
        for path in sorted((root / room).rglob("*.py")):
            relative = str(path.relative_to(root))
            for cited in names.cited(remarks(path), path=relative):
                # A name alone is how prose speaks; a clause is a promise.
                if cited.clause or cited.specification.startswith("RFC"):
                    kept[cited].add(f"[`{relative}`](../{relative})")
    return kept


def _plans(said: Sequence[dict[str, Any]]) -> list[Plan]:
    lists = {each["name"]: tuple(each["modules"]) for each in said if "modules" in each}
    return [
        Plan(each["name"], lists[each.get("modules_of", each["name"])], each.get("prefix", ""), each.get("also", ""))
        for each in said
    ]


def _conformance(plans: Sequence[Plan], modules: defaultdict[tuple[str, str], set[str]]) -> str:
    parts = ["\n## Conformance plans of the OpenID Foundation\n"]
    for plan in plans:
        number = sum(bool(modules[plan.name, module]) for module in plan.modules)
        prefix = f" Their names start with `{plan.prefix}`." if plan.prefix else ""
        parts.append(f"\n### {plan.name}\n\n{number} of {len(plan.modules)} modules held.{prefix}\n\n")
        rows = [f"| `{module}` | {_few(modules[plan.name, module]) or '*not held*'} |" for module in plan.modules]
        parts.append("| module | held by |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts)


def _addresses(names: Names, cited: Iterable[str]) -> list[tuple[str, str]]:
    left = set(cited)
    listed = [(each.name, each.url) for each in names.specifications if each.name in left]
    numbered = sorted(left - {name for name, _ in listed}, key=_order)
    return [*listed, *((name, f"https://www.rfc-editor.org/rfc/rfc{name.removeprefix('RFC ')}") for name in numbered)]


def _order(text: str) -> list[tuple[int, str]]:
    """Numbers by their size, before letters."""
    return [(int(part), "") if part.isdigit() else (10**9, part) for part in re.findall(r"\d+|[^\d.\-]+", text)]


def _clause(cited: Citation, url: str) -> str:
    if not cited.clause:
        return "–"
    if not cited.specification.startswith("RFC"):
        return f"§{cited.clause}"
    kind = "section" if cited.clause[0].isdigit() else "appendix"
    return f"[§{cited.clause}]({url}#{kind}-{cited.clause})"


def _few(links: Iterable[str]) -> str:
    ordered = sorted(links)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return " · ".join(ordered[:_SHOWN]) + more


def main() -> None:
    """Write the page."""
    TABLE.write_text(table(ROOT), encoding="utf-8")


if __name__ == "__main__":
    main()
