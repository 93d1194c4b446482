"""The six steps from outside: their order, their words, going back, two tabs, and drafts that are not there."""

from __future__ import annotations

import pytest

from idp.house import House
from tests.unit.enrolment.joining import (
    NUMBER,
    at_agencies,
    at_details,
    at_identity,
    at_terms,
    members_of,
    send_last,
)
from tests.unit.enrolment.walk import ENTERPRISE, PASSWORD, Site, Walker

PLACEHOLDERS = {
    "login_id": "아이디를 입력하세요",
    "password": "비밀번호를 입력하세요",
    "password_again": "비밀번호를 다시 한번 입력해 주세요",
}

TITLES = {1: "회원유형", 2: "약관 동의", 3: "개인인증 및 등록", 4: "정보입력", 5: "유관기관 계정 연결"}


def labels(walker: Walker) -> list[str]:
    """The fields of step 4 in their order, with their required marks."""
    return [
        " ".join("".join(each.itertext()).split())
        for each in walker.document.xpath("//*[contains(@class, 'form-tit')]")
    ]


@pytest.mark.parametrize(("step", "title"), TITLES.items())
def test_shows_name_and_number_of_each_step(site: Site, step: int, title: str) -> None:
    """REQ-08: step name, `n단계`, `n / 6`; REQ-01: the tagline."""
    walker = at_step(site, step)
    assert walker.sees(f"{step}단계")
    assert walker.sees(f"{step} / 6")
    assert "".join(walker.document.xpath("string(//h2)")).split()[1:] == title.split()
    assert walker.document.xpath("//*[@aria-current='step']/*[@class='name']/text()") == [title]
    assert "하나의 아이디로 중소벤처기업부 유관기관의 서비스를 모두 이용해보세요!" in walker.text


def at_step(site: Site, step: int) -> Walker:
    """Before this step of a person's."""
    steps = {1: lambda: site.browser().open("/join/"), 2: lambda: at_terms(site), 3: lambda: at_identity(site)}
    return {**steps, 4: lambda: at_details(site), 5: lambda: at_agencies(site)}[step]()


@pytest.mark.parametrize("reached", range(1, 6))
def test_goes_to_the_first_open_step_whatever_the_address_says(site: Site, reached: int) -> None:
    """REQ-09: steps cannot be skipped by URL, and those before can be opened again."""
    walker = at_step(site, reached)
    for asked in range(1, 7):
        walker.open(f"/join/{walker.draft_id}/{asked}")
        assert walker.step == min(asked, reached)


@pytest.mark.parametrize("asked", range(2, 6))
def test_takes_no_post_to_a_step_that_is_not_open(site: Site, house: House, asked: int) -> None:
    """REQ-09: posting past the order changes nothing."""
    walker = site.browser().open("/join/")
    token = walker.document.forms[0].fields["csrf_token"]
    sent = {"csrf_token": token, "service": "yes", "method": "phone", "login_id": "gildong", "agency": "kamp"}
    walker.answer = walker.client.post(f"/join/{walker.draft_id}/{asked}", data=sent, follow_redirects=True)
    assert walker.step == 1
    assert members_of(house) == 0


@pytest.mark.parametrize("number", ["0", "7", "99999999999999999999", "x", "-1"])
def test_has_six_steps_and_no_other(site: Site, number: str) -> None:
    """REQ-08."""
    walker = site.browser().open("/join/")
    assert walker.open(f"/join/{walker.draft_id}/{number}").status == 404


def test_offers_both_types_and_the_way_for_children(site: Site) -> None:
    """REQ-10, requirements §1-3."""
    walker = site.browser().open("/join/")
    for words in (
        "개인회원 전환 후 정책 정보를 자유롭게 탐색하고 예비창업 지원을 준비해보세요.",
        "기업회원 전환 후 사업자 정보로 지원사업 신청과 관리를 한 번에 해결하세요.",
        "만14세 미만 회원가입",
    ):
        assert walker.sees(words)
    assert walker.document.xpath("//input[@type='radio' and @name='kind']/@value") == ["person", "enterprise"]
    assert not walker.document.xpath("//input[@type='radio' and @checked]")


@pytest.mark.parametrize("kind", ["", "admin", "PERSON", "person\x00", "기업", "person,enterprise", "😀"])
def test_wants_one_of_the_two_types(site: Site, kind: str) -> None:
    """REQ-08, REQ-10."""
    walker = site.browser().open("/join/").press("다음", kind=kind)
    assert (walker.status, walker.step) == (400, 1)
    assert walker.sees("회원유형을 선택해 주세요.")


