"""로그인 기록 and the sessions in other browsers, from outside."""

from __future__ import annotations

import re
from datetime import timedelta

from idp.audit.actions import Action
from idp.audit.record import Record, record
from tests.builders import a_person, link
from tests.protocol.account.lab import Site, Visit
from tests.protocol.oidc.lab import is_a_page

HISTORY = "/account/history"


def handles(visit: Visit) -> list[str]:
    """What the page calls the sessions by, in its order."""
    return re.findall(r'action="/account/sessions/([0-9a-f]{22})/end"', visit.get(HISTORY).text)


def took_part(site: Site, visit: Visit, *parties: str) -> None:
    site.house.store.write(*(site.sessions.participation(visit.session, party) for party in parties))


def test_lists_the_members_sessions_and_nobody_elses(site: Site, person: Visit) -> None:
    """When, where from (masked) and by which browser; the present one is marked."""
    site.clock.advance(timedelta(minutes=1))
    site.signed_in(person.member_id)
    site.signed_in(a_person(site.house, "somebody_else"))
    page = person.get(HISTORY).text
    assert len(handles(person)) == 2
    assert page.count("Firefox · Linux") >= 2
    assert "203.0.***.10" in page
    assert "203.0.113.10" not in page
    assert page.count("이 기기</span>") == 1


def test_ends_one_session_elsewhere(site: Site, person: Visit) -> None:
    """Its cookie opens nothing; its relying parties are told by its `sid`, those of this session are not."""
    took_part(site, person, "voucher")
    site.clock.advance(timedelta(minutes=1))
    other = site.signed_in(person.member_id)
    took_part(site, other, "kamp")
    newest = handles(person)[0]
    assert person.post(f"/account/sessions/{newest}/end").headers["Location"] == HISTORY
    assert not other.is_signed_in()
    assert person.is_signed_in()
    sid = site.sessions.id_toward(other.session, "kamp")
    assert [(party, payload["sid"]) for party, payload in site.logouts()] == [("kamp", sid)]
    assert is_a_page(person.post(f"/account/sessions/{newest}/end"), 404)


def test_ends_the_present_session_as_signing_out_does(person: Visit) -> None:
    """로그아웃 beside 이 기기."""
    answer = person.post(f"/account/sessions/{handles(person)[0]}/end")
    assert answer.headers["Location"] == "/signed-out"
    assert person.cookie() is None
    assert not person.is_signed_in()


def test_ends_all_others(site: Site, person: Visit) -> None:
    """다른 기기에서 모두 로그아웃: this one stays."""
    others = [site.signed_in(person.member_id) for _each in range(3)]
    stranger = site.signed_in(a_person(site.house, "somebody_else"))
    assert person.post("/account/sessions/end-others").status_code == 303
    assert [other.is_signed_in() for other in others] == [False] * 3
    assert person.is_signed_in()
    assert stranger.is_signed_in()


def test_ends_every_session(site: Site, person: Visit) -> None:
    """모든 기기에서 로그아웃 (REQ-68): also one that the list does not know; every relying party hears by `sub`."""
    other = site.signed_in(person.member_id)
    assert person.post("/account/sessions/end-all").headers["Location"] == "/signed-out"
    assert not other.is_signed_in()
    assert not person.is_signed_in()
    assert [(party, set(payload)) for party, payload in site.logouts()] == [("kamp", {"sub"}), ("voucher", {"sub"})]
    assert ("sessions.ended", {"told": 2}) in site.actions(person.member_id)


def test_does_not_end_another_members_session(site: Site, person: Visit) -> None:
    """REQ-50 in spirit: a handle of somebody else's session is no session of mine."""
    stranger = site.signed_in(a_person(site.house, "somebody_else"))
    theirs = handles(stranger)[0]
    for forged in (theirs, "0" * 22, "x", "%00", "한글", person.session.id):
        assert is_a_page(person.post(f"/account/sessions/{forged}/end"), 404)
    assert stranger.is_signed_in()


def test_keeps_no_session_alive_by_listing_it(site: Site, person: Visit) -> None:
    """Idle limits stay true: looking at the list is not using what it lists."""
    site.signed_in(person.member_id)
    for _step in range(4):
        site.clock.advance(timedelta(minutes=10))
        shown = handles(person)
    assert len(shown) == 1


def test_shows_sign_ins_failures_and_answers(site: Site, person: Visit) -> None:
    """REQ-87 for the member's own eyes: what, how, where from; newest first."""
    moments = [
        Record(
            site.clock.now(),
            Action.SIGN_IN_SUCCEEDED,
            "member",
            person.member_id,
            address="203.0.113.10",
            detail={"method": "password"},
        ),
        Record(
            site.clock.now(),
            Action.SIGN_IN_FAILED,
            "member",
            person.member_id,
            address="2001:db8:1::1",
            detail={"method": "business_certificate"},
        ),
        Record(
            site.clock.now(),
            Action.SIGN_IN_ANSWERED,
            "member",
            person.member_id,
            "kamp",
            "kamp",
            detail={"protocol": "oidc"},
        ),
    ]
    with site.house.database.transaction() as connection:
        record(connection, *moments)
    page = person.get(HISTORY).text
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page)
    assert ["유관기관 로그인" in rows[0], "로그인 실패" in rows[1], "비밀번호" in rows[2]] == [True] * 3
    assert "기업인증서" in rows[1]
    assert "2001:db8:****" in rows[1]
    assert "203.0.***.10" in rows[2]
    assert "113.10" not in page


def test_pages_through_a_long_history(site: Site, person: Visit) -> None:
    """Every record once, however many, and no other member's."""
    stranger = a_person(site.house, "somebody_else")
    with site.house.database.transaction() as connection:
        for number in range(45):
            at = site.clock.now() + timedelta(minutes=number)
            record(
                connection,
                Record(at, Action.SIGN_IN_FAILED, "member", person.member_id, address=f"198.51.100.{number}"),
                Record(at, Action.SIGN_IN_FAILED, "member", stranger, address="192.0.2.200"),
            )
    seen: list[str] = []
    path: str | None = HISTORY
    while path is not None:
        page = person.get(path).text
        seen += re.findall(r"198\.51\.\*\*\*\.(\d+)", page)
        assert "192.0.***.200" not in page
        more = re.search(r'href="(\?before=\d+)"', page)
        path = f"{HISTORY}{more[1]}" if more is not None else None
    assert [int(number) for number in seen] == list(reversed(range(45)))


def test_begins_anew_where_the_mark_is_none(person: Visit) -> None:
    """Bad input in the address: a page, never a failure."""
    for mark in ("", "x", "-1", "0", "9" * 40, "1e5", "한"):
        for path in (HISTORY, "/account/consents"):
            assert person.get(f"{path}?before={mark}&given_before={mark}").status_code == 200


def test_tells_relying_parties_where_the_link_still_is(site: Site, person: Visit) -> None:
    """A relying party that took part and has no link any more is not told of a subject that is none of its."""
    link(site.house, person.member_id, "bizinfo")
    took_part(site, person, "voucher", "bizinfo", "gone_from_the_catalogue")
    person.post("/account/sign-out")
    assert [party for party, _payload in site.logouts()] == ["voucher"]
