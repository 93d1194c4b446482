"""Which type of member an agency's role makes: `config/conversion.toml` (requirements §1-2)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from idp.enrolment.draft import Kind
from idp.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class RoleTable:
    """Roles by name."""

    kinds: Mapping[str, Kind]

    def kind_of(self, roles: Iterable[str]) -> Kind | None:
        """The type for an account with these roles: the first role that the table names decides."""
        return next((self.kinds[role] for role in roles if role in self.kinds), None)


def read(path: Path) -> RoleTable:
    """The table of a file.

    Raises:
        ConfigurationError: the file is missing, unreadable, or names a role twice.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))["roles"]
        pairs = [(role, Kind(kind)) for kind, roles in content.items() for role in roles]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if len({role for role, _kind in pairs}) != len(pairs):
        raise ConfigurationError(f"{path}: a role is named twice")
    return RoleTable(dict(pairs))
