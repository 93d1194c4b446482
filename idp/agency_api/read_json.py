"""JSON from agencies' servers."""

from __future__ import annotations

from typing import Any

from idp import strict_json
from idp.agency_api.refusals import BadBody


def read_json(body: bytes) -> Any:
    """The value in `body`.

    Raises:
        BadBody: it is none, or says one name twice.
    """
    try:
        return strict_json.read(body)
    except ValueError as error:
        raise BadBody(str(error)) from error
