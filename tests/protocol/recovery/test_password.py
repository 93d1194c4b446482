"""비밀번호 재설정 by verification, from outside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.credentials.models import passwords
from idp.mail.letters import PasswordChanged
from idp.signals.models import outbox
from tests.builders import EMAIL, PASSWORD, a_person, link, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider
from tests.protocol.recovery.lab import (
    HONG,
    KIM,
    NEW_PASSWORD,
    Site,
    new_password_page,
    prove,
    set_password,
    sign_in,
    title,
    ways,
    words,
)
from tests.protocol.verification.conftest import Person
from tests.races import RACERS, race


def test_lets_the_verified_member_set_a_new_password(site: Site, visitor: Person) -> None:
    """REQ-43: the new one signs in, the old one does not; the member is told and the audit knows how."""
    page = new_password_page(visitor)
    assert "ho*******ng" in page.text
    assert title(set_password(visitor, page)) == "비밀번호를 바꾸었습니다"
    assert sign_in(site.visitor(), PASSWORD).status_code == 401
    assert "나의 정보" in sign_in(site.visitor(), NEW_PASSWORD).text
    told = [(to, type(letter)) for to, letter in site.letters()]
    assert sorted(told, key=str) == sorted([(EMAIL, PasswordChanged), (HONG.phone, PasswordChanged)], key=str)
    (record,) = site.audited("password.reset")
    assert record == {"member_id": site.member_id, "address": "127.0.0.1", "method": "any_id", "told": 0}


def test_ends_every_session_and_tells_every_linked_relying_party(site: Site, visitor: Person) -> None:
    """REQ-43, REQ-68: back-channel logout by `sub` to each that takes it and is linked, in the same transaction."""
    voucher = link(site.house, site.member_id, "voucher")
    link(site.house, site.member_id, "kamp")
    link(site.house, site.member_id, "bizinfo")
    unlink(site.house, site.member_id, "kamp")
    elsewhere = site.visitor()
    sign_in(elsewhere, PASSWORD)
    assert "로그아웃" in elsewhere.get("/account/").text
    with site.house.database.transaction() as connection:
        connection.execute(outbox.delete())
    set_password(visitor, new_password_page(visitor))
    assert "login-title" in elsewhere.get("/account/").text
    with site.house.database.reading() as connection:
        rows = connection.execute(select(outbox)).fetchall()
    told = [(row.relying_party_id, row.channel, row.event_type, row.subject, row.payload) for row in rows]
    assert told == [("voucher", "logout", "backchannel-logout", voucher.subject, {"sub": voucher.subject})]


def test_ends_what_relying_parties_may_do_without_the_member(site: Site, visitor: Person) -> None:
    """REQ-43: whoever knew the password may have let a relying party in; its refresh token is dead too."""
    provider = Provider(site.house, site.app)
    code = Browser(site.app.test_client()).code(KAMP, scope="openid offline_access", prompt="consent")
    token = provider.redeem(KAMP, code).get_json()["refresh_token"]
    set_password(visitor, new_password_page(visitor))
    refused = provider.refresh(KAMP, token)
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("login_id", ["nobodyhere", "kimgildong", "honggildong"])
def test_says_the_same_of_somebody_else_and_of_nobody(site: Site, visitor: Person, login_id: str) -> None:
    """REQ-43: neither whether the 아이디 exists nor whose it is; the same words for all three."""
    a_person(site.house, "kimgildong", ci=KIM.ci, email="kim@example.kr")
    refused = prove(visitor, ways(visitor, login_id), "/verify", "go_gildong")
    assert refused.status_code == 403
    assert title(refused) == "확인하지 못했습니다"
    other = site.visitor()
    assert words(prove(other, ways(other, "not.a.member"), "/verify", "nam_gildong")) == words(refused)
    assert [record["member_id"] for record in site.audited("recovery.refused")] == [None, None]


def test_gives_nobody_another_members_account(site: Site, visitor: Person) -> None:
    """REQ-43: a member who proves who they are still cannot set another's password."""
    a_person(site.house, "kimgildong", ci=KIM.ci, email="kim@example.kr")
    page = ways(visitor, "honggildong")
    assert prove(visitor, page, "/verify", "kim_gildong").status_code == 403
    recovery = page.request.path
    assert title(visitor.get(f"{recovery}/new")) == "본인임을 확인해 주세요"