def test_has_the_four_consents_of_the_manual_in_their_order(site: Site) -> None:
    """REQ-11, requirements §1-3 step 2."""
    walker = at_terms(site)
    assert walker.sees("모두 동의합니다.")
    assert [each.strip() for each in walker.document.xpath("//label[starts-with(@for, 'terms-')]/text()")] == [
        "(필수) 서비스 이용 약관",
        "(필수) 개인정보 수집·이용에 동의합니다",
        "(필수) 개인정보 제3자 제공에 동의합니다",
        "(선택) 마케팅·홍보 목적 개인정보 수집·이용 동의",
    ]
    assert len(walker.document.xpath("//details/summary")) == 4


@pytest.mark.parametrize("refused", ["service", "privacy", "third-party"])
def test_wants_every_required_consent(site: Site, refused: str) -> None:
    """REQ-11: and marks the one that is missing; the ticks that were there stay."""
    walker = at_terms(site).agree_to_terms(refused)
    assert (walker.status, walker.step) == (400, 2)
    assert walker.document.xpath("//*[@aria-invalid='true']/@name") == [refused]
    assert len(walker.document.xpath("//input[@type='checkbox' and @name and @checked]")) == 3


def test_lets_the_optional_consent_stay_empty(site: Site) -> None:
    """REQ-11."""
    assert at_terms(site).agree_to_terms("marketing").step == 3


def test_lets_whoever_has_no_scripts_agree_to_all_by_one_button(site: Site) -> None:
    """REQ-12 without scripts; the box that only ticks the others is not sent, so it overrules nothing."""
    walker = at_terms(site)
    assert walker.document.xpath("//*[@id='agree-all']/@name") == []
    assert walker.press("모두 동의하고 다음").step == 3


def test_keeps_the_ticks_of_whoever_goes_back(site: Site) -> None:
    """REQ-08: and counts them for nothing until 다음 is pressed."""
    walker = at_terms(site).press("이전", service=True)
    assert walker.step == 1
    walker.open(f"/join/{walker.draft_id}/3")
    assert walker.step == 2
    assert walker.document.xpath("//input[@type='checkbox' and @checked]/@name") == ["service"]


@pytest.mark.parametrize(
    ("kind", "methods"),
    [
        ("person", ["공동인증서", "개인 간편인증서", "휴대폰 인증", "Any-ID"]),
        ("enterprise", ["기업인증서", "사업자 간편인증서"]),
    ],
)
def test_offers_the_methods_of_the_type(site: Site, kind: str, methods: list[str]) -> None:
    """REQ-14; REQ-16: the stand-ins say what they are."""
    walker = at_identity(site, kind)
    assert walker.document.xpath("//button[@name='method']/strong/text()") == methods
    assert walker.sees("유관시스템 서비스를 하나의 통합 ID로 연결합니다")
    assert walker.sees("모의 인증 (시험용)")


@pytest.mark.parametrize("method", ["", "business_certificate", "none", "phone\x00", "😀"])
def test_begins_no_method_that_was_not_offered(site: Site, method: str) -> None:
    """REQ-14: also not one of the other type."""
    walker = at_identity(site)
    walker.press("다음", method=method)
    assert (walker.status, walker.step) == (400, 3)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "1237894560",
        "123789456",
        "12378945660",
        "0000000000",
        "abc1237894566",
        "1237894566\u200f",
        "😀",
        "<b>",
        "9" * 400,
    ],
)
def test_refuses_what_is_no_business_number(site: Site, number: str) -> None:
    """REQ-17, REQ-14 (a number comes first): at its field, with what was typed."""
    walker = at_identity(site, "enterprise").press("기업인증서", business_number=number)
    assert (walker.status, walker.step) == (400, 3)
    assert walker.document.xpath("//*[@aria-invalid='true']/@name") == ["business_number"]
    assert walker.document.xpath("string(//input[@name='business_number']/@value)") == number[:40]


@pytest.mark.parametrize("number", ["1237894566", "123-78-94566", " 123 78 94566 ", "１２３７８９４５６６"])
def test_takes_a_business_number_however_it_was_typed(site: Site, number: str) -> None:
    """REQ-17: 1237894566 is accepted."""
    walker = at_identity(site, "enterprise").press("기업인증서", business_number=number)
    assert walker.path.endswith("/simulator")


def test_comes_back_to_the_third_step_when_verification_is_turned_back(site: Site) -> None:
    """REQ-15: without evidence no further step opens."""
    walker = at_identity(site).press("공동인증서").press("인증 취소")
    assert walker.step == 3
    assert walker.open(f"/join/{walker.draft_id}/4").step == 3


def test_spends_evidence_once_and_takes_the_back_button_kindly(site: Site) -> None:
    """REQ-15: opened again, the address of the return proves nothing new and breaks nothing."""
    walker = at_identity(site).press("공동인증서")
    verification = walker.path.split("/")[2]
    walker.choose("hong_gildong")
    assert walker.step == 4
    for tx_id in (verification, "x" * 22, "", "😀"):
        walker.open(f"/join/{walker.draft_id}/verified?verification={tx_id}")
        assert walker.step == 3
        assert walker.sees("인증을 마쳤습니다")
    assert walker.press("다음").step == 4


