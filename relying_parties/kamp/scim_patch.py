"""PATCH of a SCIM resource, as far as this service takes it: whole attributes, by path and without. RFC 7644 §3.5.2."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
_NAME = r"[A-Za-z$][\w$-]*"
_ATTRIBUTE = re.compile(rf"(?:(?P<schema>urn:[A-Za-z0-9.:_-]+):)?(?P<name>{_NAME})(?:\.(?P<sub>{_NAME}))?")
_READ_ONLY = frozenset(("id", "meta", "schemas"))


class BadPatch(Exception):
    """The request is none that this service takes; says the `scimType`. RFC 7644 §3.12."""


def patched(resource: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The resource after every operation of the request, in their order.

    Raises:
        BadPatch: an operation is none; nothing has happened.
    """
    schemas, operations = said.get("schemas"), said.get("Operations")
    if not isinstance(schemas, list) or PATCH not in schemas or not isinstance(operations, list):
        raise BadPatch("invalidSyntax")
    changed = copy.deepcopy(dict(resource))
    for operation in operations:
        if not isinstance(operation, dict):
            raise BadPatch("invalidSyntax")
        _apply(changed, operation)
    external = changed.get("externalId")
    if not is_text(changed.get("userName")) or not (external is None or is_text(external)):
        raise BadPatch("invalidValue")
    return changed


def is_text(value: object) -> bool:
    """Whether it is a text that an account can be found by: not empty, and no half of a character in it."""
    return isinstance(value, str) and value != "" and not any("\ud800" <= character <= "\udfff" for character in value)


def _apply(resource: dict[str, Any], operation: Mapping[str, Any]) -> None:
    kind, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if kind not in ("add", "replace", "remove"):
        raise BadPatch("invalidSyntax")
    if path is None:
        if kind == "remove" or not isinstance(value, dict):
            raise BadPatch("noTarget" if kind == "remove" else "invalidValue")
        for name, each in value.items():
            _put(resource, name, each)
        return
    holder, name = _target(resource, path)
    if kind != "remove":
        _put(holder, name, value)
    elif name in _READ_ONLY:
        raise BadPatch("mutability")
    else:
        holder.pop(name, None)


def _target(resource: dict[str, Any], path: object) -> tuple[dict[str, Any], str]:
    """The object that holds what `path` names, and its name there."""
    found = _ATTRIBUTE.fullmatch(path) if isinstance(path, str) else None
    if found is None:
        raise BadPatch("invalidPath")
    holder: Any = resource
    if found["schema"] not in (None, _CORE):
        holder = resource.setdefault(found["schema"], {})
    if found["sub"] is not None and isinstance(holder, dict):
        holder = holder.setdefault(found["name"], {})
    if not isinstance(holder, dict):
        raise BadPatch("invalidPath")
    return holder, found["sub"] or found["name"]


def _put(holder: dict[str, Any], name: str, value: Any) -> None:
    if name in _READ_ONLY:
        raise BadPatch("mutability")
    if isinstance(holder.get(name), dict) and isinstance(value, dict):
        value = {**holder[name], **value}
    holder[name] = value
