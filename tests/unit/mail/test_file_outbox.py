"""Letters as files, and the pages that show them."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from idp.mail.carrier import Answer, Parcel, Verdict
from idp.mail.file_outbox import FileOutbox
from idp.mail.letters import Language
from idp.mail.recipients import Channel
from idp.outbox_viewer import OutboxViewer, shown
from idp.settings import Mail, Settings, Sms
from idp.web import install
from tests.unit.mail.samples import CODE, LETTERS, NOW
from tests.unit.mail.test_render import written

_ID = "abcdefghijklmnopqrstuvwxyz"
_MAIL = replace(written(CODE), id=_ID)
_SMS = replace(written(CODE, Channel.SMS), id=_ID, recipient="01012341234")


@pytest.fixture
def outbox(tmp_path: Path) -> FileOutbox:
    return FileOutbox(tmp_path / "outbox")


@pytest.fixture
def client(outbox: FileOutbox) -> FlaskClient:
    settings = Settings(mail=Mail(outbox_dir=outbox.directory))
    app = Flask("outbox", static_folder=None)
    app.secret_key = "test"
    install(app, settings)
    app.register_blueprint(OutboxViewer.of(settings).blueprint())
    return app.test_client()


def _numbered(number: int, of: Parcel = _MAIL) -> Parcel:
    letters = "abcdefghijklmnopqrstuvwxyz"
    made_at = of.made_at + timedelta(seconds=number)
    name = letters[number // 26] + letters[number % 26] + of.id[2:]
    return replace(of, id=name, made_at=made_at, subject=f"제목 {number:03}")


def test_writes_a_file_that_holds_everything(outbox: FileOutbox):
    """What would have been sent can be read by people and programs."""
    assert outbox(_MAIL) == Answer(Verdict.SENT, "written")
    [name] = outbox.names()
    content = json.loads((outbox.directory / name).read_text(encoding="utf-8"))
    assert content["recipient"] == "honggildong@example.com"
    assert content["subject"] == _MAIL.subject
    assert "482913" in content["text"]
    kept = outbox.read(name)
    assert kept is not None
    assert (kept.id, kept.channel, kept.made_at, kept.html) == (_ID, Channel.EMAIL, NOW, _MAIL.html)


def test_writes_a_repeat_over_itself(outbox: FileOutbox):
    """At least once, but seen once."""
    outbox(_MAIL)
    outbox(_MAIL)
    assert len(outbox.names()) == 1
    assert [path.name for path in outbox.directory.iterdir()] == outbox.names()


def test_gets_past_what_a_killed_worker_left(outbox: FileOutbox):
    """Killed while writing: the draft is shown to nobody and does not stand in the way."""
    outbox(_MAIL)
    [name] = outbox.names()
    path = outbox.directory / name
    path.rename(path.with_suffix(".draft"))
    assert outbox.names() == []
    assert outbox(_MAIL).verdict is Verdict.SENT
    assert outbox.names() == [name]


def test_lets_nobody_else_read_it(outbox: FileOutbox):
    """Codes and reset links lie in these files."""
    outbox(_MAIL)
    assert stat.S_IMODE(outbox.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((outbox.directory / outbox.names()[0]).stat().st_mode) == 0o600


def test_finds_a_message_by_its_id_and_nothing_else(outbox: FileOutbox):
    """An id comes from an address bar: it names no path."""
    outbox(_MAIL)
    (outbox.directory.parent / "secret.json").write_text("{}")
    assert outbox.find(_ID) is not None
    for name in ("../secret", "secret", "", "%2e%2e/secret", _ID.upper(), _ID + "\n", "b" * 26):
        assert outbox.find(name) is None


def test_shows_the_newest_first(client: FlaskClient, outbox: FileOutbox):
    """Whoever waits for a code looks at the top."""
    for number in range(3):
        outbox(_numbered(number))
    page = client.get("/demo/outbox").text
    assert page.index("제목 002") < page.index("제목 001") < page.index("제목 000")
    assert "시험용 발신함" in page
    assert "실제로 보내지 않고" in page


def test_shows_twenty_a_page(client: FlaskClient, outbox: FileOutbox):
    """A demonstration that runs for long stays usable."""
    for number in range(45):
        outbox(_numbered(number))
    assert client.get("/demo/outbox").text.count("/demo/outbox/") == 20
    last = client.get("/demo/outbox?page=3").text
    assert last.count("/demo/outbox/") == 5
    assert "제목 000" in last
    for odd in ("0", "-1", "999999999999999999999", "abc", ""):
        assert client.get(f"/demo/outbox?page={odd}").status_code == 200


def test_shows_an_empty_outbox(client: FlaskClient):
    """Before the first letter there is not even a directory."""
    answer = client.get("/demo/outbox")
    assert answer.status_code == 200
    assert "아직 보낸 메일이나 문자가 없습니다" in answer.text


def test_shows_a_mail_and_makes_its_links_work(client: FlaskClient, outbox: FileOutbox):
    """The reset link is pressed here, in place of the mail program."""
    reset = replace(written(LETTERS[1]), id=_ID)
    outbox(reset)
    page = client.get(f"/demo/outbox/{_ID}").text
    assert 'href="https://onepass.example/recovery/reset/' in page
    assert f"/demo/outbox/{_ID}/look" in page
    assert "2026-03-02 18:00:00" in page


def test_shows_an_sms_by_its_words(client: FlaskClient, outbox: FileOutbox):
    """An SMS has no subject and no look."""
    outbox(_SMS)
    assert "인증번호 482913" in client.get("/demo/outbox").text
    page = client.get(f"/demo/outbox/{_ID}").text
    assert "01012341234" in page
    assert "@onepass.example #482913" in page
    assert "/look" not in page
    assert client.get(f"/demo/outbox/{_ID}/look").status_code == 404


@pytest.mark.parametrize("language", list(Language))
def test_shows_a_mail_as_a_mail_program_does(client: FlaskClient, outbox: FileOutbox, language: Language):
    """Its own styles, no scripts, nothing from elsewhere."""
    outbox(replace(written(CODE, language=language), id=_ID))
    answer = client.get(f"/demo/outbox/{_ID}/look")
    assert answer.mimetype == "application/xhtml+xml"
    policy = answer.headers.getlist("Content-Security-Policy")
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src" not in policy[0]
    assert answer.headers["Cache-Control"] == "no-store"
    assert etree.fromstring(answer.data).tag == "{http://www.w3.org/1999/xhtml}html"


@pytest.mark.parametrize("path", ["aaaa", "b" * 26, "..%2f..%2fetc%2fpasswd"])
def test_does_not_know_other_ids(client: FlaskClient, outbox: FileOutbox, path: str):
    """404, a page like every other."""
    outbox(_MAIL)
    assert client.get(f"/demo/outbox/{path}").status_code == 404


def test_is_part_of_demonstrations_only():
    """Production has no such page, whatever else is set (architecture §10)."""
    assert shown(Settings())
    assert shown(Settings(mail=Mail(delivery="smtp")))
    assert not shown(Settings(environment="production"))
    assert not shown(Settings(mail=Mail(delivery="smtp"), sms=Sms(delivery="gateway")))
