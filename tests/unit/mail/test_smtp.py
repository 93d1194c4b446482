"""E-mail over a real connection to a real, if small, relay."""

from __future__ import annotations

import base64
import smtplib
import ssl
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from idp.errors import ConfigurationError
from idp.mail.carrier import Answer, Parcel, Verdict
from idp.mail.recipients import Channel
from idp.mail.smtp import Smtp
from idp.settings import Brand, Mail
from tests.unit.mail import relay as relays
from tests.unit.mail.conftest import Certificate
from tests.unit.mail.relay import Relay
from tests.unit.mail.samples import NOW

_PARCEL = Parcel(
    id="abcdefghijklmnopqrstuvwxyz",
    channel=Channel.EMAIL,
    letter="welcome",
    language="ko",
    made_at=NOW,
    recipient="honggildong@example.com",
    subject="[중기원패스] 통합회원 가입이 완료되었습니다",
    text="환영합니다.\n.\n..점으로 시작하는 줄",
    html="<p>환영합니다.</p>",
)


def smtp(relay: Relay, **changes: Any) -> Smtp:
    settings: dict[str, Any] = {
        "delivery": "smtp",
        "smtp_host": "127.0.0.1",
        "smtp_port": relay.port,
        "smtp_security": "none",
        "sender": "no-reply@onepass.example",
        "timeout": timedelta(seconds=5),
    }
    return Smtp(Mail(**(settings | changes)), Brand())


def test_hands_over_a_mail_that_says_everything(relay: Relay):
    """RFC 5322 §3.6: sender, recipient, subject, date, id; both forms, and the words as they were."""
    assert smtp(relay)(_PARCEL) == Answer(Verdict.SENT, "accepted")
    [mail] = relay.taken
    assert mail["From"] == "중기원패스 <no-reply@onepass.example>"
    assert mail["To"] == "honggildong@example.com"
    assert mail["Subject"] == _PARCEL.subject
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == "<abcdefghijklmnopqrstuvwxyz@onepass.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "ko"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().rstrip("\r\n").splitlines() == _PARCEL.text.split("\n")
    assert html.get_content().strip() == _PARCEL.html
    assert relay.senders == ["mail FROM:<no-reply@onepass.example>"]
    assert relay.recipients == ["rcpt TO:<honggildong@example.com>"]
    assert relay.greeted_as == ["onepass.example"]


def test_gives_a_repeat_the_same_name(relay: Relay):
    """RFC 5322 §3.6.4: a message sent again is the same message."""
    send = smtp(relay)
    send(_PARCEL)
    send(_PARCEL)
    first, second = relay.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def test_speaks_tls_before_it_says_anything(tls_relay: Relay, certificate: Certificate):
    """RFC 3207 §4: after STARTTLS everything begins again, encrypted, credentials too."""
    send = smtp(
        tls_relay,
        smtp_security="starttls",
        smtp_ca_file=certificate.file,
        smtp_username="onepass",
        smtp_password=SecretStr("relay-secret"),
    )
    assert send(_PARCEL).verdict is Verdict.SENT
    assert tls_relay.encrypted == [True]
    assert base64.b64decode(tls_relay.logins[0]) == b"\0onepass\0relay-secret"


def test_speaks_tls_from_the_first_octet(certificate: Certificate):
    """RFC 8314 §3.3: a submission port that is TLS at once."""
    with relays.running(Relay(tls=certificate.context, at_once=True)) as relay:
        assert smtp(relay, smtp_security="tls", smtp_ca_file=certificate.file)(_PARCEL).verdict is Verdict.SENT
    assert relay.encrypted == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tells_nothing_to_a_relay_it_cannot_verify(certificate: Certificate, security: str):
    """A certificate from nowhere: whoever holds the line would read codes and reset links."""
    with relays.running(Relay(tls=certificate.context, at_once=security == "tls")) as relay:
        assert smtp(relay, smtp_security=security)(_PARCEL) == Answer(Verdict.LATER, "smtp tls")
    assert relay.senders == []


def test_tells_nothing_to_a_relay_of_another_name(foreign_certificate: Certificate):
    """RFC 3207 §4.1: believed, but not who it should be."""
    with relays.running(Relay(tls=foreign_certificate.context)) as relay:
        answer = smtp(relay, smtp_security="starttls", smtp_ca_file=foreign_certificate.file)(_PARCEL)
    assert answer == Answer(Verdict.LATER, "smtp tls")
    assert relay.senders == []


def test_does_not_fall_back_to_the_clear(relay: Relay, certificate: Certificate):
    """Somebody on the way who strips STARTTLS from the offers gets no mail (RFC 3207 §6)."""
    answer = smtp(relay, smtp_security="starttls", smtp_ca_file=certificate.file)(_PARCEL)
    assert answer == Answer(Verdict.LATER, "smtp lacks starttls or auth")
    assert relay.senders == []


