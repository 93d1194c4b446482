"""The signed answer as it arrives over HTTP: both shapes, within bounds, and nothing of it kept that names anybody."""

from __future__ import annotations

import html
import io
import re
import time

import pytest
from sqlalchemy import text as sql
from werkzeug.test import TestResponse

from idp.storage.database import Database
from idp.verification.evidence import Evidence
from tests.protocol.verification.conftest import Person
from tests.unit.verification.certificates.conftest import OpenMember
from tests.unit.verification.lab import Room, application


@pytest.fixture
def collected() -> list[Evidence]:
    return []


@pytest.fixture
def person(certificate_room: Room, collected: list[Evidence]) -> Person:
    return Person(application(certificate_room, collected).test_client())


def readable(page: TestResponse) -> str:
    """What the page gives its script to sign."""
    found = re.search(r'data-readable="([^"]+)"', page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


def test_takes_what_our_page_posts(person: Person, member: OpenMember, collected: list[Evidence]) -> None:
    """The agreed form: `cms` in base64, `r` in hex."""
    page = person.start("business_certificate")
    assert person.post(page, "/answer", **member("business").answer(readable(page))).text == "verified"
    assert [(each.business_number, each.company_name) for each in collected] == [("1237894566", "길동상사")]


def test_takes_a_signature_and_its_certificate(person: Person, member: OpenMember, collected: list[Evidence]) -> None:
    """The other agreed form."""
    page = person.start("business_certificate")
    assert person.post(page, "/answer", **member("business-p256").raw_answer(readable(page))).text == "verified"
    assert len(collected) == 1


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("business-expired", "유효기간이 지난 인증서입니다."),
        ("business-revoked", "폐지되었거나 효력이 정지된 인증서입니다."),
        ("business-other-company", "입력한 사업자등록번호의 인증서가 아닙니다."),
        ("business-limited", "용도가 제한된 인증서로는 이 서비스를 이용할 수 없습니다."),
    ],
)
def test_says_what_is_wrong_and_what_to_do(person: Person, member: OpenMember, folder: str, sentence: str) -> None:
    """Architecture §11.8: a plain sentence each."""
    page = person.start("business_certificate")
    ended = person.post(page, "/answer", **member(folder).answer(readable(page)))
    assert sentence in ended.text
    assert "주세요." in ended.text


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"cms": "AAAA"},
        {"cms": "", "r": "00"},
        {"cms": "가나다", "r": "00"},
        {"cms": "A" * 70_000},
        {"cms": "x" * 100_000, "r": "00"},
        {"signature": "A", "certificate": "B"},
        {"cms": "\x00", "r": "\udcff"},
    ],
)
def test_ends_without_evidence_over_what_is_no_signature(
    person: Person, posted: dict[str, str], collected: list[Evidence]
) -> None:
    """Whatever else the form holds, it is an answer, and a challenge has one."""
    page = person.start("business_certificate")
    sent = {name: value.encode("utf-8", "replace").decode() for name, value in posted.items()}
    ended = person.post(page, "/answer", **sent)
    assert ended.status_code == 200
    assert "전자서명 데이터를 읽을 수 없습니다." in ended.text
    assert collected == []


class Endless(io.RawIOBase):
    """Fifty megabytes that count how much of them was read."""

    def __init__(self, size: int) -> None:
        self.left, self.read_so_far = size, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken = min(self.left, size if size >= 0 else self.left)
        self.left -= taken
        self.read_so_far += taken
        return b"a" * taken


def test_refuses_fifty_megabytes_before_reading_them(person: Person) -> None:
    """Issue, bad input: 50 MB files."""
    page = person.start("business_certificate")
    found = re.search(r'action="([^"]+/answer)"', page.text)
    assert found is not None
    body = Endless(50_000_000)
    started = time.monotonic()
    refused = person.client.post(
        found[1],
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": "50000000"},
    )
    assert refused.status_code == 413
    assert body.read_so_far == 0
    assert time.monotonic() - started < 2


def test_answers_one_post_of_many(person: Person, member: OpenMember, collected: list[Evidence]) -> None:
    """Double submission and the back button: the second finds the first one's end."""
    page = person.start("business_certificate")
    answer = member("business").answer(readable(page))
    assert person.post(page, "/answer", **answer).text == "verified"
    assert person.post(page, "/answer", **answer).text == "not verified"
    assert len(collected) == 1


def test_writes_r_down_nowhere(person: Person, member: OpenMember, database: Database) -> None:
    """§1.3: not in the database, whichever way it ended."""
    for folder in ("business", "business-revoked"):
        signer = member(folder)
        page = person.start("business_certificate")
        person.post(page, "/answer", **signer.answer(readable(page)))
        with database.reading() as connection:
            tables = connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
            kept = "".join(str(connection.execute(sql(f'SELECT * FROM "{each}"')).all()) for each in tables)  # noqa: S608
        assert "verification" in kept
        assert signer.random.hex() not in kept.lower()
        assert repr(signer.random)[2:-1] not in kept
