"""회원 탈퇴 시 회원정보 보관 안내, as an operator wrote it down in `config/retention.toml` (requirements C20)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from idp.errors import ConfigurationError

_COLUMNS = {"category", "period", "consent", "legal_basis", "note"}


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """One row of the notice."""

    category: str
    period: str
    consent: str
    legal_basis: str
    note: str
    key: str = ""
    """What the program keeps under this row; empty: nothing of it is kept here."""
    days: int = 0
    """The period for machines; 0: nothing is kept."""
    en: Mapping[str, str] = field(default_factory=dict)
    """The columns in English."""

    def __post_init__(self) -> None:
        if self.en and set(self.en) != _COLUMNS:
            raise TypeError("en: not these columns")
        if not isinstance(self.days, int) or self.days < 0:
            raise TypeError("days: not a number of days")

    @property
    def keeps(self) -> bool:
        """Whether anything is kept under this row."""
        return bool(self.key) and self.days > 0

    @property
    def kept_for(self) -> timedelta:
        """How long."""
        return timedelta(days=self.days)

    def written_in(self, language: str) -> RetentionRow:
        """This row in `language`, as far as it is written in it."""
        if language != "en" or not self.en:
            return self
        said = self.en
        return replace(
            self,
            category=said["category"],
            period=said["period"],
            consent=said["consent"],
            legal_basis=said["legal_basis"],
            note=said["note"],
        )


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
