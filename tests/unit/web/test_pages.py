from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import idp
from idp.settings import Brand, Settings
from tests.unit.web.preview import PAGES, preview

# Letters are no pages: mail programs know no style sheet but the one inside.
TEMPLATES = sorted(path for path in Path(idp.__file__).parent.glob("*/templates/**/*.html") if "mail" not in path.parts)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Checked(HTMLParser):
    """Collects what a strict policy or an assistive technology would trip over."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.forbidden: list[str] = []
        self.headings: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            self.references += given.get(name, "").split()
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)
        self.forbidden += [name for name in given if name == "style" or name.startswith("on")]
        if tag in {"script", "img", "link"} and not given.get("src", given.get("href", "")).startswith("/"):
            self.forbidden.append(f"{tag} from elsewhere")
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


def checked(client: FlaskClient, page: str) -> tuple[str, Checked]:
    text = client.get(f"/preview/{page}").text
    parser = Checked()
    parser.feed(text)
    return text, parser


@pytest.mark.parametrize("page", PAGES)
def test_is_whole_html_with_nothing_inline_and_nothing_from_elsewhere(client: FlaskClient, page: str) -> None:
    """CSP3 without `unsafe-inline`; REQ-91."""
    _, parser = checked(client, page)
    assert parser.forbidden == []
    assert parser.unbalanced == []
    assert parser.open == []


@pytest.mark.parametrize("page", PAGES)
def test_has_unique_ids_and_no_reference_into_nothing(client: FlaskClient, page: str) -> None:
    """KWCAG 2.2 §7.3, §8.1.1: labels and descriptions lead somewhere."""
    _, parser = checked(client, page)
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.references) <= set(parser.ids)


@pytest.mark.parametrize("page", PAGES)
def test_carries_language_title_tagline_and_a_way_past_the_header(client: FlaskClient, page: str) -> None:
    """REQ-01; KWCAG 2.2 §6.4, §7.1.1."""
    text, parser = checked(client, page)
    assert '<html lang="ko">' in text
    assert Settings().brand.tagline in text
    assert re.search(r"<title>.+ \| 중기원패스</title>", text)
    assert 'href="#main"' in text
    assert parser.headings.count("h1") == 1


@pytest.mark.parametrize("page", PAGES)
def test_claims_no_official_mark(client: FlaskClient, page: str) -> None:
    """REQ-94: the masthead sentence and the emblem belong to public bodies."""
    text, _ = checked(client, page)
    assert "공식 전자정부" not in text
    assert "누리집" not in text


@pytest.mark.parametrize("page", PAGES)
def test_takes_its_names_from_the_settings(page: str) -> None:
    """REQ-01, REQ-93: brand strings are configuration."""
    brand = Brand(
        name="가온", login_title="가온 로그인", member_title="가온 회원", ministry="가온부", tagline="가온 한마디"
    )
    text = preview(Settings(brand=brand)).test_client().get(f"/preview/{page}").text
    assert "가온 한마디" in text
    assert "중기원패스" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_has_nothing_inline(template: Path) -> None:
    """CSP3: also in branches that no sample reaches."""
    source = template.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe\b", source)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", source))


@pytest.mark.parametrize(
    "words",
    [
        "중기원패스 통합로그인",
        "일반 회원 로그인",
        "아이디를 입력하세요",
        "비밀번호를 입력하세요",
        "아이디 저장",
        "로그인",
        "홈페이지로 돌아가기",
    ],
)
def test_sign_in_page_has_the_words_of_the_manual(client: FlaskClient, words: str) -> None:
    """REQ-37, requirements §2-2."""
    assert f">{words}<" in (text := client.get("/preview/login").text) or f'placeholder="{words}"' in text


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("아이디 찾기", "/recovery/login-id"),
        ("비밀번호 재설정", "/recovery/password"),
        ("기업 회원 로그인", "/preview/login?type=enterprise"),
        ("통합회원가입", "/join/?sign_in=of-this-browser"),
    ],
)
def test_sign_in_page_links_to_every_way_on(client: FlaskClient, words: str, address: str) -> None:
    """REQ-37, requirements §2-2."""
    assert re.search(rf'<a [^>]*href="{re.escape(address)}"[^>]*>{words}<', client.get("/preview/login").text)


def test_sign_in_page_invites_to_join(client: FlaskClient) -> None:
    """REQ-37, requirements §2-2: the banner's sentence."""
    assert ">중기원패스 하나로 중기부 유관서비스를 편리하게 이용하세요<" in client.get("/preview/login").text


def test_sign_in_page_says_in_one_alert_what_went_wrong(client: FlaskClient) -> None:
    """The operator's contract: errors carry `role="alert"`; KWCAG 2.2 §7.4.2."""
    text = client.get("/preview/login-failed").text
    assert text.count('role="alert"') == 1
    assert 'aria-invalid="true" aria-describedby="failure"' in text
    assert 'role="alert"' not in client.get("/preview/login").text


def test_withdrawal_page_shows_what_is_kept_before_the_button(client: FlaskClient) -> None:
    """REQ-75."""
    text = client.get("/preview/withdraw").text
    assert text.index("회원 탈퇴 시 회원정보 보관 안내") < text.index("지원사업신청이력") < text.index("탈퇴하기 >")


@pytest.mark.parametrize(
    "words", ["제공받는 자", "이용 목적", "보유·이용 기간", "제공하는 개인정보 항목", "동의를 거부할 수 있습니다"]
)
def test_consent_page_says_what_the_law_asks(client: FlaskClient, words: str) -> None:
    """개인정보 보호법 §17②: recipient, purpose, items, period, right to refuse."""
    assert words in client.get("/preview/consent").text


def test_menu_marks_where_the_reader_is(client: FlaskClient) -> None:
    """REQ-71."""
    text = client.get("/preview/agencies").text
    assert re.findall(r'class="lnb-btn" href="([^"]+)"', text) == [
        "/account/",
        "/account/agencies",
        "/account/certificates",
        "/account/second-step",
        "/account/consents",
        "/account/history",
        "/account/withdraw",
    ]
    assert re.findall(r'href="([^"]+)" aria-current="page">유관기관', text) == ["/account/agencies"]


def test_escapes_what_others_wrote() -> None:
    """An agency's registered name is somebody else's text."""
    app = preview(Settings(brand=Brand(name='"><script>alert(1)</script>')))
    assert "<script>alert" not in app.test_client().get("/preview/home").text


def test_posting_page_names_its_target_in_the_policy(client: FlaskClient) -> None:
    """SAML V2.0 Bindings §3.5 across CSP3 form-action."""
    answer = client.get("/preview/post")
    assert answer.headers["Content-Security-Policy"].endswith("form-action 'self' http://127.0.0.1:8900")
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<input type="hidden" name="SAMLResponse" value="PHNhbWw+">' in answer.text
    assert "csrf_token" not in answer.text
