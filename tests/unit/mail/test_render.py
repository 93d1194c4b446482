"""The letters' words, in both languages."""

from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError
from lxml import etree

from idp.mail.carrier import Parcel
from idp.mail.guardian_letters import GuardianConsent, GuardianRights
from idp.mail.letter_form import Letter
from idp.mail.letters import (
    AccountLocked,
    AnyLetter,
    Language,
    PasswordReset,
    Purpose,
    VerificationCode,
    Withdrawn,
)
from idp.mail.recipients import Channel
from idp.mail.render import TEMPLATES, Render, sms_octets
from idp.mail.store import Claimed
from idp.settings import Brand, Settings
from tests.unit.mail.samples import CODE, LATER, LETTERS, NOW, TOKEN

_ISSUER = "https://onepass.example"
_SETTINGS = Settings(issuer=_ISSUER)
_URL = re.compile(r"""https?://[^\s"'<>]+""")


def written(
    letter: AnyLetter,
    channel: Channel = Channel.EMAIL,
    language: Language = Language.KO,
    settings: Settings = _SETTINGS,
) -> Parcel:
    claimed = Claimed("a" * 26, channel, letter.letter.value, language.value, b"", 0, NOW, None, "token")
    return Render.of(settings)(claimed, "honggildong@example.com", letter)


_EVERY = [
    pytest.param(letter, channel, language, id=f"{number}-{letter.letter}-{channel}-{language}")
    for number, letter in enumerate(LETTERS)
    for channel in sorted(letter.channels)
    for language in Language
]
_MAILS = [each for each in _EVERY if each.values[1] is Channel.EMAIL]
_SMS = [each for each in _EVERY if each.values[1] is Channel.SMS]


@pytest.mark.parametrize(("letter", "channel", "language"), _EVERY)
def test_writes_every_letter_in_both_languages(letter: AnyLetter, channel: Channel, language: Language):
    """A field that a template forgets or misspells fails here (StrictUndefined)."""
    parcel = written(letter, channel, language)
    name = _SETTINGS.brand.words(language).name
    assert name in parcel.text
    assert "{" not in parcel.text
    if channel is Channel.EMAIL:
        assert parcel.subject.startswith(f"[{name}] ")
        assert parcel.html
    else:
        assert (parcel.subject, parcel.html) == ("", "")


def test_has_no_file_that_nobody_reads():
    """Every file in `templates/<language>` is a letter's, for a channel it has, and both languages have the same."""
    forms = {Channel.EMAIL: ("subject.txt", "txt", "html"), Channel.SMS: ("sms.txt",)}
    kinds = {type(letter) for letter in LETTERS}
    expected = {f"{kind.letter}.{form}" for kind in kinds for channel in kind.channels for form in forms[channel]}
    expected |= {"layout.txt", "footer.html", "purposes.txt"}
    for language in Language:
        assert {path.name for path in (TEMPLATES / language).iterdir()} == expected
    assert len(kinds) == len(Letter)


@pytest.mark.parametrize(("letter", "channel", "language"), _EVERY)
def test_links_to_our_issuer_only(letter: AnyLetter, channel: Channel, language: Language):
    """Nothing remote is loaded, nobody is tracked, and whoever learnt to look at the address is right."""
    parcel = written(letter, channel, language)
    for address in _URL.findall(parcel.text) + _URL.findall(parcel.html):
        assert address == _ISSUER or address.startswith((f"{_ISSUER}/", "http://www.w3.org/1999/xhtml"))
    assert not re.search(r"<(img|link|script|iframe|object|form|style)|url\(|src=|@import", parcel.html)


@pytest.mark.parametrize(("letter", "channel", "language"), _MAILS)
def test_writes_html_that_is_also_xml(letter: AnyLetter, channel: Channel, language: Language):
    """The demonstration's viewer serves it as XHTML; a tag left open would be seen here."""
    page = etree.fromstring(written(letter, channel, language).html.encode())
    assert page.get("lang") == language
    links = page.iterfind(".//{*}a")
    assert all(link.get("href", "").startswith(_ISSUER) for link in links)


