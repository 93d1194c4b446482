"""Where a session was begun, as coarsely as its member needs to know it again."""

from __future__ import annotations

from dataclasses import dataclass

# In this order: Edge and Whale call themselves Chrome as well, and everybody calls themselves Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """A network address and a browser family; either may be unknown."""

    address: str | None = None
    agent: str | None = None


def family(user_agent: str) -> str | None:
    """`Chrome · Windows`: our own words, never the header's, and no version that would tell machines apart."""
    found = [next((name for mark, name in names if mark in user_agent), None) for names in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in found if name is not None) or None
