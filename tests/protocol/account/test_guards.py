"""What every one of a member's own pages holds to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.builders import PASSWORD
from tests.protocol.account.lab import Site, Visit
from tests.protocol.oidc.lab import is_a_page

PAGES = ("", "profile", "password", "agencies", "certificates", "consents", "history", "withdraw")
POSTS = (
    *("profile", "password", "agencies/kamp/unlink", "withdraw", "sign-out", "session/extend"),
    *("certificates/register", "certificates/x/name", "certificates/x/remove"),
    *("consents/marketing", "sessions/x/end", "sessions/end-others", "sessions/end-all"),
)


@pytest.mark.parametrize("name", PAGES)
def test_is_nobodys_without_a_session(site: Site, name: str) -> None:
    """Each page asks who is there, and shows nothing before."""
    answer = site.app.test_client().get(f"/account/{name}")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/signin/")


@pytest.mark.parametrize("name", POSTS)
def test_takes_no_post_without_its_token(site: Site, person: Visit, name: str) -> None:
    """OWASP CSRF Prevention: no other site does anything here in the member's name."""
    other = site.signed_in(person.member_id)
    before = (site.profile(person.member_id), site.actions(person.member_id))
    fields = {"password": PASSWORD, "understood": "y", "decision": "give", "email_local": "forged", "method": "phone"}
    assert is_a_page(person.client.post(f"/account/{name}", data=fields), 400)
    assert (site.profile(person.member_id), site.actions(person.member_id)) == before
    assert other.is_signed_in()


@pytest.mark.parametrize("name", POSTS)
def test_sends_a_post_without_a_session_to_sign_in(site: Site, person: Visit, name: str) -> None:
    """A form of a session that is over: signing in comes first, nothing is done and nothing fails."""
    token = person.token()
    before = site.profile(person.member_id)
    site.clock.advance(timedelta(minutes=31))
    answer = person.client.post(f"/account/{name}", data={"csrf_token": token, "email_local": "forged"})
    assert answer.status_code == 303
    assert site.profile(person.member_id) == before


@pytest.mark.parametrize("name", PAGES)
def test_says_that_pages_are_not_kept(person: Visit, name: str) -> None:
    """Personal data: no cache keeps it, and no script or style stands in the page itself (CSP3)."""
    page = person.get(f"/account/{name}")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", page.text) is None


@pytest.mark.parametrize("name", PAGES)
def test_shows_an_enterprise_its_pages(enterprise: Visit, name: str) -> None:
    """The same for 기업회원."""
    assert enterprise.get(f"/account/{name}").status_code == 200


@pytest.mark.parametrize("name", ["profile", "password", "withdraw", "certificates/x/name"])
def test_does_not_fall_over_what_is_posted(person: Visit, name: str) -> None:
    """Every field repeated, nested, endless, binary: a page that says so, never a failure of ours."""
    tied = person.tied()
    for fields in (
        {f"{field}": ["a", "b"] for field in ("email_local", "password", "current_password", "name", "seen")},
        {"email_local": "\x00\ufffe\ud7ff", "password": "\x00", "current_password": "\x00", "name": "\x00"},
        {"email_local": "a" * 100_000, "password": "a" * 100_000, "name": "a" * 100_000},
    ):
        answer = person.client.post(f"/account/{name}", data={**tied, **fields})
        assert 400 <= answer.status_code < 500, (fields, answer.status_code)


def test_leaves_after_reading_what_it_means(site: Site, enterprise: Visit) -> None:
    """REQ-75, REQ-81: an enterprise has no password to sign in with; having signed in lately is its proof."""
    path = "/account/withdraw"
    assert 'name="password"' not in enterprise.get(path).text
    assert is_a_page(enterprise.post(path), 400)
    tied = enterprise.tied()
    site.clock.advance(timedelta(minutes=5, seconds=1))
    asked = enterprise.client.post(path, data={**tied, "understood": "y"})
    assert asked.headers["Location"].startswith("/signin/")
    assert site.profile(enterprise.member_id) is not None
    again = site.signed_in(enterprise.member_id)
    assert "회원 탈퇴가 완료되었습니다" in again.post(path, understood="y").text
    assert not again.is_signed_in()
