"""비밀번호 변경, from outside."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from idp.credentials import store as credentials
from idp.mail.models import outgoing_messages
from tests.builders import PASSWORD
from tests.protocol.account.lab import Site, Visit
from tests.protocol.oidc.lab import is_a_page
from tests.races import race

PATH = "/account/password"
NEW = "Another!2027"


def change(visit: Visit, current: str = PASSWORD, new: str = NEW, again: str | None = None) -> int:
    fields = {"current_password": current, "password": new, "password_again": new if again is None else again}
    return visit.post(PATH, **fields).status_code


def fits(site: Site, member_id: str, password: str) -> bool:
    with site.house.database.reading() as connection:
        stored = credentials.password_hash(connection, member_id)
    return site.house.hasher.verify(stored, password)


def test_changes_the_password_and_keeps_this_browser_signed_in(site: Site, person: Visit) -> None:
    """REQ-23: the new one is good, the former is not; this browser goes on under another cookie."""
    before = person.cookie()
    assert change(person) == 303
    assert (fits(site, person.member_id, NEW), fits(site, person.member_id, PASSWORD)) == (True, False)
    assert person.cookie() != before
    assert person.is_signed_in()
    former = site.app.test_client()
    former.set_cookie("idp_session", before or "")
    assert former.get("/account/").status_code == 303


def test_ends_every_other_session(site: Site, person: Visit) -> None:
    """REQ-68: who knew the former password is out, here and at every relying party that takes logouts."""
    other = site.signed_in(person.member_id)
    change(person)
    assert not other.is_signed_in()
    assert person.is_signed_in()
    told = site.logouts()
    assert [party for party, _payload in told] == ["kamp", "voucher"]
    assert all(set(payload) == {"sub"} for _party, payload in told)
    assert person.get("/account/history").text.count("이 기기") >= 1
    assert person.get("/account/history").text.count("Firefox · Linux") == 0


def test_tells_the_member_by_every_channel(site: Site, person: Visit) -> None:
    """A change somebody did not make must not go unnoticed: e-mail and SMS."""
    change(person)
    with site.house.database.reading() as connection:
        letters = connection.execute(select(outgoing_messages.c.letter, outgoing_messages.c.channel)).all()
    assert sorted(letters) == [("password_changed", "email"), ("password_changed", "sms")]
    assert ("password.changed", {"told": 2}) in site.actions(person.member_id)


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("", "", "비밀번호를 입력해 주세요"),
        ("Short!1", "Short!1", "8자~20자"),
        ("A" * 300 + "a!1", "x", "8자~20자"),
        ("alllower!1", "alllower!1", "영문 대문자가 없습니다"),
        ("Honggildong!1", "Honggildong!1", "아이디가 들어"),
        ("Aa!12345678", "Aa!12345678", "전화번호가 들어"),
        ("Aa!19900517", "Aa!19900517", "생년월일이 들어"),
        (NEW, "Other!2027", "서로 다릅니다"),
        (NEW, "", "다시 한번 입력"),
        (PASSWORD, PASSWORD, "다른 비밀번호를 정해"),
        ("한글비밀번호!1A", "한글비밀번호!1A", "영문 소문자가 없습니다"),
    ],
)
def test_holds_the_new_password_to_the_policy(site: Site, person: Visit, new: str, again: str, said: str) -> None:
    """REQ-23, REQ-24, REQ-25: every fault says how to mend it, and no password is written back into the page."""
    answer = person.post(PATH, current_password=PASSWORD, password=new, password_again=again)
    assert is_a_page(answer, 400)
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert not new or new not in answer.text
    assert fits(site, person.member_id, PASSWORD)


def test_refuses_a_wrong_current_password_and_counts_it(site: Site, person: Visit) -> None:
    """REQ-40: a session left open is no place to guess: after five the right one is refused as well."""
    for _guess in range(5):
        assert change(person, current="Wrong!2026") == 401
    assert change(person) == 429
    assert fits(site, person.member_id, PASSWORD)
    actions = [name for name, _detail in site.actions(person.member_id)]
    assert (actions.count("sign_in.failed"), actions.count("sign_in.locked")) == (4, 1)
    with site.house.database.reading() as connection:
        assert set(connection.execute(select(outgoing_messages.c.letter)).scalars()) == {"account_locked"}


def test_does_not_spend_guesses_on_a_new_password_that_cannot_be(site: Site, person: Visit) -> None:
    """What is wrong with the new one is said before anything is counted."""
    for _try in range(8):
        assert change(person, current="Wrong!2026", new="short") == 400
    assert change(person) == 303


def test_lets_one_of_two_changes_at_once_through(site: Site, person: Visit) -> None:
    """Two windows change from the same former password: one new password stands, the other is told."""
    tied = person.tied()
    cookies = {name: person.client.get_cookie(name) for name in ("idp_session", "idp_form")}

    def attempt(racer: int) -> bool:
        client = site.app.test_client()
        for name, cookie in cookies.items():
            assert cookie is not None
            client.set_cookie(name, cookie.value)
        new = f"Another!202{racer}"
        fields = {"current_password": PASSWORD, "password": new, "password_again": new, **tied}
        # Who comes too late is refused, or finds the session over and is sent to sign in.
        return client.post(PATH, data=fields).headers.get("Location") == "/account/?done=password"

    won = race(attempt, 4)
    assert won.count(True) == 1
    assert fits(site, person.member_id, f"Another!202{won.index(True)}")
    assert len([name for name, _detail in site.actions(person.member_id) if name == "password.changed"]) == 1
