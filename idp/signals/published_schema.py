"""The JSON Schema of our own event type, as receivers may read it. JSON Schema 2020-12."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from idp.signals.catalogue import EventType
from idp.signals.event_types import uri_of

MEDIA_TYPE: Final = "application/schema+json"


def link_changed_schema(schema_base: str) -> Mapping[str, Any]:
    """The schema of account-link-changed, under the address at which it is published."""
    text = files("idp.signals").joinpath("schemas/account-link-changed.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return {"$schema": schema.pop("$schema"), "$id": f"{link_changed_uri(schema_base)}.json", **schema}


def link_changed_uri(schema_base: str) -> str:
    """The URI of account-link-changed."""
    uri = uri_of(EventType.ACCOUNT_LINK_CHANGED, schema_base)
    assert uri is not None  # noqa: S101  # it is told by Security Event Token
    return uri
