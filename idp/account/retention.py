"""회원 탈퇴 시 회원정보 보관 안내, as an operator wrote it down in `config/retention.toml` (requirements C20)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from idp.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """One row of the notice."""

    category: str
    period: str
    consent: str
    legal_basis: str
    note: str


def read(path: Path) -> tuple[RetentionRow, ...]:
    """The rows of the notice.

    Raises:
        ConfigurationError: the file is missing, or a row lacks a column.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["retention"]
        return tuple(RetentionRow(**row) for row in rows)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
