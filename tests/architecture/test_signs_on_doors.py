from __future__ import annotations

import ast
import importlib

import pytest

from tests.architecture.tree import parsed, rooms


def sign(room: str) -> str:
    return importlib.import_module(f"idp.{room}").__doc__ or ""


@pytest.mark.parametrize("room", rooms())
def test_says_on_its_door_what_it_owns_and_what_it_may_not(room: str) -> None:
    """Architecture §3: `__init__` is the sign on the door."""
    words = sign(room).lower().split()
    assert "owns" in words or "owns:" in words, "what is kept here?"
    assert {"may", "never", "knows"} & set(words), "what may this room not do?"


def test_opens_every_file_with_what_you_get() -> None:
    """Style 17: the first docstring line says what you get. Only migrations' machinery is named by its tool."""
    silent = [path for path, tree in parsed() if not (ast.get_docstring(tree) or "").strip()]
    assert silent == []
