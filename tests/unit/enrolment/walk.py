"""Somebody without scripts who walks through the pages: opens them, fills in their forms, presses their buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from idp.agencies.registration_file import read as read_agencies
from idp.app import create_app
from idp.house import House
from idp.terms.apply import ApplyTerms
from idp.terms.documents_folder import read as read_terms
from tests.architecture.tree import ROOT
from tests.builders import register

PASSWORD = "Onepass!2026"
PERSON = {"phone": "12341234", "email_local": "gildong", "email_domain": "naver.com"}
ENTERPRISE = {"company_name": "길동상사", "representative_name": "홍길동", "founded_on": "2001-02-03", **PERSON}


@dataclass
class Walker:
    """One browser and the page before it."""

    client: FlaskClient
    answer: TestResponse | None = None

    def open(self, path: str) -> Walker:
        """Go to an address, and where it leads."""
        self.answer = self.client.get(path, follow_redirects=True)
        return self

    def press(self, label: str, /, **typed: str | bool) -> Walker:
        """Press the button of this label with `typed` in its form; True ticks a box, False unticks it."""
        form, button = self._button(label)
        sent = {**_standing(form), **{name: "yes" if value is True else value for name, value in typed.items()}}
        if button.get("name"):
            sent[button.get("name")] = button.get("value")
        data = {name: value for name, value in sent.items() if value is not False}
        self.answer = self.client.post(form.get("action"), data=data, follow_redirects=True)
        return self

    def verify(self, method: str, holder: str) -> Walker:
        """Choose a method by its label and let the simulator vouch for `holder`; the page before has the choice."""
        return self.choose(holder) if self.sees("holder", field=True) else self.press(method).choose(holder)

    def choose(self, holder: str) -> Walker:
        """Let the simulator answer."""
        form = next(form for form in self.document.forms if str(form.get("action")).endswith("/simulator"))
        sent = {**_standing(form), "holder": holder, "outcome": "approve"}
        self.answer = self.client.post(form.get("action"), data=sent, follow_redirects=True)
        return self

    @property
    def document(self) -> Any:
        return html.fromstring(self.text, base_url=self.path)

    @property
    def text(self) -> str:
        assert self.answer is not None
        return self.answer.text

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer.status_code

    @property
    def path(self) -> str:
        """The address before the person."""
        assert self.answer is not None
        return str(self.answer.request.path)

    @property
    def step(self) -> int:
        """`n / 6`."""
        found = re.search(r"/join/[\w-]{22}/(\d)$", self.path)
        assert found is not None, self.path
        return int(found[1])

    @property
    def draft_id(self) -> str:
        return self.path.split("/")[2]

    def sees(self, words: str, *, field: bool = False) -> bool:
        """Whether the page says it, or has a field of that name."""
        return bool(self.document.xpath(f"//*[@name='{words}']")) if field else words in " ".join(self.words.split())

    @property
    def words(self) -> str:
        """What the main part says, without its markup."""
        return str(self.document.xpath("string(//main)"))

    def agree_to_terms(self, *refused: str) -> Walker:
        """Tick every document but `refused`, and go on."""
        boxes = self.document.xpath("//input[@type='checkbox' and @name]/@name")
        return self.press("다음", **{name: name not in refused for name in boxes})

    def give_details(self, login_id: str, typed: Mapping[str, str] = PERSON) -> Walker:
        """Step 4."""
        known = {name: value for name, value in typed.items() if self.sees(name, field=True)}
        self.press("중복확인", login_id=login_id, **known)
        return self.press("다음", password=PASSWORD, password_again=PASSWORD)

    def _button(self, label: str) -> tuple[Any, Any]:
        found = [
            (form, button, " ".join("".join(button.itertext()).split()))
            for form in self.document.forms
            for button in form.xpath(".//button[not(@tabindex='-1')]")
        ]
        # Two buttons may begin with the same words; the one that says no more is meant.
        fitting = sorted((each for each in found if label in each[2]), key=lambda each: each[2] != label)
        if fitting:
            return fitting[0][:2]
        raise AssertionError(f"no button {label!r} on {self.path}: {self.words}")


def _standing(form: Any) -> dict[str, Any]:
    """What a browser would send of a form as it stands."""
    return {name: value for name, value in form.form_values() if name}


@dataclass
class Site:
    """The whole application with the catalogue and the terms that the demonstration has."""

    house: House
    app: Any

    def browser(self) -> Walker:
        """A browser that has never been here."""
        return Walker(self.app.test_client())


def site(house: House, **conversion: Any) -> Site:
    """The application of `house`; `conversion` says how voucher may send its members to convert."""
    entries = [each.model_dump(exclude_none=True) for each in read_agencies(ROOT / "config/agencies.toml")]
    for entry in entries:
        # SAML metadata is a file beside the registration; these tests need only OpenID Connect.
        entry["relying_party"] = [each for each in entry.get("relying_party", []) if each["protocol"] == "oidc"]
        for each in entry["relying_party"]:
            if each["id"] == "voucher":
                each["conversion"] = {**each["conversion"], **conversion}
    register(house, *entries)
    ApplyTerms(house.database, house.clock)(read_terms(ROOT / "config/terms"), actor="test")
    return Site(house, create_app(house.settings, instead=house))
