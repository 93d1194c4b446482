"""Writes `config/idp.example.toml` from the settings themselves: every name, its default, and its sentence.

.venv/bin/python -m tools.example_settings
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, SecretStr, TypeAdapter

from idp.settings import Settings

EXAMPLE = Path(__file__).parents[1] / "config" / "idp.example.toml"
_WIDTH = 118
_HEAD = """\
# Every setting there is, with its default. Copy this file to config/idp.toml, or name another place in IDP_CONFIG.
#
# Each may also be given as an environment variable, which wins over the file: IDP_ISSUER, IDP_DATABASE_URL, and with
# two underscores between levels IDP_SESSIONS__IDLE. In the file, a name that is not here is refused.
# Durations are ISO 8601 ("PT30M", "P30D"); in the file also a number of seconds. Paths are relative to where the
# program is started.
#
# This file is made from idp/settings.py: .venv/bin/python -m tools.example_settings
"""


def example() -> str:
    """The whole file."""
    defaults = Settings()
    flat = [field for field in Settings.model_fields if not isinstance(getattr(defaults, field), BaseModel)]
    pieces = [_HEAD, *_entries(defaults, flat)]
    for field in Settings.model_fields:
        section = getattr(defaults, field)
        if isinstance(section, BaseModel):
            heading = _comment(inspect.getdoc(type(section)) or "")
            pieces.append(f"\n{heading}\n[{field}]\n")
            pieces += _entries(section, list(type(section).model_fields), apart="")
    return "".join(pieces)


def _entries(section: BaseModel, fields: list[str], apart: str = "\n") -> Iterator[str]:
    sentences = _sentences(type(section))
    for field in fields:
        value = getattr(section, field)
        # TOML has no word for nothing: what is absent by default stands as a comment.
        absent = value is None or (value == [] and _holds_tables(type(section).model_fields[field].annotation))
        line = f"# {field} =" if absent else f"{field} = {_toml(value)}"
        yield f"{apart}{_comment(sentences[field])}\n{line}\n"


def _holds_tables(annotation: object) -> bool:
    """Whether its elements are tables of their own, which TOML would refuse beside an empty list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_holds_tables(part) for part in get_args(annotation))


def _sentences(section: type[BaseModel]) -> Mapping[str, str]:
    """The string under each field. Every field must have one."""
    body = ast.parse(textwrap.dedent(inspect.getsource(section))).body[0]
    assert isinstance(body, ast.ClassDef)  # the source of a class is one
    found: dict[str, str] = {}
    for field, under in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(under, ast.Expr):
            found[field.target.id] = inspect.cleandoc(str(ast.literal_eval(under.value)))
    return found


def _comment(sentence: str) -> str:
    return textwrap.fill(sentence, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _toml(value: object) -> str:
    if isinstance(value, timedelta):
        return json.dumps(TypeAdapter(timedelta).dump_python(value, mode="json"))
    if isinstance(value, SecretStr):
        return json.dumps(value.get_secret_value())
    if isinstance(value, Path):
        return json.dumps(str(value))
    # JSON's words for strings, numbers, booleans and lists of them are also TOML's.
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    EXAMPLE.write_text(example(), "utf-8")
