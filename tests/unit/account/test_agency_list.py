"""The list of agencies as one member sees it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from idp.account.agency_list import PAGE_SIZE, Filters, agency_page
from idp.agencies.catalogue import Snapshot
from idp.agencies.relying_party import Agency
from idp.links.provisionings import Progress

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KINDS = (("바우처",), ("인력", "정책정보"), ())


def catalogue(count: int) -> Snapshot:
    agencies = {
        f"a{number}": Agency(f"a{number}", f"기관 {number}", f"설명 Text {number}", KINDS[number % 3], None, number)
        for number in range(count)
    }
    return Snapshot(1, agencies)


def ids(filters: Filters, page: int = 1, count: int = 25) -> list[str]:
    return [row.id for row in agency_page(catalogue(count), [], filters, page)[0]]


@given(st.integers(0, 45), st.integers(-5, 1000))
def test_shows_every_agency_on_one_page_and_pages_within_bounds(count: int, asked: int) -> None:
    """REQ-72: ten a page; a page that is not there is the nearest one that is."""
    rows, page, pages = agency_page(catalogue(count), [], Filters(), asked)
    assert pages == max(1, -(-count // PAGE_SIZE))
    assert page == min(max(1, asked), pages)
    assert len(rows) <= PAGE_SIZE
    shown = [row.id for each in range(1, pages + 1) for row in agency_page(catalogue(count), [], Filters(), each)[0]]
    assert shown == [f"a{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(agency="a3"), ["a3"]),
        (Filters(agency="nowhere"), []),
        (Filters(business_type="정책정보"), ["a1", "a4"]),
        (Filters(q="기관 2"), ["a2"]),
        (Filters(q="text 5"), ["a5"]),
        (Filters(q="TEXT"), ["a0", "a1", "a2", "a3", "a4", "a5"]),
        (Filters(business_type="바우처", q="3"), ["a3"]),
        (Filters(agency="a1", business_type="바우처"), []),
    ],
)
def test_shows_what_was_asked_for(filters: Filters, found: list[str]) -> None:
    """REQ-72: 기관, 사업유형, 검색어, together; names and descriptions, in any case."""
    assert ids(filters, count=6) == found


def test_says_how_the_member_stands_with_each() -> None:
    """REQ-73: 계정 연결, 미연결, 일시 정지."""
    held = [
        SimpleNamespace(agency_id="a0", state="linked", linked_at=NOW),
        SimpleNamespace(agency_id="a1", state="suspended", linked_at=NOW),
        SimpleNamespace(agency_id="a2", state="unlinked", linked_at=NOW),
    ]
    rows, _page, _pages = agency_page(catalogue(4), held, Filters(), 1)
    assert [row.state for row in rows] == ["linked", "suspended", "unlinked", "unlinked"]
    assert [row.linked_at for row in rows] == [NOW, NOW, NOW, None]


def test_says_how_far_the_account_there_has_come() -> None:
    """선택한 유관기관에 회원가입 됩니다: what was asked for, agency by agency."""
    accounts = {"a0": Progress.CREATED, "a2": Progress.FAILED}
    rows, _page, _pages = agency_page(catalogue(3), [], Filters(), 1, accounts)
    assert [row.account for row in rows] == [Progress.CREATED, None, Progress.FAILED]
