"""Reading `config/terms/`: one `terms.toml` that lists the documents, one Markdown file a document and language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import mistune
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from idp.errors import ConfigurationError
from idp.terms.document import Audience

LANGUAGES = ("ko", "en")
# Raw HTML in a document is shown as text: whoever may write terms may not thereby write scripts.
_MARKDOWN = mistune.create_markdown(escape=True, plugins=["table"])


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentEntry(_Entry):
    """`[[document]]`."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
    audience: Audience = Audience.EVERYBODY
    required: bool
    purpose: str
    title: dict[str, str] = Field(min_length=1)


class DocumentList(_Entry):
    document: list[DocumentEntry]


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document as the folder has it."""

    entry: DocumentEntry
    position: int
    texts: dict[str, dict[str, str]]


def read(folder: Path) -> list[ReadDocument]:
    """The documents of `folder`, in the order of its list. `<id>.<language>.md` holds the words.

    Raises:
        ConfigurationError: the list or a file is missing or unreadable, or a document lacks a language.
    """
    path = folder / "terms.toml"
    try:
        entries = DocumentList.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).document
        return [ReadDocument(entry, place, _texts(folder, entry)) for place, entry in enumerate(entries, 1)]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _texts(folder: Path, entry: DocumentEntry) -> dict[str, dict[str, str]]:
    texts = {}
    for language in LANGUAGES:
        if language not in entry.title:
            raise ConfigurationError(f"terms.toml: {entry.id} has no title in {language}")
        markdown = (folder / f"{entry.id}.{language}.md").read_text(encoding="utf-8")
        texts[language] = {"title": entry.title[language], "html": str(_MARKDOWN(markdown))}
    return texts
