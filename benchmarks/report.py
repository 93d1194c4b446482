"""The table: medians over the rounds, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.load import Measured

_HEAD = "| server | case | CPU-ms (least–most) | server | PostgreSQL | Redis | per second | p50 ms | p99 ms |"


def table(title: str, found: Mapping[tuple[str, str], Sequence[Measured]], resident: Mapping[str, float]) -> str:
    """One table with its title and the servers' memory under it."""
    rows = [_row(label, name, rounds) for (label, name), rounds in found.items()]
    memory = "; ".join(f"{label} {value:.0f} MiB" for label, value in resident.items())
    return "\n".join(
        [f"### {title}", "", _HEAD, "|---" * 9 + "|", *rows, "", f"Memory of all server processes: {memory}."]
    )


def document(facts: Sequence[str], numbers: str, tables: Sequence[str]) -> str:
    """What was measured where, then the tables."""
    day = datetime.now(UTC).date().isoformat()
    return "\n".join([f"\n## {day}", "", "; ".join(facts), "", numbers, "", *tables, ""])


def _row(label: str, name: str, rounds: Sequence[Measured]) -> str:
    def middle(values: Sequence[float]) -> float:
        return statistics.median(values)

    totals = [each.milliseconds for each in rounds]
    cells = [
        label,
        name,
        f"{middle(totals):.3f} ({min(totals):.3f}–{max(totals):.3f})",
        *(f"{middle([each.share(party) for each in rounds]):.3f}" for party in ("server", "postgresql", "redis")),
        f"{middle([each.per_second for each in rounds]):.0f}",
        *(f"{middle([each.percentile(part) for each in rounds]):.1f}" for part in (0.5, 0.99)),
    ]
    return f"| {' | '.join(cells)} |"
