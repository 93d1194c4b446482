"""Which kinds of certificate speak for whom: the operator's table `config/certificate_policies.toml`, as data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from idp.errors import ConfigurationError
from idp.verification.certificates.failures import PolicyDisabled, PolicyUnknown
from idp.verification.certificates.path import Path as Chain
from idp.verification.evidence import Holder
from idp.verification.failures import HolderMismatch

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){2,30}\Z")


class Use(StrEnum):
    """What a kind of certificate is made for."""

    GENERAL = "범용"
    LIMITED = "용도제한"
    FINANCIAL = "금융인증서"


@dataclass(frozen=True, slots=True)
class Policy:
    """One kind of certificate."""

    oid: str
    authority: str
    holder: Holder
    use: Use
    enabled: bool


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """Every kind the operator knows, by OID."""

    rows: Mapping[str, Policy]

    def accepted(self, holder: Holder) -> tuple[str, ...]:
        """OIDs that speak for a holder of this kind."""
        return tuple(row.oid for row in self.rows.values() if row.enabled and row.holder is holder)

    def of(self, path: Chain, holder: Holder) -> str:
        """The OID by which a certificate speaks for `holder`.

        Raises:
            HolderMismatch: it speaks for the other kind of holder.
            PolicyDisabled: its kind is known, and not enabled.
            PolicyUnknown: its kind is not in the table, or not its authorities' to assert.
        """
        rows = [self.rows[oid] for oid in sorted(path.leaf.policies or ()) if oid in self.rows and path.allows(oid)]
        for row in rows:
            if row.enabled and row.holder is holder:
                return row.oid
        if not rows:
            raise PolicyUnknown
        raise PolicyDisabled if any(row.holder is holder for row in rows) else HolderMismatch


def read_policies(path: Path) -> PolicyTable:
    """The table of a file.

    Raises:
        ConfigurationError: it is missing or unreadable, names an OID twice, or says what no kind can be.
    """
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))["policy"]
        rows = [_row(each) for each in listed]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if len({row.oid for row in rows}) != len(rows):
        raise ConfigurationError(f"{path}: an OID is named twice")
    return PolicyTable({row.oid: row for row in rows})


def _row(values: Mapping[str, object]) -> Policy:
    unknown = set(values) - {"oid", "ca", "holder", "use", "enabled"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]}")
    oid, enabled = str(values["oid"]), values["enabled"]
    if not _OID.match(oid) or not isinstance(enabled, bool):
        raise ValueError(f"{oid}: not an OID, or enabled is neither true nor false")
    return Policy(oid, str(values["ca"]), Holder(str(values["holder"])), Use(str(values["use"])), enabled)
