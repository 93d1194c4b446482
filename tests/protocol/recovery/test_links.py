"""The links of our letters: a new password, a proven address."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.app.recovery import ask_for_proof
from idp.app.shared import share
from idp.crypto.digests import secret_digest
from idp.crypto.fields import FieldCipher
from idp.mail.letters import EmailProof, PasswordChanged, PasswordReset
from idp.mail.models import outgoing_messages
from idp.mail.post import Post
from idp.members import store as members
from idp.members.profile import PersonProfile
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from idp.storage.expiring.database_store import expiring
from tests.builders import EMAIL, PASSWORD, a_person
from tests.fakes import FrozenClock
from tests.protocol.recovery.lab import NEW_PASSWORD, Site, set_password, sign_in, title, ways, words
from tests.protocol.verification.conftest import Person
from tests.races import RACERS, race


def ask(visitor: Person, login_id: str = "honggildong") -> TestResponse:
    return visitor.post(ways(visitor, login_id), "/email")


def profile(site: Site, member_id: str) -> PersonProfile:
    with site.house.database.reading() as connection:
        row = members.find(connection, member_id)
    assert row is not None
    found = site.house.directory.profile(row)
    assert isinstance(found, PersonProfile)
    return found


def ask_for_proof_of(site: Site, member_id: str) -> str:
    """Where the link leads that the member's own address gets."""
    assert ask_for_proof(site.house, share(site.house))(member_id)
    return site.path(EmailProof)


def test_spends_no_link_for_a_program_that_looks_ahead(site: Site) -> None:
    """Architecture §11.1: HEAD, by which mail is scanned, proves no address and leaves the link to the person."""
    member_id = a_person(site.house, "lookedahead", email="ahead@example.com", ci=None)
    path = ask_for_proof_of(site, member_id)
    assert site.visitor().client.head(path).status_code == 405
    assert not profile(site, member_id).email_verified
    assert title(site.visitor().get(path)) != "사용할 수 없는 링크입니다"


def test_sets_a_password_by_a_link_to_the_proven_address(site: Site, visitor: Person) -> None:
    """REQ-43: opened in another browser, used once."""
    ask(visitor)
    ((to, letter),) = site.letters()
    assert (to, type(letter)) == (EMAIL, PasswordReset)
    elsewhere = site.visitor()
    page = elsewhere.get(site.path(PasswordReset))
    assert title(page) == "새 비밀번호 정하기"
    assert title(set_password(elsewhere, page)) == "비밀번호를 바꾸었습니다"
    assert "나의 정보" in sign_in(site.visitor(), NEW_PASSWORD).text
    assert site.audited("password.reset")[0]["method"] == "email"
    assert site.visitor().get(site.path(PasswordReset)).status_code == 404
    assert any(isinstance(letter, PasswordChanged) for _to, letter in site.letters())


def test_keeps_the_link_good_while_it_is_only_looked_at(site: Site, visitor: Person) -> None:
    """Mail scanners open links, and a weak password is typed twice."""
    ask(visitor)
    path = site.path(PasswordReset)
    for _ in range(3):
        assert site.visitor().get(path).status_code == 200
    assert site.app.test_client().head(path).status_code == 405
    page = visitor.get(path)
    assert set_password(visitor, page, "weak", "weak").status_code == 400
    assert title(set_password(visitor, visitor.get(path))) == "비밀번호를 바꾸었습니다"


def test_lets_one_of_sixteen_spend_the_link(site: Site, visitor: Person) -> None:
    """Architecture §11.1: one winner, whose password it is; one record."""
    ask(visitor)
    path = site.path(PasswordReset)

    def spend(racer: int) -> tuple[int, str]:
        person = Person(site.app.test_client())
        page = person.get(path)
        if page.status_code != 200:
            return page.status_code, ""
        token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        password = f"Racer!Pass{racer}"
        sent = {"csrf_token": token, "password": password, "password_again": password}
        return person.client.post(path, data=sent).status_code, password

    came = race(spend)
    winners = [password for status, password in came if status == 303]
    assert len(winners) == 1
    assert [status for status, _password in came].count(404) == RACERS - 1
    assert "나의 정보" in sign_in(site.visitor(), winners[0]).text
    assert len(site.audited("password.reset")) == 1


