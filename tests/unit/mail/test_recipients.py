"""Whom a letter can reach."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from idp.mail.recipients import Channel, EmailAddress, MobileNumber, UnusableRecipient


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [
        ("honggildong@example.com", "honggildong@example.com"),
        ("Hong.Gil-Dong+pass@Example.CO.KR", "Hong.Gil-Dong+pass@example.co.kr"),
        ("hong@한국.com", "hong@xn--3e0b707e.com"),
    ],
)
def test_takes_addresses_as_smtp_does(given_address: str, kept: str):
    """RFC 5321 §2.4: a domain has no case, a local part may; RFC 5891: a domain travels in A-labels."""
    address = EmailAddress(given_address)
    assert address.text == kept
    assert address.channel is Channel.EMAIL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hong",
        "@example.com",
        "hong@",
        "hong@localhost",
        "hong@example.com\r\nBcc: all@example.com",
        "hong@example.com\n",
        "hong@example.com>",
        "<hong@example.com",
        "hong @example.com",
        "hong,kim@example.com",
        '"hong gil"@example.com',
        "hong@[127.0.0.1]",
        "hong@127.0.0.1",
        "hong..gil@example.com",
        ".hong@example.com",
        "홍@example.com",
        "hong@-example.com",
        "hong@exa_mple.com",
        "a" * 65 + "@example.com",
        "hong@" + "a" * 64 + ".com",
        "hong@" + "a.b" * 90 + ".com",
        "hong@example.com, kim@example.com",
        "hong\x00@example.com",
    ],
)
def test_refuses_what_is_no_address(text: str):
    """Nothing that could add a header, a recipient or a command reaches the relay."""
    with pytest.raises(UnusableRecipient) as refused:
        EmailAddress(text)
    assert text == "" or text not in str(refused.value)


@given(strategies.text())
def test_never_keeps_a_character_that_ends_a_line(text: str):
    """RFC 5321 §4.1.2: whatever is accepted is printable ASCII without blanks."""
    try:
        kept = EmailAddress(text + "@example.com").text
    except UnusableRecipient:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert not set(kept) & set(' <>,;:"()[]\\')


@pytest.mark.parametrize(
    "text", ["010-1234-1234", "01012341234", "+821012341234", "+82 10 1234 1234", "+8201012341234"]
)
def test_takes_mobile_numbers_in_every_usual_spelling(text: str):
    """The gateway gets digits."""
    assert MobileNumber(text).text == "01012341234"


@pytest.mark.parametrize(
    "text", ["", "02-123-4567", "010123412", "010123412345", "+15551234567", "010-1234-１２３４", "01012341234\n"]
)
def test_refuses_what_gets_no_sms(text: str):
    """A number is Korean and mobile, or it is refused here and not at the carrier, after the fee."""
    with pytest.raises(UnusableRecipient):
        MobileNumber(text)


def test_shows_no_recipient_in_a_repr():
    """Personal data stays out of logs and traces."""
    assert "hong" not in repr(EmailAddress("hong@example.com"))
    assert "1234" not in repr(MobileNumber("010-1234-1234"))
