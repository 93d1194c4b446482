"""The OpenAPI document of the agency API, at this deployment's addresses. OpenAPI 3.1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("openapi.json")


def document(issuer: str, root: str) -> dict[str, Any]:
    """The document, its server and token endpoint those of `issuer`."""
    said: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    said["servers"] = [{"url": issuer + root}]
    flow = said["components"]["securitySchemes"]["machine"]["flows"]["clientCredentials"]
    flow["tokenUrl"] = f"{issuer}/oidc/token"
    return said
