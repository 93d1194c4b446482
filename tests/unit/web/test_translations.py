from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from flask import Flask
from flask.testing import FlaskClient

from idp.settings import Brand, Settings
from idp.web.translations import LANGUAGES, as_written, language
from tests.unit.web.preview import PAGES, preview
from tools.translations import catalogues, read, template

CATALOGUES = catalogues()
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|%%")
_HANGUL = re.compile(r"[가-힣]")
# The sample of the manual, and the example that an error gives of a name (requirements §1).
_NAMES = re.compile("홍길동")
# What the preview puts into its pages: fields, rows and names.
_SAMPLES = re.findall(r'"([^"\n]*[가-힣][^"\n]*)"', Path(__file__).with_name("preview.py").read_text("utf-8"))


def named(path: Path) -> str:
    return path.parts[-3]


def messages(catalogue: Catalog) -> dict[tuple[str | None, str], Message]:
    return {(each.context, str(each.id)): each for each in catalogue if each.id}


def test_has_a_catalogue_for_every_language_but_the_sources_own() -> None:
    """Architecture §9: Korean first, English complete."""
    assert [named(path) for path in CATALOGUES] == sorted(set(LANGUAGES) - {"ko"})


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_translates_every_word_of_the_sources_and_nothing_else(path: Path) -> None:
    """Architecture §9: complete. `make words` brings the catalogue in step; then what is new wants translating."""
    catalogue, said = messages(read(path)), messages(template())
    assert sorted(said.keys() - catalogue.keys(), key=str) == []
    assert sorted(catalogue.keys() - said.keys(), key=str) == []
    assert [words for (_, words), each in catalogue.items() if not each.string] == []
    assert [words for (_, words), each in catalogue.items() if each.fuzzy] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_fills_in_what_the_korean_fills_in(path: Path) -> None:
    """A placeholder that is misspelt is an error page, one that is left out an untruth."""
    for (_, words), each in messages(read(path)).items():
        assert sorted(_PLACEHOLDER.findall(str(each.string))) == sorted(_PLACEHOLDER.findall(words)), words
        assert "%" not in _PLACEHOLDER.sub("", str(each.string)), words


def test_leaves_no_korean_in_the_english() -> None:
    """Architecture §9: complete; the name in an example is one."""
    english = messages(read(CATALOGUES[0])).values()
    assert [each.string for each in english if _HANGUL.search(_NAMES.sub("", str(each.string)))] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_is_compiled_as_it_is_written(path: Path) -> None:
    """What pages read is the compiled catalogue: `make frontend` makes it anew."""
    fresh = BytesIO()
    write_mo(fresh, read(path))
    compiled = path.with_suffix(".mo")
    assert compiled.is_file(), "make frontend"
    assert compiled.read_bytes() == fresh.getvalue(), "make frontend"


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"login-failed", "login-empty", "withdraw-refused", "error"}))
def test_says_nothing_in_korean_on_an_english_page(page: str) -> None:
    """WCAG 2.2 §3.1.1, §3.1.2: the page says that it is English, and what others wrote in Korean is marked."""
    client = preview(Settings()).test_client()
    answer = client.get(f"/preview/{page}", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert answer.headers["Content-Language"] == "en"
    assert '<html lang="en">' in answer.text
    ours = re.sub(r'<(\w+)[^>]* lang="ko"[^>]*>.*?</\1>', "", answer.text, flags=re.DOTALL)
    for sample in sorted(_SAMPLES, key=len, reverse=True):
        ours = ours.replace(sample, "")
    assert [line for line in ours.splitlines() if _HANGUL.search(line)] == []


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("", "ko"),
        ("en", "en"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("fr,en;q=0.3", "en"),
        ("fr", "ko"),
        ("*", "ko"),
        ("en;q=0, ko;q=0", "ko"),
        ("\x00;q=x", "ko"),
    ],
)
def test_speaks_as_the_browser_reads(client: FlaskClient, accepted: str, spoken: str) -> None:
    """RFC 9110 §12.5.4; Korean where nothing we have is asked for."""
    answer = client.get("/preview/home", headers={"Accept-Language": accepted} if accepted else {})
    assert answer.headers["Content-Language"] == spoken


