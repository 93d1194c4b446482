"""Members who lost their way in, people who are no members, and the letters that wait for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.audit.models import audit_records
from idp.house import House
from idp.mail.letters import AnyLetter, EmailProof, PasswordReset
from idp.mail.models import outgoing_messages
from idp.mail.post import opened
from idp.verification.simulated.people import people
from tests.protocol.verification.conftest import Person

EVERYBODY = people(date(2026, 3, 2))
HONG, KIM = EVERYBODY["hong_gildong"], EVERYBODY["kim_gildong"]
NEW_PASSWORD = "Anew!Pass26"
METHODS = {"any_id": "L2", "joint_certificate": "L3"}


@dataclass
class Site:
    """The provider from outside, and what lies in its queue."""

    house: House
    app: Flask
    member_id: str

    def visitor(self) -> Person:
        """Somebody with a browser of their own."""
        return Person(self.app.test_client())

    def letters(self) -> list[tuple[str, AnyLetter]]:
        """Recipient and letter of everything queued, oldest first."""
        with self.house.database.reading() as connection:
            rows = connection.execute(select(outgoing_messages)).fetchall()
        return [
            opened(self.house.cipher, row.id, row.letter, row.sealed) for row in sorted(rows, key=lambda r: r.made_at)
        ]

    def path(self, kind: type[PasswordReset | EmailProof]) -> str:
        """Where the link of the last letter of this kind leads."""
        return [letter.path for _to, letter in self.letters() if isinstance(letter, kind)][-1]

    def audited(self, action: str) -> list[dict[str, object]]:
        """Member, address and detail of every record of this name."""
        with self.house.database.reading() as connection:
            rows = connection.execute(
                select(audit_records).where(audit_records.c.action == action).order_by(audit_records.c.seq)
            )
            return [{"member_id": row.member_id, "address": row.address, **row.detail} for row in rows]


def prove(visitor: Person, page: TestResponse, form: str, holder: str, method: str = "any_id") -> TestResponse:
    """Choose a method on a page, be verified as `holder`, and come back."""
    return visitor.choose(visitor.post(page, form, method=method), holder)


def find_login_id(visitor: Person, holder: str, method: str = "any_id") -> TestResponse:
    """아이디 찾기, from its first page to its last."""
    return prove(visitor, visitor.get("/recovery/login-id"), "/recovery/login-id", holder, method)


def ways(visitor: Person, login_id: str) -> TestResponse:
    """비밀번호 재설정, up to the choice of a way."""
    return visitor.post(visitor.get("/recovery/password"), "/recovery/password", login_id=login_id)


def new_password_page(visitor: Person, login_id: str = "honggildong", holder: str = "hong_gildong") -> TestResponse:
    """비밀번호 재설정 by verification, up to the new password."""
    return prove(visitor, ways(visitor, login_id), "/verify", holder)


def set_password(
    visitor: Person, page: TestResponse, password: str = NEW_PASSWORD, again: str | None = None
) -> TestResponse:
    return visitor.post(page, "", password=password, password_again=password if again is None else again)


def sign_in(visitor: Person, password: str, login_id: str = "honggildong") -> TestResponse:
    """Sign in for one's own pages."""
    return visitor.post(visitor.get("/account/"), "/password", login_id=login_id, password=password)


def words(page: TestResponse) -> str:
    """The page without what differs from one visit to the next."""
    text = re.sub(r'value="[^"]*"', "", page.text)
    # The switch of languages names the page it is on.
    text = re.sub(r"<a [^>]*hreflang[^>]*>", "", text)
    text = re.sub(r"sign_in=[\w-]{22}", "sign_in=-", text)
    return re.sub(r"/(recovery/(?:login-id|password)|signin)/[\w-]{22}", r"/\1/-", text)


def title(page: TestResponse) -> str:
    found = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", page.text, re.S)
    assert found is not None, page.text
    return found[1]
