from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeVar

from idp.errors import IdpError, Refusal
from tests.architecture.tree import load_everything, parsed

_Failure = TypeVar("_Failure", bound=IdpError)
_BRANCH = re.compile(r"[├└]── (\w+)")


def descendants(root: type[_Failure]) -> Iterator[type[_Failure]]:
    for child in root.__subclasses__():
        if child.__module__.startswith("idp."):
            yield child
            yield from descendants(child)


def test_gives_every_failure_a_code_of_its_own() -> None:
    """Architecture: `code` names the failure in logs and metrics; two of one name could not be told apart."""
    load_everything()
    named = defaultdict(set)
    everything: list[type[IdpError]] = [IdpError, *descendants(IdpError)]
    for failure in everything:
        assert "code" in vars(failure), f"{failure.__name__} borrows its parent's code"
        assert re.fullmatch(r"[a-z][a-z_]*", failure.code)
        named[failure.code].add(failure.__qualname__)
    assert {code: names for code, names in named.items() if len(names) > 1} == {}


def test_derives_every_error_of_a_room_from_the_one_tree() -> None:
    """Architecture §3: errors are leaves of `idp/errors.py`; what is caught there must be everything there is."""
    load_everything()
    known = {failure.__name__ for failure in descendants(IdpError)} | {"IdpError"}
    # Not errors: one undoes a dry run, the other is what aiohttp carries out of a refused connection.
    elsewhere = {"_Rehearsed", "AddressRefused"}
    raised = {
        node.exc.func.id
        for _, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)
    }
    defined = {node.name for _, tree in parsed() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)} & raised
    assert defined - known - elsewhere == set()


def test_draws_its_trees_as_they_are() -> None:
    """Style 14: the tree at the top of an error file is the tree in it."""
    wrong = [
        (path, drawn)
        for path, tree in parsed()
        if path.endswith(("errors.py", "refusals.py"))
        for drawn in _BRANCH.findall(ast.get_docstring(tree) or "")
        if drawn not in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    ]
    assert wrong == []


def test_gives_every_refusal_a_status_a_browser_understands() -> None:
    """Architecture §11.8: a refusal is somebody's to mend, so it is never a 500."""
    load_everything()
    assert [refusal.__name__ for refusal in descendants(Refusal) if not 400 <= refusal.status < 500] == []
