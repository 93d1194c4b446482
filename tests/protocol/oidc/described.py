"""`docs/openid-connect.yaml` as tests read it: what may be sent where, and what may be answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

_FILE = Path(__file__).parents[3] / "docs" / "openid-connect.yaml"
_FORM = "application/x-www-form-urlencoded"


@cache
def document() -> dict[str, Any]:
    """The whole description."""
    said: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return said


def resolved(found: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` of the description leads to, in the end."""
    while "$ref" in found:
        at: Any = document()
        for part in found["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        found = at
    return found


@dataclass(frozen=True)
class Operation:
    """One method at one path."""

    path: str
    method: str
    said: dict[str, Any]

    @property
    def in_query(self) -> list[str]:
        """Parameters of the address."""
        each = (resolved(parameter) for parameter in self.said.get("parameters", []))
        return [parameter["name"] for parameter in each if parameter["in"] == "query"]

    @property
    def in_form(self) -> list[str]:
        """Parameters of a posted form."""
        content = self.said.get("requestBody", {}).get("content", {})
        return _properties(content[_FORM]["schema"]) if _FORM in content else []

    @property
    def in_json(self) -> list[str]:
        """Members of a posted JSON object."""
        content = self.said.get("requestBody", {}).get("content", {})
        return _properties(content["application/json"]["schema"]) if "application/json" in content else []

    @property
    def is_front(self) -> bool:
        """Whether a browser is sent there, so that a person may read the answer."""
        return "303" in self.said["responses"]

    @property
    def needs_something(self) -> bool:
        """Whether a request can lack what it must have."""
        content = self.said.get("requestBody", {}).get("content", {}).values()
        required = any(_required(each["schema"]) for each in content)
        return required or any(resolved(each).get("required") for each in self.said.get("parameters", []))

    def disagreements(self, answered: TestResponse) -> list[str]:
        """Where an answer is other than described."""
        responses = self.said["responses"]
        if str(answered.status_code) not in responses:
            return [f"status {answered.status_code}: {answered.text[:200]}"]
        content = resolved(responses[str(answered.status_code)]).get("content", {})
        if not content:
            return []
        if answered.mimetype not in content:
            return [f"content type {answered.mimetype}"]
        schema = {**content[answered.mimetype]["schema"], "components": document()["components"]}
        body = json.loads(answered.text) if answered.mimetype == "application/json" else answered.text
        return [error.message for error in Draft202012Validator(schema).iter_errors(body)]


def operations() -> Iterator[Operation]:
    """Every operation described."""
    for path, methods in document()["paths"].items():
        for method, said in methods.items():
            if method != "parameters":
                yield Operation(path, method.upper(), said)


def _properties(schema: dict[str, Any]) -> list[str]:
    schema = resolved(schema)
    parts = [name for part in schema.get("allOf", []) for name in _properties(part)]
    return [*schema.get("properties", {}), *parts]


def _required(schema: dict[str, Any]) -> bool:
    schema = resolved(schema)
    return bool(schema.get("required")) or any(_required(part) for part in schema.get("allOf", []))
