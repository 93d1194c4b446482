"""A page of one member does nothing to another who signed in meanwhile in a second tab."""

from __future__ import annotations

import pytest

from tests.builders import PASSWORD, a_person, link
from tests.protocol.account.lab import Site, Visit, form_of
from tests.protocol.oidc.lab import is_a_page

PAGES = {
    "/account/profile": {"email_local": "changed.address"},
    "/account/password": {"current_password": PASSWORD, "password": "Another!2026", "password_again": "Another!2026"},
    "/account/withdraw": {"password": PASSWORD, "understood": "y"},
}


@pytest.fixture
def second(site: Site) -> Visit:
    member_id = a_person(site.house, "second.member", email="second@example.kr", phone="01099998888")
    link(site.house, member_id, "voucher", "openid", "email")
    return site.signed_in(member_id)


def changed(visit: Visit, to: Visit) -> None:
    """The second tab's sign-in: the browser is the same, its session is not."""
    cookie = to.cookie()
    assert cookie is not None
    visit.client.set_cookie("idp_session", cookie)


@pytest.mark.parametrize("path", PAGES)
def test_refuses_what_was_filled_in_for_somebody_else(site: Site, person: Visit, second: Visit, path: str) -> None:
    """Architecture §11.3: identity is the session's, and a button acts for whom its page was shown to."""
    filled = {**form_of(person.get(path), path), **PAGES[path]}
    before = site.actions(second.member_id)
    changed(person, second)
    answer = person.client.post(path, data=filled)
    assert is_a_page(answer, 409)
    assert "회원이 바뀌었습니다" in answer.text
    assert site.actions(second.member_id) == before
    assert second.is_signed_in()


@pytest.mark.parametrize("path", PAGES)
def test_refuses_what_does_not_say_whose_page_it_was_on(site: Site, person: Visit, path: str) -> None:
    """A check that leaving the field out would skip binds nothing; every form of these pages carries it."""
    filled = {**form_of(person.get(path), path), **PAGES[path]}
    before = site.actions(person.member_id)
    del filled["whose_page"]
    assert is_a_page(person.client.post(path, data=filled), 409)
    assert site.actions(person.member_id) == before


@pytest.mark.parametrize("path", PAGES)
def test_takes_it_from_whom_it_was_shown_to(person: Visit, path: str) -> None:
    """The same form, by its own member, is looked at."""
    filled = {**form_of(person.get(path), path), **PAGES[path]}
    assert filled["whose_page"]
    assert person.client.post(path, data=filled).status_code != 409


def test_signs_out_whoever_is_there(person: Visit, second: Visit) -> None:
    """로그아웃 is about the browser: whoever presses it wants nobody signed in."""
    filled = form_of(person.get("/account/"), "/account/sign-out")
    changed(person, second)
    assert person.client.post("/account/sign-out", data=filled).status_code == 303
    assert not person.is_signed_in()