def test_ends_with_time_and_with_every_other_reset(site: Site, visitor: Person, clock: FrozenClock) -> None:
    """Issue 3: thirty minutes; older links die when the password is set by another."""
    ask(visitor)
    first = site.path(PasswordReset)
    clock.advance(timedelta(seconds=1))
    ask(visitor)
    second = site.path(PasswordReset)
    assert first != second
    set_password(visitor, visitor.get(second))
    assert visitor.get(first).status_code == 404
    ask(visitor)
    third = site.path(PasswordReset)
    clock.advance(timedelta(minutes=30))
    assert visitor.get(third).status_code == 404


def test_goes_to_no_address_that_is_not_proven(site: Site, visitor: Person) -> None:
    """Issue 3: recovery cannot take over an account by an unverified e-mail."""
    a_person(site.house, "kimgildong", email="kim@example.kr")
    assert title(ask(visitor, "kimgildong")) == "메일을 확인해 주세요"
    assert site.letters() == []


def test_dies_with_the_address_it_went_to(site: Site, visitor: Person) -> None:
    """Issue 3: whoever reads the former address has no way in."""
    ask(visitor)
    path = site.path(PasswordReset)
    row_profile = profile(site, site.member_id)
    change(site, row_profile, email="new@example.kr", email_verified=True)
    page = visitor.get(path)
    assert page.status_code == 404
    change(site, row_profile, email_verified=False)
    assert visitor.get(path).status_code == 404


def test_answers_about_anybody_alike(site: Site, visitor: Person) -> None:
    """REQ-43: the same page, the same number of letters to be seen, whether or not the 아이디 exists."""
    a_person(site.house, "kimgildong", email="kim@example.kr")
    pages = [words(ask(site.visitor(), login_id)) for login_id in ("honggildong", "kimgildong", "nobodyhere")]
    assert pages[0] == pages[1] == pages[2]
    assert [record["member_id"] for record in site.audited("reset_link.asked")] == [site.member_id, None, None]


def test_does_as_much_for_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """REQ-43: the same transactions, seals, queued letters and kept links, so that time does not tell."""
    done: Counter[str] = Counter()

    def counted(owner: type, name: str) -> None:
        act = getattr(owner, name)

        def counting(*given: Any, **named: Any) -> Any:
            done[f"{owner.__name__}.{name}"] += 1
            return act(*given, **named)

        monkeypatch.setattr(owner, name, counting)

    for owner, name in (
        (Database, "transaction"),
        (Post, "__call__"),
        (FieldCipher, "seal_secret"),
        (DatabaseExpiringStore, "put"),
        (DatabaseExpiringStore, "increment"),
    ):
        counted(owner, name)
    work = []
    for login_id in ("honggildong", "nobodyhere"):
        visitor = site.visitor()
        page = ways(visitor, login_id)
        done.clear()
        visitor.post(page, "/email")
        work.append(dict(done))
    assert work[0] == work[1]
    assert work[0]["Post.__call__"] == 1


def test_writes_no_more_than_so_many_letters(site: Site, visitor: Person, clock: FrozenClock) -> None:
    """Issue 3: limits per account; an 아이디 that nobody has is refused alike."""
    allowed = site.house.settings.recovery.asks_per_account
    for login_id in ("honggildong", "nobodyhere"):
        answers = [ask(visitor, login_id).status_code for _ in range(allowed + 1)]
        assert answers == [*[200] * allowed, 429]
    assert len(site.letters()) == allowed
    assert ask(visitor, "HongGilDong").status_code == 429
    clock.advance(site.house.settings.recovery.window)
    assert ask(visitor).status_code == 200