def test_takes_no_evidence_of_another_draft(site: Site) -> None:
    """REQ-15: evidence is bound to the draft it was asked for."""
    walker = at_identity(site).press("공동인증서")
    verification = walker.path.split("/")[2]
    other = Walker(walker.client).open("/join/").press("처음부터 다시 시작하기").press("다음", kind="person")
    other.agree_to_terms("marketing")
    draft_id = other.draft_id
    walker.press("결과 보내기", holder="hong_gildong", outcome="approve")
    assert walker.step == 4
    walker = at_identity(site)
    other.open(f"/join/{draft_id}/verified?verification={verification}")
    assert other.step == 3
    assert not other.sees("인증을 마쳤습니다")


def test_forgets_what_was_typed_for_somebody_else(site: Site) -> None:
    """REQ-26: whoever is verified anew begins with empty fields."""
    walker = at_details(site).press("이전", login_id="gildong.h", email_local="hong")
    walker.press("공동인증서").choose("kim_gildong")
    assert walker.step == 4
    assert walker.sees("김길동")
    assert walker.document.xpath("string(//input[@name='email_local']/@value)") == ""


def test_has_the_fields_of_a_person_in_their_order(site: Site) -> None:
    """REQ-20, requirements §1-3 step 4."""
    walker = at_details(site)
    assert labels(walker) == [
        "아이디 필수", "비밀번호 필수", "비밀번호 확인 필수", "이름 필수", "휴대전화 필수", "유선번호", "이메일 필수",
    ]  # fmt: skip
    for name, words in PLACEHOLDERS.items():
        assert walker.document.xpath(f"//input[@name='{name}']/@placeholder") == [words]
    assert walker.sees("기본/회원 정보")
    assert walker.sees("회원정보는 정책지원 및 맞춤형 서비스를 제공하는데 사용되므로 정확한 정보를 입력해 주세요.")
    assert walker.sees("필수 항목은 반드시 기입해 주시기 바랍니다.")
    assert walker.sees("8자~20자 이내")


def test_has_the_fields_of_an_enterprise_in_their_order(site: Site) -> None:
    """REQ-20, requirements §1-3 step 4."""
    walker = at_details(site, "enterprise")
    assert labels(walker) == [
        "회사명 필수", "대표자명 필수", "설립일 필수", "사업자등록번호 필수", "로그인 ID 필수",
        "비밀번호 필수", "비밀번호 확인 필수", "이메일 필수", "대표 전화번호",
    ]  # fmt: skip
    placeholders = {
        "company_name": "회사명을 입력하세요",
        "representative_name": "대표자명을 입력하세요",
        "founded_on": "YYYY-MM-DD",
        "landline": "숫자만 입력해주세요",
        **PLACEHOLDERS,
        "login_id": "로그인 ID를 입력하세요",
    }
    for name, words in placeholders.items():
        assert walker.document.xpath(f"//input[@name='{name}']/@placeholder") == [words]
    assert walker.sees(NUMBER)
    assert not walker.sees("business_number", field=True)


def test_checks_a_verified_business_number_for_an_account(site: Site, house: House) -> None:
    """REQ-18: [중복확인] of the number that was verified, and of no other."""
    early, late = at_details(site, "enterprise"), at_agencies(site, "enterprise")
    assert early.press("중복확인 (사업자등록번호)", **ENTERPRISE).sees("가입할 수 있는 사업자등록번호입니다.")
    send_last(late)
    assert early.press("중복확인 (사업자등록번호)").status == 409
    assert early.sees("이미 통합회원으로 가입된 사업자등록번호입니다.")
    assert members_of(house) == 1


def test_answers_whether_a_login_id_is_free(site: Site) -> None:
    """REQ-22: and keeps what else was typed, never a password."""
    send_last(at_agencies(site, login_id="gildong.h"))
    walker = at_details(site, holder="kim_gildong")
    walker.press("중복확인", login_id="gildong.k", email_local="kim", password=PASSWORD)
    assert walker.sees("사용할 수 있는 아이디입니다.")
    assert walker.document.xpath("string(//input[@name='email_local']/@value)") == "kim"
    assert PASSWORD not in walker.text
    assert walker.press("중복확인", login_id="gildong.h").status == 409
    assert walker.sees("이미 사용 중이거나 사용할 수 없는 아이디입니다.")


@pytest.mark.parametrize("login_id", ["admin", "ad.min", "operator", "_system_", "onepass"])
def test_gives_away_no_name_that_would_pass_for_ours(site: Site, login_id: str) -> None:
    """Requirements C3."""
    assert at_details(site).press("중복확인", login_id=login_id).status == 409


