"""One row of a roster as an agency writes it: checked, and by what its holder is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.errors import BadRequest
from idp.links.offered_account import OfferedAccount
from idp.members.business_number import is_business_number

_CI = re.compile(r"[A-Za-z0-9+/]{86}==")
_FIELDS = ("reference", "display_name", "role", "ci", "business_number")
_LONGEST = {"reference": 200, "display_name": 200, "role": 200}


class BadRow(BadRequest):
    """A row that says nothing usable; the words name no holder."""

    code = "bad_roster_row"


@dataclass(frozen=True, slots=True)
class Row:
    """One well-formed row: an account, and by what its holder is found."""

    line: int
    account: OfferedAccount
    holder: tuple[str, str] = field(repr=False)
    """`("person", ci)` or `("enterprise", business number)`."""


def row(line: int, said: Any) -> Row:
    """The row that `said`, a mapping of texts, describes.

    Raises:
        BadRow: what stands against it.
    """
    if not isinstance(said, Mapping):
        raise BadRow("unreadable")
    values = {name: said.get(name) or "" for name in _FIELDS}
    for name, value in values.items():
        if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST.get(name, 100):
            raise BadRow(f"{name} is no text, has control characters or is too long")
    if not values["reference"] or not values["display_name"]:
        raise BadRow("reference or display_name is missing")
    account = OfferedAccount(values["reference"], values["display_name"], values["role"])
    return Row(line, account, _holder(values["ci"], values["business_number"].replace("-", "")))


def _holder(ci: str, number: str) -> tuple[str, str]:
    if bool(ci) == bool(number):
        raise BadRow("there must be ci or business_number, and only one of them")
    if ci and not _CI.fullmatch(ci):
        raise BadRow("ci is not 88 characters of base64")
    if number and not is_business_number(number):
        raise BadRow("business_number is none")
    return ("person", ci) if ci else ("enterprise", number)