def test_leaves_nothing_of_a_letter_to_nobody(site: Site, visitor: Person) -> None:
    """The decoy's work is undone; its audit record stands."""
    ask(visitor, "nobodyhere")
    with site.house.database.reading() as connection:
        assert connection.execute(select(outgoing_messages)).fetchall() == []
    assert len(site.audited("reset_link.asked")) == 1


def test_keeps_no_token_that_could_be_used(site: Site, visitor: Person) -> None:
    """Architecture §6: tokens are kept as digests only."""
    ask(visitor)
    token = site.path(PasswordReset).rpartition("/")[2]
    assert len(token) == 43
    with site.house.database.reading() as connection:
        kept = [tuple(row) for row in connection.execute(select(expiring))]
    assert secret_digest(token) in str(kept)
    assert token not in str(kept)


@pytest.mark.parametrize("path", ["/recovery/reset/", "/recovery/email/"])
@pytest.mark.parametrize("token", ["A" * 43, "short", "A" * 500, "%00", "../../account"])
def test_opens_nothing_for_a_token_that_was_never_made(site: Site, visitor: Person, path: str, token: str) -> None:
    """Issue 3: a page that says what to do, not a failure."""
    assert visitor.get(path + token).status_code == 404


def test_takes_no_post_from_elsewhere(site: Site, visitor: Person) -> None:
    """OWASP CSRF Prevention; the link is not spent by it."""
    ask(visitor)
    path = site.path(PasswordReset)
    sent = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    assert site.app.test_client().post(path, data=sent).status_code == 400
    assert visitor.get(path).status_code == 200
    assert "나의 정보" in sign_in(site.visitor(), PASSWORD).text


def test_proves_an_address_by_the_letter_to_it(site: Site, visitor: Person) -> None:
    """Issue 3: the button proves it, once; opening the link does not."""
    member_id = a_person(site.house, "kimgildong", email="kim@example.kr")
    path = ask_for_proof_of(site, member_id)
    page = visitor.get(path)
    assert not profile(site, member_id).email_verified
    assert title(visitor.post(page, "")) == "이메일 주소를 확인했습니다"
    assert profile(site, member_id).email_verified
    assert visitor.post(page, "").status_code == 404
    assert site.audited("email.proven") == [{"member_id": member_id, "address": "127.0.0.1"}]
    assert site.letters()[0][0] == "kim@example.kr"


def test_proves_no_address_that_was_changed_meanwhile(site: Site, visitor: Person) -> None:
    """Issue 3: whoever reads the former address does not vouch for the new one."""
    member_id = a_person(site.house, "kimgildong", email="kim@example.kr")
    page = visitor.get(ask_for_proof_of(site, member_id))
    change(site, profile(site, member_id), member_id=member_id, email="new@example.kr")
    assert visitor.post(page, "").status_code == 404
    assert not profile(site, member_id).email_verified


def test_asks_nobody_whose_address_is_proven(site: Site) -> None:
    """One letter, not one at each occasion."""
    assert not ask_for_proof(site.house, share(site.house))(site.member_id)
    assert site.letters() == []


def test_lets_the_proof_link_go_stale(site: Site, visitor: Person, clock: FrozenClock) -> None:
    """`recovery.proof_link`: a day."""
    member_id = a_person(site.house, "kimgildong", email="kim@example.kr")
    path = ask_for_proof_of(site, member_id)
    clock.advance(timedelta(hours=24))
    assert visitor.get(path).status_code == 404


def change(site: Site, before: PersonProfile, *, member_id: str | None = None, **values: object) -> None:
    """Write another profile, past every verb."""
    with site.house.database.transaction() as connection:
        row = members.find(connection, member_id or site.member_id)
        assert row is not None
        assert row.data_key is not None
        after = replace(before, **values)  # type: ignore[arg-type]
        sealed = site.house.directory.sealed(row.data_key, row.id, after)
        members.put_profile(connection, row, sealed, site.house.clock.now())
