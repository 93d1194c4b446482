"""Agreeing again: the page between the password and the relying party."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from idp.signin.renew_terms import RenewTerms
from idp.terms.answer import NotAgreed
from idp.terms.models import terms_answers
from tests.builders import PASSWORD, a_person, an_enterprise
from tests.unit.terms.documents import apply, document

BOTH = (document("service"), document("marketing", required=False, position=2))
NEWS = (document("service", "새 약관"), BOTH[1])


@dataclass
class Visit:
    """A browser at its member's own pages, which ask for a sign-in."""

    client: FlaskClient
    page: TestResponse

    def press(self, **sent: str) -> TestResponse:
        form = re.search(r'<form[^>]*action="(/signin/[^"]+)"', self.page.text)
        assert form is not None, self.page.text
        hidden = dict(re.findall(r'<input[^>]*type="hidden" name="(\w+)" value="([^"]*)"', self.page.text))
        hidden |= dict(re.findall(r'name="(csrf_token)"[^>]*value="([^"]+)"', self.page.text))
        self.page = self.client.post(form[1], data={**hidden, **sent}, follow_redirects=True)
        return self.page


@pytest.fixture
def visit(house: House) -> Visit:
    """Somebody who agreed to nothing yet, at the sign-in page."""
    a_person(house)
    client = create_app(house.settings, instead=house).test_client()
    return Visit(client, client.get("/account/", follow_redirects=True))


def sign_in(visit: Visit) -> TestResponse:
    return visit.press(login_id="honggildong", password=PASSWORD)


def answered(house: House) -> list[tuple[str, int, bool, str]]:
    with house.database.reading() as connection:
        rows = connection.execute(select(terms_answers).order_by(terms_answers.c.seq))
        return [(row.document_id, row.version, row.agreed, row.channel) for row in rows]


def test_asks_nothing_while_there_is_nothing_to_agree_to(visit: Visit) -> None:
    """REQ-13: the page appears with the documents, not before."""
    assert "약관이 바뀌었습니다" not in sign_in(visit).text


def test_asks_whoever_has_not_agreed_yet_and_then_no_more(house: House, visit: Visit) -> None:
    """REQ-13."""
    apply(house, *BOTH)
    assert "약관이 바뀌었습니다" in sign_in(visit).text
    assert "나의 정보" in visit.press(service="yes").text
    assert answered(house) == [("service", 1, True, "sign_in"), ("marketing", 1, False, "sign_in")]
    visit.page = visit.client.get("/account/", follow_redirects=True)
    assert "약관이 바뀌었습니다" not in visit.page.text


def test_asks_again_after_a_new_version(house: House, visit: Visit) -> None:
    """REQ-13: a changed document version asks again at the next sign-in; the earlier answer stays in the record, and so
    does the answer to what did not change, which nobody is asked."""
    apply(house, *BOTH)
    sign_in(visit)
    visit.press(service="yes", marketing="yes")
    apply(house, *NEWS)
    again = create_app(house.settings, instead=house).test_client()
    visit = Visit(again, again.get("/account/", follow_redirects=True))
    page = sign_in(visit)
    assert "약관이 바뀌었습니다" in page.text
    assert "<p>새 약관</p>" in page.text
    assert 'name="marketing"' not in page.text
    visit.press(service="yes")
    assert answered(house)[2:] == [("service", 2, True, "sign_in")]


def test_asks_nobody_about_what_changed_for_others(house: House, visit: Visit) -> None:
    """REQ-13: a person is not stopped by a document of enterprises, and the edition is looked at once."""
    apply(house, *BOTH)
    sign_in(visit)
    visit.press(service="yes")
    apply(house, *BOTH, document("enterprise-only", audience="enterprise", position=3))
    again = create_app(house.settings, instead=house).test_client()
    visit = Visit(again, again.get("/account/", follow_redirects=True))
    assert "나의 정보" in sign_in(visit).text
    assert len(answered(house)) == 2


@pytest.mark.parametrize("sent", [{}, {"marketing": "yes"}, {"service": "no"}, {"service": ""}, {"service": "😀"}])
def test_lets_nobody_in_without_the_required_ones(house: House, visit: Visit, sent: dict[str, str]) -> None:
    """REQ-11: and marks which; what was ticked stays ticked."""
    apply(house, *BOTH)
    sign_in(visit)
    page = visit.press(**sent)
    assert page.status_code == 400
    assert "필수 약관에 모두 동의해야 계속할 수 있습니다." in page.text
    assert re.search(r'name="service"[^>]*aria-invalid="true"', page.text)
    assert bool(re.search(r'name="marketing"[^>]* checked', page.text)) is ("marketing" in sent)
    assert answered(house) == []


def test_takes_all_at_once_from_whoever_has_no_scripts(house: House, visit: Visit) -> None:
    """REQ-12 without scripts."""
    apply(house, *BOTH)
    assert "모두 동의하고 계속하기" in sign_in(visit).text
    assert "나의 정보" in visit.press(all="yes").text
    assert [agreed for _id, _version, agreed, _channel in answered(house)] == [True, True]


def test_keeps_no_answer_of_a_refusal(house: House) -> None:
    """REQ-13: nothing is kept unless all of it is."""
    apply(house, *BOTH)
    renew = RenewTerms(house.database, house.clock, house.terms)
    with pytest.raises(NotAgreed):
        renew(a_person(house), "person", {"service": False, "marketing": True}, address="192.0.2.1", language="ko")
    assert answered(house) == []


def test_keeps_how_and_whence_it_was_answered(house: House) -> None:
    """REQ-13: time, address, channel, language."""
    apply(house, *BOTH)
    member_id = an_enterprise(house)
    renew = RenewTerms(house.database, house.clock, house.terms)
    renew(member_id, "enterprise", {"service": True}, address="192.0.2.1", language="en", channel="operator")
    with house.database.reading() as connection:
        row = connection.execute(select(terms_answers)).first()
    assert row is not None
    assert (row.member_id, row.at, row.address, row.language, row.channel) == (
        member_id,
        house.clock.now(),
        "192.0.2.1",
        "en",
        "operator",
    )
