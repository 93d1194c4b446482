from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import CODE, ROOT, files, name, parsed

_LONGEST = 300
_LONGEST_SUITE = 400
_FROM_THE_AIR = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
    ("time", "time_ns"), ("uuid", "uuid1"), ("uuid", "uuid4"), ("os", "urandom"), ("os", "environ"), ("os", "getenv"),
}  # fmt: skip
_WHOLE_MODULES = {"secrets", "random"}
_ALLOWED = {
    "idp/clock.py",
    "idp/randomness.py",
    "idp/settings.py",
}
_UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
_MACHINE = re.compile(r"(?<![\w.$}-])/(?:work|root|home/\w+|Users/\w+|mnt|tmp/\w+)/")


def taken_from_the_air(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in _FROM_THE_AIR:
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in _WHOLE_MODULES)
        elif isinstance(node, ast.ImportFrom):
            if node.module in _WHOLE_MODULES:
                yield str(node.module)
            yield from (
                f"{node.module}.{alias.name}" for alias in node.names if (node.module, alias.name) in _FROM_THE_AIR
            )


def test_takes_time_randomness_and_environment_from_one_place_each() -> None:
    """Architecture §3, style 8: what is handed in can be frozen, made the same in every run, and refused."""
    found = {path: sorted(set(taken_from_the_air(tree))) for path, tree in parsed() if path not in _ALLOWED}
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "code",
    ["import secrets", "from time import time", "datetime.now(UTC)", "from uuid import uuid4", "os.environ['A']"],
)
def test_would_notice_what_is_taken_from_the_air(code: str) -> None:
    """The rule above can fail."""
    assert list(taken_from_the_air(ast.parse(code)))


def test_keeps_every_file_within_three_hundred_lines() -> None:
    """Architecture §3: when a file passes 300 lines, a noun is missing from the map; a suite may be longer."""
    counted = {name(path): len(text(path).splitlines()) for path in code()}
    assert len(counted) > 100
    limits = {path: _LONGEST_SUITE if path.startswith("tests/") else _LONGEST for path in counted}
    assert {path: count for path, count in counted.items() if count > limits[path]} == {}


def test_leaves_nothing_to_be_done_later_in_a_comment() -> None:
    """What is unfinished is an issue, not a comment."""
    found = [
        name(path) for path in files(".py", ".html", ".js", ".scss", ".toml", ".md") if _UNFINISHED.search(text(path))
    ]
    assert found == []


def test_names_no_path_of_the_machine_it_was_written_on() -> None:
    """A path of one machine is wrong on every other."""
    readable = files(".py", ".html", ".js", ".scss", ".toml", ".md", ".yaml", ".yml", ".conf", ".xml", ".json", "")
    found = {name(path): _MACHINE.findall(text(path)) for path in readable if path.name != "uv.lock"}
    assert {path: what for path, what in found.items() if what} == {}


def test_names_no_dump_for_what_has_no_name() -> None:
    """Architecture §3: no `utils`, `helpers`, `common`, `base`, `manager`, `service`."""
    dumps = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "misc"}
    named = [path.relative_to(ROOT).with_suffix("") for path in code()]
    assert [path.as_posix() for path in named if {part.strip("_") for part in path.parts} & dumps] == []


def code() -> list[Path]:
    return [path for path in files(".py", ".html", ".js", ".scss") if name(path).startswith(CODE)]


def text(path: Path) -> str:
    return path.read_text("utf-8", "replace")
