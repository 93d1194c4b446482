"""A document that members answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who is asked."""

    EVERYBODY = "everybody"
    PERSON = "person"
    ENTERPRISE = "enterprise"
    CHILD = "child"

    def includes(self, kind: str, *, child: bool = False) -> bool:
        """Whether a member of `kind` is among them."""
        return self is Audience.EVERYBODY or self.value == kind or (child and self is Audience.CHILD)


@dataclass(frozen=True, slots=True)
class Text:
    """A document in one language: what it is called and what it says, as HTML made from its Markdown."""

    title: str
    html: str

    def __html__(self) -> str:
        """What templates show unescaped: raw HTML in the Markdown was escaped when this was made of it."""
        return self.html


@dataclass(frozen=True, slots=True)
class Document:
    """One document in the version that is in force."""

    id: str
    version: int
    audience: Audience
    required: bool
    position: int
    purpose: str
    texts: Mapping[str, Text]
    sha256: str
    edition: int

    def text(self, language: str) -> Text:
        """In `language`, or in Korean where there is no such text: that is the one that binds."""
        return self.texts.get(language) or self.texts["ko"]


def fingerprint(texts: Mapping[str, Mapping[str, str]]) -> str:
    """SHA-256 over every language's words; what a member agreed to can be shown to be just that (REQ-13)."""
    canonical = json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