def test_shows_one_page_whoever_is_asked_about(site: Site, visitor: Person) -> None:
    """REQ-43: up to the proof nothing differs but what was typed."""
    known = words(ways(visitor, "honggildong")).replace("honggildong", "-")
    other = site.visitor()
    assert words(ways(other, "nobodyhere")).replace("nobodyhere", "-") == known


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [
        ("", "", "비밀번호를 입력해 주세요."),
        (NEW_PASSWORD, "", "비밀번호를 다시 한번 입력해 주세요."),
        (NEW_PASSWORD, NEW_PASSWORD + "x", "비밀번호가 서로 다릅니다."),
        ("Short!1", "Short!1", "8자~20자"),
        ("nouppercase!1", "nouppercase!1", "영문 대문자가 없습니다."),
        ("honggildong!A1", "honggildong!A1", "아이디가 들어 있는"),
        ("Aa!19900101", "Aa!19900101", "생년월일이 들어 있는"),
        ("Aa!00000001", "Aa!00000001", "전화번호가 들어 있는"),
        ("Seoul2024#", "Seoul2024#", "쉽게 알아낼 수 있습니다"),
        ("비밀번호!Aa1\x00", "비밀번호!Aa1\x00", "보이지 않는 문자"),
        ("A" * 300, "A" * 300, "너무 깁니다"),
    ],
)
def test_refuses_a_weak_password_in_place(
    site: Site, visitor: Person, password: str, again: str, sentence: str
) -> None:
    """REQ-23, REQ-25, issue 3: the field says how to mend it, nothing typed comes back, and the proof is not spent."""
    page = new_password_page(visitor)
    refused = set_password(visitor, page, password, again)
    assert refused.status_code == 400
    assert sentence in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert not password or password not in refused.text
    assert title(set_password(visitor, refused)) == "비밀번호를 바꾸었습니다"


@pytest.mark.parametrize(
    "login_id",
    ["", " ", "x" * 65, "hong\x00gildong", "\u202ehong", "<b>hong</b>", "hong🙂", "ｈｏｎｇｇｉｌｄｏｎｇ", "홍길동"],
)
def test_takes_whatever_is_typed_without_failing(visitor: Person, login_id: str) -> None:
    """Issue 3: an error in its field, or the same page as for anybody; never a 500, and no markup of theirs."""
    page = ways(visitor, login_id)
    assert page.status_code in (200, 400)
    assert "<b>hong" not in page.text
    if page.status_code == 400:
        assert 'aria-invalid="true"' in page.text


def test_lets_one_of_many_who_finish_at_once_finish(site: Site, visitor: Person) -> None:
    """Architecture §11.1: sixteen racers, one winner; one letter a channel and one record."""
    page = new_password_page(visitor)
    token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    cookie = visitor.client.get_cookie("idp_form")
    assert cookie is not None

    def finish(racer: int) -> int:
        client = site.app.test_client()
        client.set_cookie("idp_form", cookie.value)
        password = f"{NEW_PASSWORD}{racer}"
        sent = {"csrf_token": token, "password": password, "password_again": password}
        return client.post(page.request.path, data=sent).status_code

    statuses = race(finish)
    assert sorted(statuses) == [303, *[404] * (RACERS - 1)]
    assert len(site.audited("password.reset")) == 1
    assert len(site.letters()) == 2


def test_lets_a_proof_go_stale(site: Site, visitor: Person, clock: FrozenClock) -> None:
    """`recovery.reset_link`: half an hour; and what another reset has overtaken is good no more."""
    page, other = new_password_page(visitor), site.visitor()
    overtaken = new_password_page(other)
    assert title(set_password(visitor, page)) == "비밀번호를 바꾸었습니다"
    assert set_password(other, overtaken, "Other!Pass26").status_code == 404
    late = site.visitor()
    page = new_password_page(late)
    clock.advance(timedelta(minutes=31))
    assert set_password(late, page, "Other!Pass26").status_code == 404
    assert "나의 정보" in sign_in(site.visitor(), NEW_PASSWORD).text


def test_helps_nobody_who_left_meanwhile(site: Site, visitor: Person) -> None:
    """REQ-78: no credential comes back to a member who is gone."""
    page = new_password_page(visitor)
    withdrawing(site.house)(site.member_id)
    assert set_password(visitor, page).status_code == 404
    with site.house.database.reading() as connection:
        assert connection.execute(select(passwords)).fetchall() == []


def test_is_of_no_use_in_another_browser(site: Site, visitor: Person) -> None:
    """REQ-15: a recovery's address, copied, opens nothing elsewhere."""
    path = new_password_page(visitor).request.path
    assert site.visitor().get(path).status_code == 404
    assert site.visitor().get("/recovery/password/" + "A" * 22).status_code == 404
    assert visitor.get("/recovery/password/short/new").status_code == 404


def test_takes_no_evidence_made_for_something_else(visitor: Person) -> None:
    """REQ-15: what was proven to find an 아이디 sets no password."""
    found = prove(visitor, visitor.get("/recovery/login-id"), "/recovery/login-id", "hong_gildong")
    recovery = found.request.path.rpartition("/")[2]
    assert visitor.get(f"/recovery/password/{recovery}/new").status_code == 404


def test_leads_back_to_the_sign_in_it_came_from(site: Site) -> None:
    """REQ-44, issue 3: a way back in, not only a new password."""
    browser = Browser(site.app.test_client())
    visitor = Person(browser.client)
    pending = browser.authorize(VOUCHER).headers["Location"]
    path = visitor.get(pending).text.split('href="/recovery/password')[1].split('"')[0]
    page = visitor.post(visitor.get(f"/recovery/password{path}"), pending[8:], login_id="honggildong")
    done = set_password(visitor, prove(visitor, page, "/verify", "hong_gildong"))
    assert f'href="{pending}"' in done.text


def test_signs_nobody_in_by_itself(site: Site, visitor: Person) -> None:
    """The new password is asked for once, where it is to be used."""
    set_password(visitor, new_password_page(visitor))
    assert "login-title" in visitor.get("/account/").text
