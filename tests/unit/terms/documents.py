"""Documents as the folder would have them."""

from __future__ import annotations

from idp.house import House
from idp.terms.apply import ApplyTerms
from idp.terms.document import Audience
from idp.terms.documents_folder import DocumentEntry, ReadDocument
from tests.fakes import FrozenClock


def document(
    identifier: str, words: str = "가", *, required: bool = True, audience: str = "everybody", position: int = 1
) -> ReadDocument:
    """One of them."""
    entry = DocumentEntry(
        id=identifier,
        required=required,
        audience=Audience(audience),
        purpose="이용 계약",
        title={"ko": identifier, "en": identifier},
    )
    texts = {language: {"title": identifier, "html": f"<p>{words}</p>"} for language in ("ko", "en")}
    return ReadDocument(entry, position, texts)


def apply(house: House, *documents: ReadDocument) -> list[str]:
    """Put them in force; every request reads them at once."""
    changed = ApplyTerms(house.database, house.clock)(documents, actor="test")
    if isinstance(house.clock, FrozenClock):
        house.clock.advance(house.settings.catalogue_refresh)
    return changed
