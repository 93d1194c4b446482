"""One member's whole life: in at three agencies, out of one and in again, and gone for good."""

from __future__ import annotations

from tests.journeys.conftest import OpenBrowser
from tests.journeys.person import Person
from tests.journeys.stage import PARTIES, Stage
from tests.journeys.tab import Sight, Tab

KAMP = "인공지능중소벤처 제조플랫폼(KAMP)"
LINKED, UNLINKED = (1, "linked"), (2, "unlinked")
PURGED = (None, "account-purged")
WORKS = {"userinfo": "works", "refresh": "works"}
DEAD = {"userinfo": "refused (401)", "refresh": "refused (invalid_grant)"}


def test_goes_with_one_member_from_first_sign_in_to_withdrawal(any_stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-45 (SSO over two protocols), REQ-74 (unlink and relink), REQ-76 and REQ-81 (withdrawal);
    OpenID Connect Core §8.1 (pairwise subjects), SAML V2.0 Core §8.3.7 (persistent NameID)."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    subjects = _sign_in_everywhere(tab, person)
    _come_back(tab, person, subjects)
    _unlink_kamp(tab, person, subjects["kamp"])
    _link_kamp_again(tab, subjects["kamp"])
    _leave(tab, person, subjects)


def _sign_in_everywhere(tab: Tab, person: Person) -> dict[str, str]:
    """One password for three agencies, to each of which the member is somebody else."""
    assert tab.visit("voucher") is Sight.SIGNED_OUT
    assert tab.press_sign_in() is Sight.PASSWORD
    assert tab.give_password(person) is Sight.CONSENT
    assert tab.agree() is Sight.SIGNED_IN
    assert (tab.shown_name, tab.protocol) == (person.name, "OpenID Connect")
    subjects = {"voucher": tab.subject}
    for party, protocol in (("kamp", "OpenID Connect"), ("smtech", "SAML 2.0")):
        tab.visit(party)
        assert tab.press_sign_in() is Sight.CONSENT
        assert tab.agree() is Sight.SIGNED_IN
        assert (tab.at, tab.shown_name, tab.protocol) == (tab.stage.party(party), person.name, protocol)
        subjects[party] = tab.subject
    assert len(set(subjects.values())) == 3
    for party, subject in subjects.items():
        tab.stage.heard_until(party, subject, [LINKED])
    return subjects


def _come_back(tab: Tab, person: Person, subjects: dict[str, str]) -> None:
    """Signed out of all and in again: a password, no consent, and the same three subjects."""
    tab.visit("voucher")
    assert tab.press_sign_out() is Sight.SIGNED_OUT
    assert tab.press_sign_in() is Sight.PASSWORD
    assert tab.give_password(person) is Sight.SIGNED_IN
    assert tab.subject == subjects["voucher"]
    for party in ("kamp", "smtech"):
        if tab.visit(party) is Sight.SIGNED_IN:
            # SMTECH by SAML has heard nothing of it: single logout is not what it speaks.
            assert party == "smtech"
            tab.press_sign_out()
        assert tab.press_sign_in() is Sight.SIGNED_IN
        assert tab.subject == subjects[party]


def _unlink_kamp(tab: Tab, person: Person, subject: str) -> None:
    tab.visit("kamp")
    assert tab.check_tokens() == WORKS
    tab.unlink(KAMP)
    tab.stage.heard_until("kamp", subject, [LINKED, UNLINKED])
    assert tab.visit("kamp") is Sight.SIGNED_OUT
    assert (tab.link_status, tab.ended_because) == ("unlinked", "unlinked")
    assert tab.check_tokens() == DEAD


def _link_kamp_again(tab: Tab, subject: str) -> None:
    tab.visit("kamp")
    assert tab.press_sign_in() is Sight.CONSENT
    assert tab.agree() is Sight.SIGNED_IN
    assert tab.subject == subject
    heard = tab.stage.heard_until("kamp", subject, [LINKED, UNLINKED, (3, "linked")])
    assert heard.link is not None
    assert (heard.link["status"], heard.link["version"]) == ("linked", 3)
    assert tab.check_tokens() == WORKS


def _leave(tab: Tab, person: Person, subjects: dict[str, str]) -> None:
    """Everybody hears of it, nobody gets in any more by us, and the agency's own login is untouched."""
    assert tab.withdraw(person) is Sight.NOTICE
    before = {"voucher": [LINKED], "smtech": [LINKED], "kamp": [LINKED, UNLINKED, (3, "linked")]}
    for party in PARTIES:
        ended = (len(before[party]) + 1, "unlinked")
        heard = tab.stage.heard_until(party, subjects[party], [*before[party], ended, PURGED])
        assert heard.applied_once_each
        assert heard.link is not None
        assert (heard.link["status"], heard.link["purged"]) == ("unlinked", 1)
        assert tab.visit(party) is Sight.SIGNED_OUT
        assert (tab.link_status, tab.ended_because) == ("unlinked", "unlinked")
    tab.visit("kamp")
    assert tab.check_tokens() == DEAD
    tab.watch.expect(401)
    tab.visit("voucher")
    assert tab.press_sign_in() is Sight.PASSWORD
    assert tab.give_password(person) is Sight.PASSWORD
    assert "일치하지 않습니다" in tab.page.get_by_role("alert").inner_text()
    assert tab.sign_in_legacy("testId1", "Voucher!2026") is Sight.SIGNED_IN
    assert tab.protocol == "아이디·비밀번호"
