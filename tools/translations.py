"""Brings the message catalogues in step with the sources: new words are added untranslated, those no longer said go.

.venv/bin/python -m tools.translations
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from idp.web.translations import CATALOGUES

ROOT = Path(__file__).parents[1]
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
# As the pages' own environment reads them (idp/web/installation.py).
_OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
_NO_DATE = datetime(2026, 11, 25, tzinfo=UTC)
_KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None}


def template() -> Catalog:
    """Every word of the sources that pages translate."""
    found = Catalog(project="onepass-idp", charset="utf-8")
    for file, line, message, comments, context in extract_from_dir(
        ROOT / "idp", _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=()
    ):
        found.add(message, locations=[(f"idp/{Path(file).as_posix()}", line)], auto_comments=comments, context=context)
    return found


def catalogues() -> list[Path]:
    """The catalogue of each language but Korean."""
    return sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po"))


def read(path: Path) -> Catalog:
    """The catalogue in `path`.

    Raises:
        PoFileError: it is malformed.
    """
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def update(path: Path) -> int:
    """Write the catalogue anew; how many words are yet to be translated."""
    catalogue = read(path)
    # What a guess would save in typing it costs in reading: a near translation is one nobody looks at again.
    catalogue.update(template(), no_fuzzy_matching=True)
    # Otherwise a look at the sources would be a change in every commit.
    catalogue.creation_date = _NO_DATE
    catalogue.revision_date = _NO_DATE
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = catalogue.project
    with path.open("wb") as file:
        write_po(file, catalogue, width=120, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
    return sum(1 for message in catalogue if message.id and not message.string)


if __name__ == "__main__":
    for each in catalogues():
        print(f"{each.relative_to(ROOT)}: {update(each)} to translate")
