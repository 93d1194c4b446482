"""The list of agencies as one member sees it: filtered, with the state of each link, a page at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from idp.agencies.catalogue import Snapshot
from idp.agencies.relying_party import Agency, RelyingParty
from idp.links.provisionings import Progress
from idp.links.state import LinkState

PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class Filters:
    """기관, 사업유형, 검색어 (REQ-72)."""

    agency: str = ""
    business_type: str = ""
    q: str = ""

    def admits(self, agency: Agency) -> bool:
        """Whether an agency is among what was asked for."""
        text = self.q.casefold()
        return (
            (not self.agency or agency.id == self.agency)
            and (not self.business_type or self.business_type in agency.business_types)
            and (not text or text in agency.name.casefold() or text in agency.description.casefold())
        )


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """One agency and how the member stands with it."""

    id: str
    name: str
    description: str
    business_types: tuple[str, ...]
    state: str
    linked_at: datetime | None
    url: str | None
    connect_url: str | None
    account: Progress | None
    """How far the account there has come; None where none was asked for."""


def agency_page(
    snapshot: Snapshot,
    links: Iterable[Any],
    filters: Filters,
    page: int,
    accounts: Mapping[str, Progress] = MappingProxyType({}),
) -> tuple[list[AgencyRow], int, int]:
    """The rows of `page`, that page's number within bounds, and how many pages there are."""
    by_agency: Mapping[str, Any] = {link.agency_id: link for link in links}
    admitted = [agency for agency in snapshot.agencies.values() if filters.admits(agency)]
    pages = max(1, -(-len(admitted) // PAGE_SIZE))
    page = min(max(1, page), pages)
    shown = admitted[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = [
        _row(agency, by_agency.get(agency.id), snapshot.of_agency(agency.id), accounts.get(agency.id))
        for agency in shown
    ]
    return rows, page, pages


def _row(agency: Agency, link: Any | None, parties: tuple[RelyingParty, ...], account: Progress | None) -> AgencyRow:
    state = LinkState(link.state) if link is not None else LinkState.UNLINKED
    starts = next((party.initiate_login_uri for party in parties if party.initiate_login_uri is not None), None)
    return AgencyRow(
        agency.id,
        agency.name,
        agency.description,
        agency.business_types,
        state.value,
        link.linked_at if link is not None else None,
        starts.value if starts is not None else agency.homepage,
        starts.value if starts is not None else None,
        account,
    )
