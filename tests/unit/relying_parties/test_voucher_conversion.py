"""Voucher's notice to its own members, its requests, and the mapping that follows what the provider says."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import OctKey

from relying_parties.event_effects import ACCOUNT_PURGED
from relying_parties.security_event import SecurityEvent
from relying_parties.site import Site
from relying_parties.voucher.conversion import Conversion, read_roles
from relying_parties.voucher.legacy_accounts import Account, LegacyAccounts
from relying_parties.voucher.mapping import Mapping
from relying_parties.voucher.voucher_site import DEFAULTS, open_voucher
from tests.architecture.tree import ROOT

ISSUER = "http://127.0.0.1:1"
PERSON = (
    "중진공/관리기관 계정",
    "시스템 관리자",
    "평가위원/현장평가위원",
    "운영기관 평가위원",
    "회생컨설팅 평가위원",
    "재기운영기관/마스터",
    "운영기관 마스터",
)
ENTERPRISE = (
    "기관 마스터",
    "운영기관",
    "참여기업/수요기업",
    "공급기업/수행기관",
    "원가감리기관",
    "공급기업평가기관",
    "창조경제혁신센터/TP 운영기관",
)


@pytest.fixture
def voucher(tmp_path: Path) -> Site:
    """The voucher site, its provider unreachable."""
    site = open_voucher({"VOUCHER_DATABASE": str(tmp_path / "voucher.db"), "VOUCHER_ISSUER": ISSUER})
    site.app.testing = True
    return site


@pytest.fixture
def mapping(voucher: Site) -> Mapping:
    return Mapping(voucher.records)


def signed_in(voucher: Site, login_id: str = "testId1") -> Any:
    browser = voucher.app.test_client()
    browser.post("/legacy-login", data={"login_id": login_id, "password": "Voucher!2026"})
    return browser


def apply(mapping: Mapping, subject: str = "s", kind: str = "link", **payload: Any) -> None:
    event = SecurityEvent(ISSUER, "jti", 0, kind, payload, subject)
    with mapping.records.transaction() as connection:
        mapping.heard(connection, event)


@pytest.mark.parametrize(
    ("login_id", "sentence"),
    [("testId1", "홍길동님은 기업회원으로 전환 대상입니다."), ("testId2", "김길동님은 개인회원으로 전환 대상입니다.")],
)
def test_tells_an_unconverted_account_on_the_first_page(voucher: Site, login_id: str, sentence: str) -> None:
    """REQ-03, REQ-04: the sentences of the manual, by the role of the account."""
    browser = voucher.app.test_client()
    answer = browser.post(
        "/legacy-login", data={"login_id": login_id, "password": "Voucher!2026"}, follow_redirects=True
    )
    popup = answer.text.partition("<dialog open")[2].partition("</dialog>")[0]
    assert sentence in popup
    assert "사용자 유형에 따라 개인 또는 기업회원으로 전환됩니다." in popup
    assert "중기원패스 전환 바로가기" in popup
    assert "<dialog" not in browser.get("/").text
    assert browser.get("/state").get_json()["convert"] in sentence


def test_never_tells_a_converted_account(voucher: Site, mapping: Mapping) -> None:
    """REQ-03: a converted user never sees it, nor is a request made for them."""
    mapping.told(ISSUER, "s", ["testId1"])
    browser = signed_in(voucher)
    for address in ("/", "/?from=login"):
        assert "전환" not in browser.get(address).text
    assert browser.get("/conversion").location == "/"


@pytest.mark.parametrize(
    ("role", "kind"), [*((each, "개인회원") for each in PERSON), *((each, "기업회원") for each in ENTERPRISE)]
)
def test_gives_each_role_its_type(voucher: Site, mapping: Mapping, role: str, kind: str) -> None:
    """REQ-04: each of the fourteen."""
    conversion = Conversion(DEFAULTS, voucher.records, mapping, read_roles())
    assert conversion.due(Account("x", "홍길동", role, "")) == kind


def test_lists_no_other_role_and_what_the_provider_lists(voucher: Site, mapping: Mapping) -> None:
    """REQ-04, requirements §1-2: a table on each side, and they agree."""
    assert set(read_roles()) == {*PERSON, *ENTERPRISE}
    provider = tomllib.loads((ROOT / "config/conversion.toml").read_text(encoding="utf-8"))["roles"]
    assert {role: kind for kind, roles in provider.items() for role in roles} == read_roles()
    conversion = Conversion(DEFAULTS, voucher.records, mapping, read_roles())
    assert conversion.due(Account("x", "홍길동", "손님", "")) is None


def test_sends_a_signed_request_of_one_use(voucher: Site) -> None:
    """REQ-05, REQ-06: who, which account, which role, for at most ten minutes; another one at every click."""
    browser = signed_in(voucher)
    seen = []
    for _click in range(2):
        address = urlsplit(browser.get("/conversion").location)
        assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/convert"
        key = OctKey.import_key(hashlib.sha256(DEFAULTS.client_secret.encode()).hexdigest().encode())
        token = jws.deserialize_compact(parse_qs(address.query)["request"][0], key, algorithms=["HS256"])
        assert token.headers() == {"alg": "HS256", "typ": "onepass-conversion+jwt"}
        claims = json.loads(token.payload)
        assert (claims["iss"], claims["aud"], claims["account"]) == ("voucher", ISSUER, "testId1")
        assert (claims["account_name"], claims["roles"]) == ("홍길동 (testId1)", ["기관 마스터"])
        assert 0 < claims["exp"] - claims["iat"] <= 600
        seen.append(claims["jti"])
    assert len(set(seen)) == 2


def test_makes_no_request_for_a_stranger(voucher: Site) -> None:
    """REQ-06: only for the account whose own password was given here."""
    assert voucher.app.test_client().get("/conversion").location == "/legacy-login"


def test_maps_an_account_by_the_event(mapping: Mapping) -> None:
    """REQ-35: the account that the conversion named, or several; none that we do not have."""
    apply(mapping, current_status="linked", agency_account="testId1")
    assert [each.login_id for each in mapping.accounts(ISSUER, "s")] == ["testId1"]
    apply(mapping, "t", current_status="linked", agency_accounts=["testId2", "testId2", "nobody", 7])
    assert [each.login_id for each in mapping.accounts(ISSUER, "t")] == ["testId2"]
    apply(mapping, "u", current_status="linked")
    assert mapping.accounts(ISSUER, "u") == []


@pytest.mark.parametrize("named", [None, "testId1", {}, [None], 7])
def test_maps_nothing_by_what_is_no_list(mapping: Mapping, named: object) -> None:
    """OpenID Connect Core §5.3.2: what userinfo says is data, not a promise of its shape."""
    mapping.told(ISSUER, "s", named)
    assert mapping.accounts(ISSUER, "s") == []


@pytest.mark.parametrize(
    ("kind", "payload"), [("link", {"current_status": "unlinked"}), (ACCOUNT_PURGED, {})], ids=["unlinked", "purged"]
)
def test_clears_the_mapping_when_the_link_ends(
    voucher: Site, mapping: Mapping, kind: str, payload: dict[str, str]
) -> None:
    """REQ-76: the mapping goes, the account and its login stay, and the notice may come again."""
    mapping.told(ISSUER, "s", ["testId1"])
    mapping.told(ISSUER, "t", ["testId2"])
    apply(mapping, "s", kind, **payload)
    assert not mapping.is_mapped("testId1")
    assert mapping.is_mapped("testId2")
    assert "전환 대상입니다" in signed_in(voucher).get("/?from=login").text


def test_forgets_what_stood_behind_a_link_whose_end_it_never_heard(mapping: Mapping) -> None:
    """Architecture §7: a newer state supersedes an unsent older one."""
    mapping.told(ISSUER, "s", ["testId1"])
    apply(mapping, current_status="linked", previous_status="unlinked")
    assert not mapping.is_mapped("testId1")


def test_keeps_an_account_with_one_member(mapping: Mapping) -> None:
    """REQ-50: whoever was named last has it."""
    mapping.told(ISSUER, "s", ["testId1"])
    mapping.told(ISSUER, "t", ["testId1"])
    assert mapping.accounts(ISSUER, "s") == []
    assert [each.login_id for each in mapping.accounts(ISSUER, "t")] == ["testId1"]


def test_keeps_the_badge_of_a_master(voucher: Site) -> None:
    """Requirements §2-4."""
    account = LegacyAccounts(voucher.records).account("testId1")
    assert account == Account("testId1", "홍길동", "기관 마스터", "마스터")
    assert "마스터</span>" in signed_in(voucher).get("/").text


def test_offers_joining_in_the_header(voucher: Site) -> None:
    """REQ-02: 로그인, 회원가입, 통합로그인 for whoever is signed out."""
    page = voucher.app.test_client().get("/").text
    assert all(f">{word}</a>" in page for word in ("로그인", "회원가입", "통합로그인"))
