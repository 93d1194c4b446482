"""아이디 찾기 from outside."""

from __future__ import annotations

import pytest

from idp.app import create_app
from idp.sections import Recovery
from tests.builders import a_house, withdrawing
from tests.fakes import FrozenClock
from tests.protocol.recovery.lab import METHODS, Site, find_login_id, title
from tests.protocol.verification.conftest import Person


@pytest.mark.parametrize(("method", "shown"), [("any_id", "ho*******ng"), ("joint_certificate", "honggildong")])
def test_shows_the_verified_person_their_login_id(site: Site, visitor: Person, method: str, shown: str) -> None:
    """REQ-43: masked, and whole after strong proofing."""
    page = find_login_id(visitor, "hong_gildong", method)
    assert page.status_code == 200
    assert f"<dd>{shown}</dd>" in page.text
    assert ("honggildong" in page.text) == (METHODS[method] == "L3")
    assert site.audited("login_id.found") == [{"member_id": site.member_id, "address": "127.0.0.1", "method": method}]


@pytest.mark.parametrize(("policy", "whole"), [("L2", True), ("L3", False), ("never", False)])
def test_shows_as_much_as_the_policy_lets(site: Site, policy: str, whole: bool) -> None:
    """REQ-43: `recovery.whole_login_id` decides."""
    settings = site.house.settings.model_copy(update={"recovery": Recovery(whole_login_id=policy)})  # type: ignore[arg-type]
    elsewhere = a_house(settings.database_url, settings.keys_dir, site.house.clock, recovery=settings.recovery)
    visitor = Person(create_app(elsewhere.settings, instead=elsewhere).test_client())
    assert ("honggildong" in find_login_id(visitor, "hong_gildong").text) is whole
    elsewhere.close()


def test_tells_a_verified_stranger_that_there_is_no_account(site: Site, visitor: Person) -> None:
    """REQ-43: to the verified person only, with the way to join."""
    page = find_login_id(visitor, "kim_gildong", "joint_certificate")
    assert title(page) == "가입된 아이디가 없습니다"
    assert 'href="/join/"' in page.text
    assert site.audited("recovery.refused") == [
        {"member_id": None, "address": "127.0.0.1", "method": "joint_certificate"}
    ]


def test_knows_nobody_who_has_left(site: Site, visitor: Person) -> None:
    """REQ-78: whoever withdrew is a stranger."""
    withdrawing(site.house)(site.member_id)
    assert title(find_login_id(visitor, "hong_gildong")) == "가입된 아이디가 없습니다"


def test_shows_the_result_again_to_who_loads_the_page_again(visitor: Person) -> None:
    """Issue 3: the back button and a reload are answered with a page of ours."""
    page = find_login_id(visitor, "hong_gildong")
    path = page.request.path
    assert visitor.get(path).text == page.text
    assert "verification" not in page.request.query_string.decode()


def test_shows_nothing_to_another_browser(site: Site, visitor: Person) -> None:
    """REQ-15: bound to the browser that was verified."""
    path = find_login_id(visitor, "hong_gildong").request.path
    other = site.visitor()
    assert other.get(path).status_code == 404
    other.get("/recovery/login-id")
    assert "ho*******ng" not in other.get(path).text


def test_comes_back_to_the_choice_from_a_verification_that_failed(visitor: Person) -> None:
    """Issue 3: every failure leads back to where another way can be chosen."""
    page = visitor.post(visitor.get("/recovery/login-id"), "/recovery/login-id", method="any_id")
    refused = visitor.choose(page, outcome="refuse")
    assert "인증 요청이 거절되었습니다." in refused.text
    back = refused.text.split('href="/recovery/login-id/')[1].split('"')[0]
    assert title(visitor.get(f"/recovery/login-id/{back}")) == "아이디 찾기"


@pytest.mark.parametrize("method", ["", "business_certificate", "nonsense", "<script>", "a" * 5000])
def test_asks_again_for_a_method_that_is_none(visitor: Person, method: str) -> None:
    """REQ-14: a business's method proves no person."""
    page = visitor.post(visitor.get("/recovery/login-id"), "/recovery/login-id", method=method)
    assert page.status_code == 400
    assert "인증 방법을 선택해 주세요." in page.text


def test_stops_who_asks_too_often(site: Site, clock: FrozenClock) -> None:
    """Issue 3: limits per address; whoever comes later, from another browser too, waits."""
    allowed = site.house.settings.recovery.asks_per_address
    for number in range(allowed + 1):
        visitor = site.visitor()
        page = visitor.post(visitor.get("/recovery/login-id"), "/recovery/login-id", method="any_id")
        assert page.status_code == (200 if number < allowed else 429)
    assert page.headers["Retry-After"] == "3600"
    clock.advance(site.house.settings.recovery.window)
    assert visitor.post(visitor.get("/recovery/login-id"), "/recovery/login-id", method="any_id").status_code == 200


def test_takes_no_post_from_elsewhere(site: Site) -> None:
    """OWASP CSRF Prevention."""
    assert site.app.test_client().post("/recovery/login-id", data={"method": "any_id"}).status_code == 400


@pytest.mark.parametrize("holder", ["hong_gildong", "kim_gildong"])
def test_keeps_that_they_were_verified_again(site: Site, visitor: Person, holder: str) -> None:
    """OpenID Identity Assurance: `verified_claims` tells the latest verification of this member, and nobody else's."""
    find_login_id(visitor, holder, "joint_certificate")
    again = [each["member_id"] for each in site.audited("identity.verified_again")]
    assert again == ([site.member_id] if holder == "hong_gildong" else [])