@pytest.mark.parametrize(("letter", "channel", "language"), _MAILS)
def test_says_the_same_in_text_and_html(letter: AnyLetter, channel: Channel, language: Language):
    """Whoever reads plain text gets every link and every value."""
    parcel = written(letter, channel, language)
    seen = " ".join("".join(map(str, etree.fromstring(parcel.html.encode()).itertext())).split())
    for value in (*_URL.findall(parcel.text), *re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", parcel.text)):
        assert value in seen
    for agency in getattr(letter, "agencies", ()):
        assert agency in seen
        assert agency in parcel.text


@pytest.mark.parametrize(("letter", "channel", "language"), _MAILS)
def test_says_who_wrote_and_what_to_do_if_it_was_not_you(letter: AnyLetter, channel: Channel, language: Language):
    """Issue 3: every e-mail explains itself to whom it reached by mistake."""
    parcel = written(letter, channel, language)
    if language is Language.KO:
        assert "자동으로 보낸 발신 전용 메일" in parcel.text
        assert re.search(r"않으셨다면|아니라면|모르는 아동이라면|신청한 적이 없다면", parcel.text)
    else:
        assert "sent automatically by" in parcel.text
        assert re.search(r"If (you did not|it was not)|If you do not know", parcel.text)


@pytest.mark.parametrize(("letter", "channel", "language"), _SMS)
def test_fits_an_sms(letter: AnyLetter, channel: Channel, language: Language):
    """90 octets of EUC-KR; only a letter that needs a long link becomes an LMS."""
    text = written(letter, channel, language).text
    text.encode("euc-kr")
    if not isinstance(letter, GuardianConsent | GuardianRights):
        assert sms_octets(text) <= 90


@pytest.mark.parametrize("language", list(Language))
def test_ends_a_code_as_web_otp_wants_it(language: Language):
    """Origin-bound one-time codes: the last line is `@host #code`, so a browser fills it in on our pages only."""
    text = written(CODE, Channel.SMS, language).text
    assert text.split("\n")[-1] == "@onepass.example #482913"


def test_names_the_host_without_its_port():
    """Origin-bound one-time codes know hosts, no ports."""
    text = written(CODE, Channel.SMS, settings=Settings(issuer="http://127.0.0.1:8000")).text
    assert text.split("\n")[-1] == "@127.0.0.1 #482913"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("purpose", list(Purpose))
def test_has_words_for_every_purpose(purpose: Purpose, language: Language):
    """A code says what it is for: a member who is talked into reading it out should stop there."""
    letter = VerificationCode("482913", purpose, LATER)
    for channel in Channel:
        assert "482913" in written(letter, channel, language).text


def test_tells_times_as_clocks_in_korea_do():
    """09:05 UTC is 18:05 in Korea."""
    assert "2026-03-02 18:05까지" in written(CODE).text


def test_leaves_out_what_is_not_known():
    """A lock without an end says nothing of one."""
    assert "자동으로 풀립니다" in written(AccountLocked(NOW, "/recovery", LATER)).text
    assert "자동으로 풀립니다" not in written(AccountLocked(NOW, "/recovery")).text


def test_escapes_in_html_and_not_in_text():
    """An agency may be called R&D <…>."""
    parcel = written(Withdrawn(NOW, ("R&D <SMTECH>",)))
    assert "R&D <SMTECH>" in parcel.text
    assert "R&amp;D &lt;SMTECH&gt;" in parcel.html


def test_keeps_the_whole_link():
    """A link broken in two is a link nobody can follow."""
    link = f"{_ISSUER}/recovery/reset/{TOKEN}"
    parcel = written(PasswordReset(f"/recovery/reset/{TOKEN}", LATER))
    assert link in parcel.text.split("\n")
    assert f'href="{link}"' in parcel.html


def test_takes_the_brand_from_the_settings():
    """The brand is configuration (architecture §2)."""
    settings = Settings(issuer=_ISSUER, brand=Brand(name="원패스 & 친구", ministry="가나다부"))
    parcel = written(CODE, settings=settings)
    assert parcel.subject == "[원패스 & 친구] 회원가입 인증번호"
    assert "가나다부 원패스 & 친구에서" in parcel.text
    assert "원패스 &amp; 친구" in parcel.html


def test_breaks_rather_than_leave_a_gap():
    """StrictUndefined: a letter with a hole is not sent."""
    with pytest.raises(UndefinedError):
        Render.of(_SETTINGS).environment.get_template("ko/password_reset.txt").render(language="ko")


def test_shows_no_content_in_a_repr():
    """Parcels pass near logs and traces."""
    shown = repr(written(CODE))
    assert "482913" not in shown
    assert "honggildong" not in shown
