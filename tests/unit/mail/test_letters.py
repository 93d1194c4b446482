"""What a letter may carry."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from idp.mail.guardian_letters import GuardianConsent
from idp.mail.letter_form import Letter
from idp.mail.letters import (
    AnyLetter,
    ContactChanged,
    LoginIdReminder,
    NewSignIn,
    PasswordReset,
    Purpose,
    VerificationCode,
    Withdrawn,
    useless_after,
)
from tests.unit.mail.samples import CODE, LATER, LETTERS, NOW


def test_names_every_letter_once():
    """Every kind of letter has a name of its own, and a sample here."""
    kinds = typing.get_args(AnyLetter)
    assert {kind.letter for kind in kinds} == set(Letter)
    assert len(kinds) == len(Letter)
    assert {type(sample) for sample in LETTERS} == set(kinds)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "recovery",
        "//evil.example/reset",
        "https://evil.example/",
        "/reset\r\nBcc: all@example.com",
        "/reset\n",
        "/a b",
        "/@evil",
        "/\\evil.example",
        '/"><a href="x',
    ],
)
def test_links_nowhere_but_to_ourselves(path: str):
    """A path joined to our issuer is a page of ours, whatever it is."""
    with pytest.raises(ValueError, match="path"):
        PasswordReset(path, LATER)


@pytest.mark.parametrize("code", ["", "123", "12345a", "１２３４５６", "123456\n", "123456789"])
def test_takes_codes_of_digits_only(code: str):
    """WebOTP reads the code to the end of its line; nothing may follow it."""
    with pytest.raises(ValueError, match="code"):
        VerificationCode(code, Purpose.JOIN, LATER)


@pytest.mark.parametrize("device", ["", "evil.example", "Chrome\nBcc: x", "a" * 61, "http://x", "<b>"])
def test_takes_no_device_that_becomes_a_link(device: str):
    """User agents are written by attackers, and mail programs make links of what looks like a host."""
    with pytest.raises(ValueError, match="device"):
        NewSignIn(NOW, device, "/account/")


@pytest.mark.parametrize("name", ["홍길동", "", "홍길동 evil.example *", "홍\n*동", "evil.example*"])
def test_takes_masked_names_only(name: str):
    """What a child typed goes to a stranger's address under our name."""
    with pytest.raises(ValueError, match="masked_child"):
        GuardianConsent(name, "/join/guardian/1", LATER)


@pytest.mark.parametrize("name", ["홍*동", "김*", "*", "J********n", "홍**동"])
def test_takes_what_our_pages_mask(name: str):
    """`mask_name` makes these (REQ-89)."""
    assert GuardianConsent(name, "/join/guardian/1", LATER).masked_child == name


def test_takes_a_masked_login_id():
    """`mask_login_id` makes petest02 into this."""
    assert LoginIdReminder("pe****02", "/").masked_login_id == "pe****02"
    with pytest.raises(ValueError, match="masked_login_id"):
        LoginIdReminder("petest02", "/")


def test_takes_no_control_characters_in_agency_names():
    """A line break would end the line of an SMS or a header."""
    with pytest.raises(ValueError, match="agencies"):
        Withdrawn(NOW, ("혁신바우처\r\nBcc: x@example.com",))


def test_carries_no_text_that_is_not_of_a_form():
    """A letter goes out under our name, to people who trust it: no field can carry what somebody typed."""
    for kind in typing.get_args(AnyLetter):
        hints = typing.get_type_hints(kind, include_extras=True)
        assert not [name for name, hint in hints.items() if hint in {str, str | None, tuple[str, ...]}], kind


def test_takes_no_contact_that_names_a_domain():
    """Whoever changes an address may have chosen one that reads like an offer; one among several is enough."""
    with pytest.raises(ValueError, match="masked"):
        ContactChanged(NOW, ("010-****-1234", "ho***@evil.example"), "/recovery/password")


def test_knows_which_letters_go_stale():
    """A code is not sent after it has expired; news keeps."""
    assert useless_after(CODE) == LATER
    assert useless_after(Withdrawn(NOW)) is None


def test_shows_no_secret_in_a_repr():
    """Codes and links reach no log by accident (architecture §11.7)."""
    assert "482913" not in repr(CODE)
    assert "/recovery/reset" not in repr(PasswordReset("/recovery/reset/abc", LATER))


def test_never_carries_a_password():
    """No letter has a field that could."""
    names = {field.name for letter in LETTERS for field in dataclasses.fields(letter)}
    assert not {name for name in names if "password" in name}
