"""The lock on an account, what its member hears, and the way back; the notice of the last sign-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.mail.letters import AccountLocked
from idp.mail.models import outgoing_messages
from idp.mail.post import Post
from idp.members.inform import Inform
from idp.storage.database import Database
from tests.builders import EMAIL, PASSWORD
from tests.fakes import FrozenClock
from tests.protocol.recovery.lab import HONG, NEW_PASSWORD, Site, new_password_page, set_password, sign_in, words
from tests.protocol.verification.conftest import Person

WAY_BACK = "비밀번호를 재설정하면 바로 로그인할 수 있습니다."


def lock(site: Site, login_id: str = "honggildong") -> None:
    for _ in range(site.house.settings.sign_in.attempts_per_account):
        assert sign_in(site.visitor(), "Wrong!2026", login_id).status_code == 401


def test_tells_the_member_by_every_channel_on_file(site: Site, clock: FrozenClock) -> None:
    """REQ-40: once a lock, with the way back and when it opens by itself."""
    lock(site)
    assert sign_in(site.visitor(), "Wrong!2026").status_code == 429
    assert sorted(to for to, _letter in site.letters()) == sorted([EMAIL, HONG.phone])
    for _to, letter in site.letters():
        assert letter == AccountLocked(clock.now(), "/recovery/password", clock.now() + timedelta(minutes=10))
    assert [record["member_id"] for record in site.audited("sign_in.locked")] == [site.member_id]


def test_shows_the_way_back_on_the_sign_in_page(site: Site) -> None:
    """REQ-40: the sentence with its link; of an 아이디 that nobody has the page says the same (REQ-39)."""
    pages = []
    for login_id in ("honggildong", "nobodyhere"):
        lock(site, login_id)
        pages.append(sign_in(site.visitor(), PASSWORD, login_id))
    assert [page.status_code for page in pages] == [429, 429]
    assert words(pages[0]) == words(pages[1])
    assert WAY_BACK in pages[0].text
    assert 'href="/recovery/password?sign_in=' in pages[0].text
    assert len(site.letters()) == 2


def test_opens_again_by_setting_the_password_anew(site: Site, visitor: Person) -> None:
    """REQ-40, issue 3: a way back that needs no waiting."""
    lock(site)
    set_password(visitor, new_password_page(visitor))
    assert "나의 정보" in sign_in(site.visitor(), NEW_PASSWORD).text
    # The count begins anew, too.
    for _ in range(4):
        assert sign_in(site.visitor(), "Wrong!2026").status_code == 401


def test_neither_records_nor_tells_of_a_lock_by_half(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Architecture §6: record and letter commit together or not at all."""

    def broken(*_: object) -> str:
        raise RuntimeError("queue is broken")

    for _ in range(4):
        sign_in(site.visitor(), "Wrong!2026")
    monkeypatch.setattr(Post, "__call__", broken)
    assert sign_in(site.visitor(), "Wrong!2026").status_code == 500
    assert site.audited("sign_in.locked") == []


def test_undoes_what_it_writes_for_nobody(site: Site) -> None:
    """REQ-39: the work is the same for an 아이디 without a member, and leaves its audit record only."""
    lock(site, "nobodyhere")
    assert site.letters() == []
    assert [record["member_id"] for record in site.audited("sign_in.locked")] == [None]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_undoes_it_on_every_database(kind: str, database: Database, request: pytest.FixtureRequest, site: Site) -> None:
    """The savepoint is a database's own; PostgreSQL has it too."""
    if kind == "postgresql":
        database = request.getfixturevalue("postgres_database")
    inform = Inform(Post(site.house.clock, site.house.randomness, site.house.cipher), site.house.directory)
    with database.transaction() as connection:
        assert inform(connection, None, AccountLocked(site.house.clock.now(), "/recovery/password")) == 0
    with database.reading() as connection:
        assert connection.execute(select(outgoing_messages)).fetchall() == []


def test_shows_the_sign_in_before_this_one(site: Site, clock: FrozenClock) -> None:
    """korean-identity §4: time, masked address and method of the last sign-in."""
    first = site.visitor()
    page = sign_in(first, PASSWORD)
    assert "최근 로그인 2026-03-02 18:00 127.0.***.1 비밀번호" in page.text
    clock.advance(timedelta(hours=2))
    sign_in(site.visitor(), "Wrong!2026")
    page = sign_in(site.visitor(), PASSWORD)
    assert "최근 로그인 2026-03-02 18:00" in page.text
    assert "2026-03-02 20:00" not in first.get("/account/").text
