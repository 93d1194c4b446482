"""Clauses of specifications that texts cite, and conformance modules that they name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import Any

_CLAUSE = r"(?:§+ ?|[Aa]ppendix )(?P<clause>(?:\d+|[A-Z])(?:[.\-]\d+|의\d+)*)(?![a-z])"
_RANGE = re.compile(r"(?:–|…|-| to )(?:§ ?)?(\d+(?:\.\d+)*)")
_RFC = r"(?P<rfc>RFC ?\d{3,5}(?:bis)?)"
_WORD = re.compile(r"(?<![\w-])-?\w[\w-]+")
_LAST_NUMBER = re.compile(r"(.*?)(\d+)$")


@dataclass(frozen=True)
class Specification:
    """What is cited, and by which names; see `docs/specifications.toml`."""

    name: str
    url: str
    names: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Citation:
    """One clause of one specification; `clause` is empty where a text names the whole."""

    specification: str
    clause: str


@dataclass(frozen=True)
class Names:
    """Every name that a citation may start with."""

    specifications: Sequence[Specification]
    ours: Sequence[str]
    _readers: dict[tuple[str, ...], re.Pattern[str]] = field(default_factory=dict, compare=False)
    _known: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Names:
        """From the parsed `docs/specifications.toml`."""
        entries = said["specification"]
        known = [
            Specification(
                each["name"],
                each["url"],
                *(tuple(each.get(key, ())) for key in ("names", "short", "within")),
            )
            for each in entries
        ]
        return cls(known, said["ours"])

    def cited(self, text: str, *, path: str = "", usual: str | None = None) -> Iterator[Citation]:
        """What `text`, of the file at `path`, cites. A `§` without a name belongs to the last one named, else to
        `usual`, as `first` gives it; of a document of ours nothing is cited.
        """
        current = usual
        text = re.sub(r"\s+", " ", text)
        reader, known = self._reader(path)
        named_at = -1
        for found in reader.finditer(text):
            if found["clause"] is None:
                if named_at >= 0 and current is not None:
                    yield Citation(current, "")
                current = self._named(found, known)
                named_at = found.start()
            elif current is not None:
                named_at = -1
                for clause in _spelled_out(found["clause"], text[found.end() :]):
                    yield Citation(current, clause)
        if named_at >= 0 and current is not None:
            yield Citation(current, "")

    def first(self, text: str, *, path: str = "") -> str | None:
        """The specification that `text` names before all others, if one of ours is not before it."""
        reader, known = self._reader(path)
        for found in reader.finditer(re.sub(r"\s+", " ", text)):
            if found["clause"] is None:
                return self._named(found, known)
        return None

    def _named(self, found: re.Match[str], known: Mapping[str, str]) -> str | None:
        if found["rfc"]:
            return "RFC " + found["rfc"].removeprefix("RFC").strip()
        return None if found["ours"] else known[(found["name"] or found["short"]).lower()]

    def _reader(self, path: str) -> tuple[re.Pattern[str], dict[str, str]]:
        here = tuple(
            each.name for each in self.specifications if each.within and any(part in path for part in each.within)
        )
        if here not in self._readers:
            # What is at home in this file first: `core` is SAML's there.
            ordered = sorted(self.specifications, key=lambda each: each.name not in here)
            usable = [each for each in ordered if not each.within or each.name in here]
            known: dict[str, str] = {}
            for each in usable:
                for name in (*each.names, *each.short):
                    known.setdefault(name.lower(), each.name)
            for each in self.specifications:
                for name in each.names:
                    known.setdefault(name.lower(), each.name)
            names = _either(name for each in self.specifications for name in each.names)
            short = _either(name for each in usable for name in each.short)
            ours = _either(self.ours)
            before = rf"(?i:(?P<short>{short})(?= §)|(?P<ours>{ours})(?=[^§]{{0,12}} §))"
            self._readers[here] = re.compile(rf"\b(?:{_RFC}|(?P<name>{names})|{before})(?![\w-])|{_CLAUSE}")
            self._known[here] = known
        return self._readers[here], self._known[here]


def _either(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted({*names}, key=len, reverse=True))


def _spelled_out(clause: str, following: str) -> Iterator[str]:
    yield clause
    joined = _RANGE.match(following)
    start, end = _LAST_NUMBER.fullmatch(clause), joined and _LAST_NUMBER.fullmatch(joined[1])
    if not (start and end):
        return
    if end[1] in {"", start[1]}:
        yield from (f"{start[1]}{number}" for number in range(int(start[2]) + 1, int(end[2]) + 1))
    else:
        yield joined[1] if joined else ""


@dataclass(frozen=True)
class Plan:
    """A list of conformance modules; see `docs/conformance-modules.toml`."""

    name: str
    modules: tuple[str, ...]
    prefix: str = ""
    also: str = ""

    @cached_property
    def _ways(self) -> dict[str, str]:
        ways = {module: module for module in self.modules if not self.prefix}
        for module in self.modules if self.prefix else ():
            ways |= {self.prefix + module: module, f"fapi2-{module}": module}
            # A name of two or three words may be any prose's; a longer one is nobody else's.
            if module.count("-") > 2:
                ways[module] = module
        return ways

    def named(self, text: str) -> set[str]:
        """The modules of this plan that `text` names; `-suffix` after one names another that starts like it."""
        words = _WORD.findall(text)
        if self.also and self.also not in words:
            return set()
        found: set[str] = set()
        before = ""
        for word in words:
            module = self._like(before, word) if word.startswith("-") else self._ways.get(word)
            if module is not None:
                found.add(module)
                before = module
        return found

    def _like(self, before: str, suffix: str) -> str | None:
        def shared(module: str) -> int:
            return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(module, before, strict=False)))

        alike = [module for module in self.modules if before and module.endswith(suffix)]
        return max(alike, key=shared, default=None)
