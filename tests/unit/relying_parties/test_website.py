"""The pages every sample party has, and voucher's own login."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relying_parties.kamp.kamp_site import open_kamp
from relying_parties.records import SignedIn
from relying_parties.settings import Settings, from_environment
from relying_parties.site import Site
from relying_parties.smtech.smtech_site import open_smtech
from relying_parties.voucher.voucher_site import open_voucher
from tests.unit.relying_parties.conftest import Push
from tests.unit.relying_parties.transmitter import ISSUER, NOW, SUBJECT, link_changed, settings, signed


@pytest.fixture
def voucher(tmp_path: Path) -> Site:
    """The voucher site, its provider unreachable."""
    site = open_voucher({"VOUCHER_DATABASE": str(tmp_path / "voucher.db"), "VOUCHER_ISSUER": "http://127.0.0.1:1"})
    site.app.testing = True
    return site


def test_reads_settings_by_the_partys_name(tmp_path: Path) -> None:
    """VOUCHER_… never reaches kamp."""
    environment = {"SAMPLE_ISSUER": "http://other", "SAMPLE_PORT": "9999", "KAMP_URL": "http://k", "SAMPLE_NAME": "x"}
    read = from_environment(settings(tmp_path), environment)
    assert (read.issuer, read.listening_port, read.url, read.name) == (
        "http://other",
        9999,
        "http://127.0.0.1:8199",
        "sample",
    )


def test_offers_the_headers_links_when_signed_out(voucher: Site) -> None:
    """REQ-02."""
    page = voucher.app.test_client().get("/").text
    assert ">로그인</a>" in page
    assert ">통합로그인</a>" in page
    assert "로그아웃" not in page


def test_signs_in_by_the_legacy_account(voucher: Site) -> None:
    """REQ-76: the agency's own login, whatever happens to links; here with the provider away."""
    browser = voucher.app.test_client()
    answer = browser.post("/legacy-login", data={"login_id": "testId1", "password": "Voucher!2026"})
    assert answer.status_code == 303
    page = browser.get("/").text
    assert "홍길동님" in page
    assert "로그아웃" in page
    assert browser.post("/logout").status_code == 303
    assert "홍길동님" not in browser.get("/").text


@pytest.mark.parametrize(("login_id", "password"), [("testId1", "wrong"), ("nobody", "Voucher!2026"), ("", "")])
def test_refuses_a_wrong_legacy_password(voucher: Site, login_id: str, password: str) -> None:
    """One message for every cause."""
    browser = voucher.app.test_client()
    answer = browser.post("/legacy-login", data={"login_id": login_id, "password": password})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "아이디 또는 비밀번호가 맞지 않습니다." in answer.text


def test_refuses_a_form_from_another_site(voucher: Site) -> None:
    """The browser names the page that posted; ours are the only ones that may. Ports make other origins."""
    form = {"login_id": "testId1", "password": "Voucher!2026"}
    browser = voucher.app.test_client()
    for origin in ("http://evil.test", "http://127.0.0.1:8102", "null"):
        assert browser.post("/legacy-login", data=form, headers={"Origin": origin}).status_code == 403
    assert browser.post("/legacy-login", data=form, headers={"Origin": voucher.settings.url}).status_code == 303


def test_starts_every_session_with_a_new_cookie(voucher: Site) -> None:
    """A cookie planted before the sign-in must not become the member's session."""
    browser = voucher.app.test_client()
    with browser.session_transaction() as planted:
        planted["session_token"] = "planted"
    browser.post("/legacy-login", data={"login_id": "testId1", "password": "Voucher!2026"})
    with browser.session_transaction() as held:
        assert set(held) == {"session_token"}
        assert held["session_token"] != "planted"


def test_ignores_a_forged_cookie(voucher: Site) -> None:
    """A cookie we did not sign is no cookie."""
    browser = voucher.app.test_client()
    browser.set_cookie("voucher_session", "eyJzZXNzaW9uX3Rva2VuIjoieCJ9.forged.forged")
    assert browser.get("/").status_code == 200
    assert browser.get("/state").get_json()["session"] is None


def test_says_so_when_the_provider_is_away(voucher: Site) -> None:
    """A clear page, not a failure."""
    answer = voucher.app.test_client().get("/login")
    assert answer.status_code == 503
    assert "통합로그인 서버에 연결할 수 없습니다" in answer.text


@pytest.mark.parametrize("query", ["", "?code=a&state=b", "?error=access_denied", "?error=%3Cscript%3E", "?iss=x"])
def test_answers_an_unasked_callback_with_a_page(voucher: Site, query: str) -> None:
    """No 500, no session, nothing of the query unescaped."""
    browser = voucher.app.test_client()
    answer = browser.get("/oidc/callback" + query)
    assert answer.status_code in (400, 403, 503)
    assert "<script>" not in answer.text
    assert browser.get("/state").get_json()["session"] is None