@pytest.mark.parametrize(
    ("verb", "said", "answer"),
    [
        ("CONNECT", "421 busy", Answer(Verdict.LATER, "smtp 421")),
        ("CONNECT", "554 no service here", Answer(Verdict.LATER, "smtp 554")),
        ("CONNECT", "drop", Answer(Verdict.LATER, "smtp disconnected")),
        ("MAIL", "550 sender refused", Answer(Verdict.LATER, "smtp mail 550")),
        ("MAIL", "451 later", Answer(Verdict.LATER, "smtp mail 451")),
        ("RCPT", "550 no such user", Answer(Verdict.REFUSED, "smtp rcpt 550")),
        ("RCPT", "553 bad mailbox", Answer(Verdict.REFUSED, "smtp rcpt 553")),
        ("RCPT", "450 greylisted", Answer(Verdict.LATER, "smtp rcpt 450")),
        ("RCPT", "530 authenticate first", Answer(Verdict.LATER, "smtp rcpt 530")),
        ("RCPT", "421 going down", Answer(Verdict.LATER, "smtp rcpt 421")),
        ("RCPT", "drop", Answer(Verdict.LATER, "smtp disconnected")),
        ("DATA", "554 no", Answer(Verdict.REFUSED, "smtp data 554")),
        ("DATA", "451 later", Answer(Verdict.LATER, "smtp data 451")),
        ("END", "554 looks like spam", Answer(Verdict.REFUSED, "smtp data 554")),
        ("END", "452 disk full", Answer(Verdict.LATER, "smtp data 452")),
        ("END", "drop", Answer(Verdict.LATER, "smtp disconnected")),
        ("QUIT", "drop", Answer(Verdict.SENT, "accepted")),
        ("QUIT", "500 what", Answer(Verdict.SENT, "accepted")),
    ],
)
def test_tells_a_refusal_from_a_bad_day(relay: Relay, verb: str, said: str, answer: Answer):
    """RFC 5321 §4.2.1: 5yz on this recipient or this mail is for good, everything else is tried again."""
    relay.answers[verb] = [said]
    assert smtp(relay)(_PARCEL) == answer


def test_waits_for_an_operator_when_its_password_is_wrong(tls_relay: Relay, certificate: Certificate):
    """RFC 4954 §6: 535 is about us; no member's letter is lost for it."""
    tls_relay.answers["AUTH"] = ["535 wrong"]
    answer = smtp(
        tls_relay,
        smtp_security="starttls",
        smtp_ca_file=certificate.file,
        smtp_username="x",
        smtp_password=SecretStr("y"),
    )(_PARCEL)
    assert answer == Answer(Verdict.LATER, "smtp 535")


@pytest.mark.parametrize("verb", ["CONNECT", "RCPT", "END"])
def test_does_not_wait_for_ever(relay: Relay, verb: str):
    """A relay that hangs holds a sender for `mail.timeout` and no longer."""
    relay.answers[verb] = ["wait"]
    started = time.monotonic()
    assert smtp(relay, timeout=timedelta(seconds=0.4))(_PARCEL) == Answer(Verdict.LATER, "smtp timeout")
    assert time.monotonic() - started < 2


def test_bounds_the_whole_and_not_each_wait(relay: Relay):
    """Every answer comes within the timeout, all of them together do not: the lease counts on the whole."""
    relay.answers = {verb: [f"slow {code} ok"] for verb, code in (("EHLO", 250), ("MAIL", 250), ("RCPT", 250))}
    assert smtp(relay, timeout=timedelta(seconds=0.2))(_PARCEL) == Answer(Verdict.LATER, "smtp timeout")


def test_tries_again_when_nobody_listens(relay: Relay):
    """A relay that is down is no refusal."""
    with relays.running(Relay()) as gone:
        send = smtp(gone)
    assert send(_PARCEL) == Answer(Verdict.LATER, "smtp connect")


@pytest.mark.parametrize("field", ["subject", "recipient"])
def test_cannot_be_made_to_write_a_header(relay: Relay, field: str):
    """RFC 5322 §2.2: a line break in a header would start another; the mail is not written at all."""
    values = {name: getattr(_PARCEL, name) for name in Parcel.__dataclass_fields__}
    forged = Parcel(**(values | {field: "a@example.com\r\nBcc: all@example.com"}))
    with pytest.raises(ValueError, match=r"(?i)header|line|CR|linefeed"):
        smtp(relay)(forged)
    assert relay.taken == []
    assert relay.recipients == []


def test_does_not_show_its_password(relay: Relay):
    """Nothing secret in a repr."""
    assert "secret" not in repr(smtp(relay, smtp_password=SecretStr("relay-secret")))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"smtp_host": ""}, "smtp_host"),
        ({"sender": "중기원패스"}, "mail.sender"),
        ({"sender": "no-reply@onepass.example\r\nBcc: x@example.com"}, "mail.sender"),
        ({"smtp_ca_file": Path("/nonexistent.pem")}, "smtp_ca_file"),
    ],
)
def test_says_what_an_operator_must_mend(relay: Relay, changes: dict[str, Any], named: str):
    """Found out at start, not with the first letter."""
    with pytest.raises(ConfigurationError, match=named):
        smtp(relay, **changes)


def test_leans_on_what_smtplib_offers():
    """The bound on the whole session hangs on one method of smtplib's; should it go, this says so."""
    assert callable(smtplib.SMTP.getreply)
    assert ssl.create_default_context().check_hostname
