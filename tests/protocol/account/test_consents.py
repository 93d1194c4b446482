"""동의 내역, from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idp.terms import store as terms
from idp.terms.answer import Answers, keep
from idp.terms.apply import ApplyTerms
from idp.terms.documents_folder import read
from tests.builders import a_person, link, unlink
from tests.protocol.account.lab import Site, Visit
from tests.protocol.oidc.lab import is_a_page
from tests.races import race

PATH = "/account/consents"
FOLDER = """
[[document]]
id = "service"
required = true
purpose = "service"
title = {ko = "서비스 이용 약관", en = "Terms"}

[[document]]
id = "marketing"
required = false
purpose = "marketing"
title = {ko = "마케팅 수신", en = "Marketing"}

[[document]]
id = "company"
audience = "enterprise"
required = false
purpose = "marketing"
title = {ko = "기업 소식", en = "News"}
"""


def put_in_force(site: Site, folder: Path, words: str = "첫째 판의 내용입니다.") -> None:
    (folder / "terms.toml").write_text(FOLDER, "utf-8")
    for name in ("service", "marketing", "company"):
        for language in ("ko", "en"):
            (folder / f"{name}.{language}.md").write_text(f"{words} <script>alert(1)</script>", "utf-8")
    ApplyTerms(site.house.database, site.clock)(read(folder), actor="test")
    site.clock.advance(site.house.settings.catalogue_refresh)


def answered(site: Site, member_id: str, *, marketing: bool = False) -> None:
    current = site.house.terms()
    said = Answers({"service": True, "marketing": marketing}, "ko", "join", "203.0.113.10")
    with site.house.database.transaction() as connection:
        keep(connection, member_id, current.asked_of("person"), said, current.edition, site.clock.now())


def last(site: Site, member_id: str, document: str = "marketing") -> bool:
    with site.house.database.reading() as connection:
        return bool(terms.last_answers(connection, member_id)[document].agreed)


@pytest.fixture(autouse=True)
def in_force(site: Site, tmp_path: Path) -> Path:
    folder = tmp_path / "terms"
    folder.mkdir()
    put_in_force(site, folder)
    return folder


def test_shows_every_answer_with_its_version(site: Site, person: Visit) -> None:
    """REQ-13: document, answer, time, place (masked)."""
    answered(site, person.member_id)
    page = person.get(PATH).text
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.S)
    assert ["마케팅 수신" in rows[0], "동의하지 않음" in rows[0]] == [True, True]
    assert ["서비스 이용 약관" in rows[1], "<td>동의</td>" in rows[1]] == [True, True]
    assert "203.0.***.10" in rows[0]
    assert "회원가입" in rows[0]


def test_shows_the_words_that_were_agreed_to(site: Site, person: Visit, in_force: Path) -> None:
    """REQ-13: a newer version does not change what was agreed to; id, version and hash say which it was."""
    answered(site, person.member_id)
    put_in_force(site, in_force, "둘째 판의 내용입니다.")
    page = person.get(f"{PATH}/service/1")
    assert "첫째 판의 내용입니다." in page.text
    assert "둘째 판" not in page.text
    assert "<script>" not in page.text.replace("<script src=", "")
    with site.house.database.reading() as connection:
        document = terms.version(connection, "service", 1)
    assert document is not None
    assert document.sha256 in page.text


@pytest.mark.parametrize("path", ["service/2", "company/1", "service/0", "nothing/1", f"service/{10**30}", "service/x"])
def test_shows_only_what_this_member_answered(site: Site, person: Visit, path: str) -> None:
    """A version nobody asked this member about is none of theirs."""
    answered(site, person.member_id)
    assert is_a_page(person.get(f"{PATH}/{path}"), 404)


def test_gives_and_withdraws_marketing_as_easily(site: Site, person: Visit) -> None:
    """PIPA §38 ④: one press either way; every answer is kept, with its time."""
    answered(site, person.member_id)
    assert "동의하기" in person.get(PATH).text
    assert person.post(f"{PATH}/marketing", decision="give").headers["Location"] == PATH
    assert last(site, person.member_id)
    assert "동의 철회" in person.get(PATH).text
    assert person.post(f"{PATH}/marketing", decision="withdraw").status_code == 303
    assert not last(site, person.member_id)
    with site.house.database.reading() as connection:
        kept = [row.agreed for row in terms.answers(connection, person.member_id, before=None, limit=10)]
    assert kept[:2] == [False, True]
    said = {"document": "marketing", "version": 1, "agreed": False}
    assert site.actions(person.member_id)[-1] == ("terms.answered", said)


def test_asks_nobody_again_about_required_documents(site: Site, person: Visit) -> None:
    """Withdrawing marketing is no new answer to what is required."""
    answered(site, person.member_id)
    person.post(f"{PATH}/marketing", decision="give")
    with site.house.database.reading() as connection:
        assert len(terms.answers(connection, person.member_id, before=None, limit=10)) == 3


@pytest.mark.parametrize(
    ("path", "decision", "status"),
    [
        ("service", "withdraw", 404),
        ("company", "give", 404),
        ("nothing", "give", 404),
        ("marketing", "", 400),
        ("marketing", "perhaps", 400),
    ],
)
def test_takes_no_answer_that_is_not_offered(site: Site, person: Visit, path: str, decision: str, status: int) -> None:
    """Required documents are not withdrawn here, other kinds' are not answered, and a press must mean something."""
    answered(site, person.member_id)
    assert is_a_page(person.post(f"{PATH}/{path}", decision=decision), status)
    assert not last(site, person.member_id)
    assert last(site, person.member_id, "service")