def test_remembers_the_language_that_the_reader_chose(client: FlaskClient) -> None:
    """The switch needs no script, comes back to the page and outweighs the browser."""
    text = client.get("/preview/login?type=enterprise").text
    (switch,) = re.findall(r'<a href="(/language/en[^"]*)" lang="en" hreflang="en"[^>]*>English</a>', text)
    answer = client.get(switch)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/preview/login?type=enterprise"
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("idp_language=en")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    english = client.get("/preview/login", headers={"Accept-Language": "ko"})
    assert english.headers["Content-Language"] == "en"
    assert ">한국어</a>" in english.text


def test_keeps_the_choice_off_the_wire_without_tls(secure_client: FlaskClient) -> None:
    """RFC 6265bis §4.1.2.5."""
    assert "Secure" in secure_client.get("/language/en").headers["Set-Cookie"]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/a\r\nX: y", "/\t/evil.example", "/홍"],
)
def test_comes_back_to_this_host_only(client: FlaskClient, elsewhere: str) -> None:
    """OWASP Unvalidated Redirects: an address that was not ours is the first page."""
    answer = client.get("/language/en", query_string={"to": elsewhere})
    assert answer.headers["Location"] == "/"


def test_knows_no_other_language(client: FlaskClient) -> None:
    """A cookie that somebody wrote by hand counts for nothing either."""
    assert client.get("/language/fr").status_code == 404
    client.set_cookie("idp_language", "../en")
    assert client.get("/preview/home").headers["Content-Language"] == "ko"


def test_switch_on_the_answer_to_a_form_leads_to_the_form(app: Flask, client: FlaskClient) -> None:
    """A link cannot post: on the page that a post was answered with it leads to where the form stood."""
    app.config["WTF_CSRF_ENABLED"] = False
    text = client.post("/preview/withdraw-refused?a=1", data={"password": "secret"}).text
    assert re.findall(r'href="/language/en\?to=([^"]*)"', unquote(text)) == ["/preview/withdraw-refused"]
    assert "secret" not in text


def test_error_pages_speak_it_too(app: Flask, client: FlaskClient) -> None:
    """Issue 3: complete English, failures included."""
    english = {"Accept-Language": "en"}
    assert "Page not found" in client.get("/nowhere", headers=english).text
    assert "This page has expired" in client.post("/preview/login", headers=english).text
    assert "A temporary error occurred" in client.get("/breaks", headers=english).text


def test_last_resort_says_what_it_speaks(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """WCAG 2.2 §3.1.1, where the page itself is what fails."""
    monkeypatch.setattr("idp.web.errors.render_template", lambda *_args, **_values: 1 / 0)
    assert '<html lang="en">' in client.get("/nowhere", headers={"Accept-Language": "en"}).text


def test_speaks_korean_where_nobody_asks(app: Flask) -> None:
    """Letters and commands have no reader at hand."""
    assert language() == "ko"
    assert as_written("혁신바우처") == "혁신바우처"


def test_marks_what_others_wrote_in_korean(app: Flask) -> None:
    """WCAG 2.2 §3.1.2; and stays text: an agency's description is somebody else's."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert as_written("<b>바우처") == '<span lang="ko">&lt;b&gt;바우처</span>'
        assert as_written("Voucher") == "Voucher"


def test_names_the_deployment_in_english_too() -> None:
    """REQ-93: what an operator named is never mixed with our own name for it."""
    assert Brand().words("en").name == "SME OnePass"
    renamed = Brand(name="가온", ministry_en="Ministry of Gaon")
    assert renamed.words("en").name == "가온"
    assert renamed.words("en").ministry == "Ministry of Gaon"
    assert renamed.words("ko").ministry == "중소벤처기업부"