def test_refuses_a_bad_logout_token(voucher: Site) -> None:
    """OpenID Connect Back-Channel Logout 1.0 §2.8."""
    answer = voucher.app.test_client().post("/oidc/backchannel-logout", data={"logout_token": "a.b.c"})
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"


def test_ends_the_session_that_a_frame_of_the_provider_names(voucher: Site) -> None:
    """OpenID Connect Front-Channel Logout 1.0 §2: by `iss` and `sid`, without our cookie, framed by nobody else."""
    provider = voucher.settings.issuer
    arrival = SignedIn(provider, "subject", "홍길동", "OpenID Connect", "there", time.time(), sid="s" * 32)
    records = voucher.records
    named, other = records.sign_in(arrival), records.sign_in(replace(arrival, sid="t" * 32))
    frame = voucher.app.test_client()
    wrongs: tuple[dict[str, Any], ...] = (
        {},
        {"sid": "s" * 32},
        {"iss": "https://evil.example", "sid": "s" * 32},
        {"iss": provider},
        {"iss": provider, "sid": ["s" * 32, "t" * 32]},
    )
    for wrong in wrongs:
        assert frame.get("/oidc/frontchannel-logout", query_string=wrong).status_code == 400
    right = {"iss": provider, "sid": "s" * 32}
    for _again in range(2):
        answer = frame.get("/oidc/frontchannel-logout", query_string=right)
        assert answer.status_code == 200
    assert f"frame-ancestors {provider};" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    ended, lives = records.session(named), records.session(other)
    assert ended is not None
    assert lives is not None
    assert (ended["ended_because"], lives["ended_because"]) == ("frontchannel_logout", None)
    assert "frame-ancestors 'none';" in frame.get("/").headers["Content-Security-Policy"]


def test_has_a_cookie_name_of_its_own_at_each_party(tmp_path: Path) -> None:
    """Cookies ignore ports."""
    sites = [
        open_voucher({"VOUCHER_DATABASE": str(tmp_path / "v.db")}),
        open_kamp({"KAMP_DATABASE": str(tmp_path / "k.db")}),
        open_smtech({"SMTECH_DATABASE": str(tmp_path / "s.db")}),
    ]
    assert len({site.app.config["SESSION_COOKIE_NAME"] for site in sites}) == 3


def test_allows_no_inline_script_or_style(voucher: Site) -> None:
    """The policy forbids it and no page needs it."""
    answer = voucher.app.test_client().get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_shows_the_member_the_link_and_the_events(site: Site, push: Push) -> None:
    """Issue 2: who, from where, by which protocol, which link state, which events."""
    token = site.records.sign_in(SignedIn(ISSUER, SUBJECT, "홍길동", "SAML 2.0", "http://idp.test/saml", NOW))
    browser = site.app.test_client()
    with browser.session_transaction() as cookie:
        cookie["session_token"] = token
    push(signed(link_changed(1, "linked")))
    page = browser.get("/").text
    for shown in ("홍길동님", "SAML 2.0", "http://idp.test/saml", SUBJECT, "연결됨", "account-link-changed", "반영"):
        assert shown in page
    push(signed(link_changed(2, "unlinked")))
    page = browser.get("/").text
    assert "통합로그인 계정 연결이 중단되어" in page
    assert 'data-link-status="unlinked"' in page
    assert "홍길동님" not in page


def test_tells_tests_the_same_as_json(site: Site, push: Push) -> None:
    """`/state` holds links, events and counts."""
    body = signed(link_changed(2))
    push(body)
    push(body)
    told = site.app.test_client().get("/state").get_json()
    assert told["counts"] == {"received": 1, "applied": 1, "ignored": 0, "duplicates": 1}
    assert (told["links"][0]["subject"], told["links"][0]["version"]) == (SUBJECT, 2)
    assert told["events"][0]["duplicates"] == 1


@pytest.mark.parametrize("page", ["0", "-5", "x", "99999999999999999999"])
def test_shows_some_page_for_any_number(site: Site, page: str) -> None:
    """A page number is typed by whoever likes."""
    assert site.app.test_client().get(f"/?page={page}").status_code == 200


def test_checks_no_tokens_for_a_stranger(tmp_path: Path) -> None:
    """Only who signed in with this browser may try them."""
    site = open_kamp({"KAMP_DATABASE": str(tmp_path / "k.db"), "KAMP_ISSUER": "http://127.0.0.1:1"})
    assert site.app.test_client().post("/tokens/check").status_code == 404


def test_says_nothing_of_defaults_it_does_not_have(tmp_path: Path) -> None:
    """A party without a secret is a public client; the audience of its events is its client id."""
    public = Settings("a", "b", "http://127.0.0.1:1", "client", "Bearer x", database=str(tmp_path / "a.db"))
    assert (public.client_secret, public.audience) == ("", "client")