def test_writes_one_answer_of_many_at_once(site: Site, person: Visit) -> None:
    """A press that arrives several times is one answer."""
    answered(site, person.member_id)
    tied = person.tied()
    cookies = {name: person.client.get_cookie(name) for name in ("idp_session", "idp_form")}

    def press(_racer: int) -> int:
        client = site.app.test_client()
        for name, cookie in cookies.items():
            assert cookie is not None
            client.set_cookie(name, cookie.value)
        return client.post(f"{PATH}/marketing", data={**tied, "decision": "give"}).status_code

    assert race(press, 6) == [303] * 6
    with site.house.database.reading() as connection:
        assert len(terms.answers(connection, person.member_id, before=None, limit=10)) == 3


def test_shows_what_relying_parties_were_given(site: Site, person: Visit) -> None:
    """C21: agency, items, since when; a way to stop while it is in force, the end where it is over."""
    unlink(site.house, person.member_id, "kamp")
    page = person.get(PATH).text
    assert page.count("제공 중") == 1
    assert page.count("끝난 때") == 1
    assert 'href="/account/agencies/voucher/unlink"' in page
    assert 'href="/account/agencies/kamp/unlink"' not in page
    assert "이메일" in page


def test_shows_nobody_elses_consents(site: Site, person: Visit) -> None:
    """The other member's links are not in this member's history."""
    stranger = a_person(site.house, "somebody_else")
    link(site.house, stranger, "bizinfo")
    answered(site, stranger, marketing=True)
    page = person.get(PATH).text
    assert "bizinfo" not in page
    assert "약관에 답한 기록이 없습니다" in page


def test_pages_through_both_histories(site: Site, person: Visit) -> None:
    """Each consent and each answer once."""
    for _again in range(12):
        link(site.house, person.member_id, "voucher", "openid", "email")
        answered(site, person.member_id)
    for mark, pattern, expected in (
        ("given_before", r"<dt>동의한 때</dt>", 14),
        ("before", r"href=\"/account/consents/\w+/\d+\"", 24),
    ):
        seen, path = 0, PATH
        while path:
            page = person.get(path).text
            seen += len(re.findall(pattern, page))
            more = re.search(rf'href="(\?{mark}=\d+)"', page)
            path = f"{PATH}{more[1]}" if more is not None else ""
        assert seen == expected
