"""Input that cannot be used, at every address of the agency API that takes some: refused by name, nothing done."""

from __future__ import annotations

from typing import Any

import pytest

from idp.house import House
from tests.protocol.agency_api.lab import Server, problem


@pytest.fixture
def any_house(house: House) -> House:
    """One kind of database is enough for what no database decides."""
    return house


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=1001", "limit=-1", "limit=ten", "limit=", "limit=1&limit=2", "limit=%EF%BC%91", "since=1",
        "bucket=zz", "bucket=0", "bucket=00,", "bucket=AB", "bucket=00&changed_since=2026-01-01T00:00:00Z",
        "changed_since=yesterday", "changed_since=2026-01-01", "changed_since=0001-01-01T00:00:00%2B09:00",
        "changed_since=9999-12-31T23:59:59-23:59", "changed_since=2026-01-01T00:00:00",
    ],
)  # fmt: skip
def test_refuses_a_query_it_cannot_use(kamp: Server, query: str) -> None:
    """A parameter that is wrong, unknown or there twice is refused, never guessed at."""
    problem(kamp.ask("GET", f"/links?{query}"), 400, "bad_query")


@pytest.mark.parametrize("link_id", ["\x00", "A" * 32, "a" * 33, "a" * 5000, "' or 1=1", "🙂", "../links"])
def test_knows_no_link_by_an_odd_id(kamp: Server, link_id: str) -> None:
    """CWE-158 and the like: whatever stands in an address for an id, 404."""
    assert kamp.ask("GET", f"/links/{link_id}").status_code == 404


GOOD = {"link_id": "b" * 32, "version": 1, "status": "linked"}
BAD_LINES = [
    b"{", b"[]", b"null", b"\xff\xfe", b'{"link_id": "a", "link_id": "b", "version": 1, "status": "linked"}',
    b'{"link_id": "a", "version": NaN, "status": "linked"}', b"[" * 900, b"{" + b" " * 1100 + b"}",
    {**GOOD, "version": 0}, {**GOOD, "version": True}, {**GOOD, "version": 2**31}, {**GOOD, "version": "1"},
    {**GOOD, "status": "gone"}, {**GOOD, "link_id": "B" * 32}, {**GOOD, "link_id": 7}, {**GOOD, "link_id": "a" * 33},
    {**GOOD, "link_id": "a" * 32}, GOOD, {"version": 1, "status": "linked"}, {**GOOD, "status": ["linked"]},
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_LINES, ids=range(len(BAD_LINES)))
def test_names_the_line_that_is_wrong(kamp: Server, bad: Any) -> None:
    """Broken, doubled, unsorted, out of range, of another encoding, too long: 400 with the line's number."""
    said = problem(kamp.upload("POST", "/links/diff", [GOOD, bad]), 400, "bad_line")
    assert said["line"] == 2


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"data": b"x", "content_type": "text/csv"}, 415, "unsupported_body"),
        ({"data": b"x", "content_type": "application/json"}, 415, "unsupported_body"),
        ({"data": b"x", "content_type": "application/x-ndjson; charset=euc-kr"}, 415, "unsupported_body"),
        (
            {"data": b"x", "content_type": "application/x-ndjson", "headers": {"Content-Encoding": "gzip"}},
            415,
            "unsupported_body",
        ),
    ],
)
def test_takes_no_other_form(kamp: Server, options: dict[str, Any], status: int, code: str) -> None:
    """RFC 9110 §15.5.16."""
    problem(kamp.ask("POST", "/links/diff", **options), status, code)


CONFIRMATIONS = [
    b"", b"{}", b"{", b"null", b"[1]", b"[{}]", b'[{"link_id": "a"}]', b'[{"link_id": "a", "version": 1.5}]', b"\xff",
    b'[{"link_id": "\\u0000", "version": 1}]', b'[{"link_id": "a", "version": 99999999999999999999}]',
    b'[{"link_id": "a", "version": 1, "version": 2}]', b"[" * 100_000, b'[{"link_id": ["a"], "version": 1}]',
]  # fmt: skip


@pytest.mark.parametrize("body", CONFIRMATIONS, ids=range(len(CONFIRMATIONS)))
def test_refuses_a_confirmation_it_cannot_read(kamp: Server, body: bytes) -> None:
    """Missing, wrong types, doubled names, huge numbers and depths: 400."""
    problem(kamp.ask("POST", "/links/confirm", data=body, content_type="application/json"), 400, "bad_body")


def test_refuses_more_than_a_thousand(kamp: Server) -> None:
    """§3.7; RFC 9110 §15.5.14."""
    items = [{"link_id": "a", "version": 1}] * 1001
    problem(kamp.ask("POST", "/links/confirm", json=items), 413, "body_too_large")
    problem(kamp.upload("POST", "/links/confirm", items), 413, "body_too_large")
    huge = b"[" + b" " * 300_000 + b"]"
    assert kamp.ask("POST", "/links/confirm", data=huge, content_type="application/json").status_code == 413


@pytest.mark.parametrize(
    "said",
    [[], {"buckets": []}, {"buckets": {"zz": {"count": 0, "hash": ""}}}, {"buckets": {"00": 1}},
     {"buckets": {"00": {}}}, {"buckets": {"00": {"count": -1, "hash": ""}}},
     {"buckets": {"00": {"count": True, "hash": ""}}}, {"buckets": {"00": {"count": 1, "hash": None}}}],
)  # fmt: skip
def test_refuses_digests_it_cannot_read(kamp: Server, said: Any) -> None:
    problem(kamp.ask("POST", "/links/digest", json=said), 400, "bad_body")
