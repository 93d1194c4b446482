"""휴대전화 번호 확인: a code by SMS proves that a changed number is at hand (issue 4)."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.audit.models import audit_records
from idp.mail.letters import VerificationCode
from idp.mail.models import outgoing_messages
from idp.mail.post import opened
from idp.members.claims import claims
from idp.members.profile import PersonProfile
from tests.builders import a_person
from tests.protocol.account.lab import Site, Visit
from tests.protocol.oidc.lab import csrf, is_a_page
from tests.races import race

COOKIES = ("idp_session", "idp_form")
EDIT, PROVE = "/account/profile", "/account/phone/prove"


def codes(site: Site) -> list[tuple[str, str]]:
    """Recipient and code of every SMS queued."""
    with site.house.database.reading() as connection:
        rows = connection.execute(
            select(outgoing_messages)
            .where(outgoing_messages.c.letter == "verification_code")
            .order_by(outgoing_messages.c.made_at)
        ).all()
    found = []
    for row in rows:
        recipient, letter = opened(site.house.cipher, row.id, row.letter, row.sealed)
        assert isinstance(letter, VerificationCode)
        assert row.channel == "sms"
        found.append((recipient, letter.code))
    return found


def at_hand(site: Site, visit: Visit) -> bool:
    profile = site.profile(visit.member_id)
    assert isinstance(profile, PersonProfile)
    return profile.phone_at_hand


def asked(visit: Visit) -> str:
    """Where the code is typed."""
    answer = visit.post(PROVE)
    assert answer.status_code == 303, answer.status_code
    return answer.headers["Location"]


def type_in(visit: Visit, path: str, code: str, *, client: FlaskClient | None = None, token: str = "") -> TestResponse:
    return (client or visit.client).post(f"{path}/answer", data={"code": code, "csrf_token": token or visit.token()})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_proves_a_changed_number_by_the_code_sent_to_it(site: Site, person: Visit) -> None:
    """Issue 4: a changed 휴대전화 counts as proven once its code came back, and agencies are told so only then."""
    person.filled(EDIT, phone="22223333")
    profile = site.profile(person.member_id)
    assert claims(profile, frozenset({"phone"}))["phone_number_verified"] is False
    path = asked(person)
    [(number, code)] = codes(site)
    assert number == "01022223333"
    page = person.get(path)
    assert 'autocomplete="one-time-code"' in page.text
    assert code not in page.text
    done = person.client.post(f"{path}/answer", data={"code": code, "csrf_token": csrf(page)}, follow_redirects=True)
    assert "휴대전화 번호를 확인했습니다" in done.text
    profile = site.profile(person.member_id)
    assert claims(profile, frozenset({"phone"}))["phone_number_verified"] is True
    assert site.actions(person.member_id)[-1][0] == "phone.proven"
    assert isinstance(profile, PersonProfile)
    assert (profile.phone_verified, profile.identity_verified) == (False, True)


def test_asks_for_another_proof_after_another_change(site: Site, person: Visit) -> None:
    """What one number proved says nothing about the next."""
    path = asked(person)
    type_in(person, path, codes(site)[-1][1])
    person.get("/account/phone/proven?verification=" + path.rsplit("/", 1)[1])
    assert at_hand(site, person)
    assert person.filled(EDIT, phone="22223333").status_code == 303
    assert not at_hand(site, person)


def test_does_not_prove_a_number_given_after_the_code_was_sent(site: Site, person: Visit) -> None:
    """The holder of the former number would otherwise vouch for the new one."""
    path = asked(person)
    person.filled(EDIT, phone="22223333")
    type_in(person, path, codes(site)[-1][1])
    person.client.get(path, follow_redirects=True)
    assert not at_hand(site, person)


def test_ends_after_five_wrong_codes(site: Site, person: Visit) -> None:
    """Issue 4: at most five tries, the right code included."""
    path = asked(person)
    code = codes(site)[-1][1]
    for _try in range(4):
        answer = type_in(person, path, wrong(code))
        assert answer.status_code == 400
        assert "일치하지 않습니다" in answer.text
    assert type_in(person, path, wrong(code)).status_code == 303
    assert "여러 번 잘못" in person.get(path).text
    type_in(person, path, code)
    assert not at_hand(site, person)


def test_gives_no_further_tries_with_a_new_code(site: Site, person: Visit) -> None:
    """Tries are counted over the codes of one verification; the former code is good no more."""
    path = asked(person)
    former = codes(site)[-1][1]
    for _try in range(4):
        type_in(person, path, wrong(former))
    assert person.client.post(f"{path}/answer", data={"again": "y", "csrf_token": person.token()}).status_code == 200
    [newer] = [code for _number, code in codes(site) if code != former]
    assert type_in(person, path, former).status_code == 303
    type_in(person, path, newer)
    assert "여러 번 잘못" in person.get(path).text


def test_refuses_a_code_after_three_minutes(site: Site, person: Visit) -> None:
    """Issue 4: short life; a new one can be asked for."""
    path = asked(person)
    code = codes(site)[-1][1]
    site.clock.advance(timedelta(minutes=3))
    late = type_in(person, path, code)
    assert late.status_code == 400
    assert "유효시간이 지났습니다" in late.text


def test_stops_sending_to_one_number(site: Site, person: Visit) -> None:
    """Issue 4: limited per phone; whoever else asks for the same number gets none either."""
    path = asked(person)
    for _code in range(4):
        person.client.post(f"{path}/answer", data={"again": "y", "csrf_token": person.token()})
    assert len(codes(site)) == 5
    refused = person.client.post(f"{path}/answer", data={"again": "y", "csrf_token": person.token()})
    assert "더 보낼 수 없습니다" in refused.text
    other = site.signed_in(a_person(site.house, "another_one", email="other@example.kr"))
    assert "너무 많이 요청" in other.get(asked(other)).text
    assert len(codes(site)) == 5


def test_stops_sending_for_one_person(site: Site, person: Visit) -> None:
    """Issue 4: limited per person, over whatever numbers."""
    for number in range(12):
        person.filled(EDIT, phone=f"2222{number:04d}")
        asked(person)
    assert len(codes(site)) == 10


def test_takes_the_code_from_one_of_many_at_once(site: Site, person: Visit) -> None:
    """A code is spent once: sixteen right answers make one piece of evidence."""
    path = asked(person)
    code, token = codes(site)[-1][1], person.token()
    cookies = {name: found.value for name in COOKIES if (found := person.client.get_cookie(name)) is not None}

    def answer(_racer: int) -> int:
        client = site.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        return type_in(person, path, code, client=client, token=token).status_code

    race(answer)
    with site.house.database.reading() as connection:
        recorded = connection.execute(
            select(audit_records.c.action).where(audit_records.c.action == "verification.succeeded")
        ).all()
    assert len(recorded) == 1
    assert "휴대전화 번호를 확인했습니다" in person.client.get(path, follow_redirects=True).text


def test_is_no_verification_of_identity(site: Site) -> None:
    """It proves a telephone, not 본인확인: a browser that names it where identity is asked gets nothing."""
    client = site.app.test_client()
    page = client.get("/recovery/login-id")
    assert "phone_code" not in page.text
    answer = client.post("/recovery/login-id", data={"method": "phone_code", "csrf_token": csrf(page)})
    assert is_a_page(answer, 400)
    assert codes(site) == []