def test_keeps_what_was_typed_on_the_way_back_but_no_password(site: Site) -> None:
    """REQ-08."""
    walker = at_details(site).press("이전", login_id="half", email_local="hong", landline="😀", password=PASSWORD)
    assert walker.step == 3
    walker.press("다음")
    for name, value in {"login_id": "half", "email_local": "hong", "landline": "😀", "password": ""}.items():
        assert walker.document.xpath(f"string(//input[@name='{name}']/@value)") == value


def test_offers_every_agency_and_ticks_none(site: Site) -> None:
    """REQ-31: the ten of the catalogue among them; requirements C16: none is ticked beforehand."""
    walker = at_agencies(site)
    names = walker.document.xpath("//label[starts-with(@for, 'agency-')]/text()")
    assert len(names) >= 10
    assert "중소기업혁신플랫폼(혁신바우처)" in names
    assert walker.sees("컨설팅, 기술지원, 마케팅 등 맞춤형 바우처 서비스 제공")
    assert walker.document.xpath("//input[@type='checkbox' and @checked]") == []
    assert walker.sees("선택한 유관기관에 회원가입 됩니다")
    closed = walker.document.xpath("//input[@name='agency' and @disabled]/@value")
    assert "gobizkorea" in closed
    assert "kamp" not in closed


def test_keeps_the_boxes_of_whoever_goes_back(site: Site, house: House) -> None:
    """REQ-08: and makes nobody a member by that."""
    walker = at_agencies(site)
    draft_id = walker.draft_id
    assert walker.press("이전", agency="kamp").step == 4
    assert walker.open(f"/join/{draft_id}/6").step == 5
    assert walker.document.xpath("//input[@name='agency' and @checked]/@value") == ["kamp"]
    assert members_of(house) == 0


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_says_that_the_member_has_joined(site: Site, house: House, kind: str) -> None:
    """REQ-34, REQ-33: and which agencies have yet to hear of it."""
    walker = send_last(at_agencies(site, kind), ["kamp", "gobizkorea", "nonsense", "kamp"])
    assert (walker.status, walker.step) == (200, 6)
    assert walker.sees("중기 통합회원 가입이 완료되었습니다")
    assert walker.sees("모든 중소벤처기업부의 유관기관 서비스를 한곳에서 편리하게 이용해 보세요!")
    assert walker.document.xpath("//main//a[contains(., '로그인 하기 >')]/@href") == ["/account/"]
    assert walker.document.xpath("//ul[@class='connected']/li/span[1]/text()") == ["인공지능중소벤처 제조플랫폼(KAMP)"]
    assert walker.sees("연결 대기")
    assert members_of(house) == 1


def test_shows_the_end_again_to_whoever_goes_back(site: Site, house: House) -> None:
    """Issue 3 (back button, double submission): after the end there is the end."""
    walker = at_agencies(site)
    page = walker.text
    send_last(walker)
    draft_id = walker.draft_id
    for step in range(1, 7):
        assert walker.open(f"/join/{draft_id}/{step}").step == 6
    walker.answer = walker.client.post(f"/join/{draft_id}/5", data={"csrf_token": _token(page)}, follow_redirects=True)
    assert walker.step == 6
    assert members_of(house) == 1


def _token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_refuses_a_member_who_joins_again(site: Site, house: House) -> None:
    """REQ-36: and shows the way to 아이디 찾기, once they have proven who they are."""
    send_last(at_agencies(site))
    walker = at_identity(site).press("공동인증서").choose("hong_gildong")
    assert walker.status == 409
    assert walker.sees("이미 통합회원으로 가입되어 있습니다.")
    assert walker.document.xpath("//main//a[contains(., '아이디 찾기')]/@href") == ["/recovery/login-id"]
    walker.open(f"/join/{walker.draft_id}/4")
    assert walker.step == 3
    assert members_of(house) == 1


def test_refuses_an_enterprise_that_joins_again(site: Site, house: House) -> None:
    """REQ-18, REQ-63."""
    send_last(at_agencies(site, "enterprise"))
    walker = at_identity(site, "enterprise").press("기업인증서", business_number=NUMBER).choose("gildong")
    assert walker.status == 409
    assert walker.sees("이미 통합회원으로 가입된 사업자등록번호입니다.")
    assert members_of(house) == 1


def test_points_a_child_to_its_own_way(site: Site) -> None:
    """REQ-85."""
    walker = at_identity(site).press("공동인증서").choose("child_gildong")
    assert walker.status == 409
    assert walker.sees("만 14세 미만은 법정대리인의 동의가 필요합니다.")
    assert walker.open(f"/join/{walker.draft_id}/4").step == 3
