"""A child and a guardian at two browsers, page by page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.enrolment.guardian_record import GuardianDecision, GuardianRecords
from idp.house import House
from idp.mail.guardian_letters import GuardianConsent, GuardianDecided
from idp.mail.models import outgoing_messages
from idp.mail.post import opened
from idp.members import store as members
from idp.members.directory import CI
from idp.terms.models import terms_answers
from idp.verification.simulated.people import people
from tests.fakes import FrozenClock
from tests.unit.enrolment.walk import Site, Walker, site as build

METHOD, CHILD, GUARDIAN = "공동인증서", "child_gildong", "kim_gildong"
ASKED = {"guardian_name": "김길동", "guardian_contact": "guardian@example.com"}


@dataclass
class Scene:
    """A child before its own page, and the letters that went out."""

    site: Site
    child: Walker
    clock: FrozenClock

    def letters(self) -> list[tuple[str, object]]:
        """Every letter that was queued, and to whom."""
        house = self.site.house
        with house.database.reading() as connection:
            rows = connection.execute(select(outgoing_messages).order_by(outgoing_messages.c.made_at)).fetchall()
        return [opened(house.cipher, row.id, row.letter, row.sealed) for row in rows]

    def links(self) -> list[str]:
        """The links guardians were sent, the latest last."""
        return [letter.path for _to, letter in self.letters() if isinstance(letter, GuardianConsent)]

    def guardian(self, link: str | None = None) -> Walker:
        """Somebody else's browser at the link."""
        return self.site.browser().open(link or self.links()[-1])

    def actions(self) -> list[str]:
        """What the audit holds of guardians."""
        with self.site.house.database.reading() as connection:
            rows = connection.execute(select(audit_records.c.action).order_by(audit_records.c.seq)).scalars()
            return [action for action in rows if action.startswith("guardian.")]


@pytest.fixture
def scene(house: House, frozen_clock: FrozenClock) -> Scene:
    """A child who has just been verified."""
    site = build(house)
    child = site.browser().open("/join/").press("만14세 미만 회원가입").agree_to_terms("marketing")
    return Scene(site, child.verify(METHOD, CHILD), frozen_clock)


@pytest.fixture
def asked(scene: Scene) -> Scene:
    """The same, after a guardian was named."""
    scene.child.press("동의 요청 보내기", **ASKED)
    return scene


def agree(
    guardian: Walker, holder: str = GUARDIAN, relation: str = "mother", *, refused: tuple[str, ...] = ()
) -> Walker:
    """Tick, say who one is, be verified."""
    boxes = guardian.document.xpath("//input[@type='checkbox' and @name]/@name")
    ticked: dict[str, str | bool] = {name: name not in refused for name in boxes}
    return guardian.press(METHOD, relation=relation, **ticked).choose(holder)


def refuse(guardian: Walker) -> Walker:
    """Say no, and mean it."""
    return guardian.press("동의하지 않음").press("동의하지 않음")


def test_asks_a_verified_child_for_a_name_and_a_contact_and_for_nothing_else(scene: Scene) -> None:
    """REQ-82, REQ-84, Decree §17의2②: no more may be had from the child before consent."""
    assert scene.child.step == 3
    fields = set(scene.child.document.xpath("//main//*[@name]/@name")) - {"csrf_token", "action"}
    assert fields == {"guardian_name", "guardian_contact"}
    scene.child.open(f"/join/{scene.child.draft_id}/4")
    assert scene.child.step == 3


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        *[
            ("guardian_name", typed)
            for typed in ("", "   ", "길" * 61, "김길동<script>", "김길동\u202e", "😀", "12", "--")
        ],
        *[("guardian_contact", typed) for typed in ("", "02-123-4567", "010-12", "a@b", "@", "guardian@exa mple.com")],
        *[("guardian_contact", typed) for typed in ("김길동@example.com", "a\r\nBcc: x@example.com", "😀", "0" * 300)],
    ],
)
def test_says_at_the_field_what_is_wrong_and_keeps_what_was_typed(scene: Scene, field: str, typed: str) -> None:
    """Issue 3, bad input: field errors in place, nobody is written to."""
    scene.child.press("동의 요청 보내기", **{**ASKED, field: typed})
    assert scene.child.status == 400
    wrong = scene.child.document.xpath("//*[@aria-invalid='true']/@name")
    assert wrong == [field]
    other = next(name for name in ASKED if name != field)
    assert scene.child.document.xpath(f"//*[@name='{other}']/@value") == [ASKED[other]]
    assert scene.letters() == []


@pytest.mark.parametrize(
    ("typed", "to"),
    [
        ("guardian@Example.COM", "guardian@example.com"),
        ("+82 10 0000 0002", "01000000002"),
        ("０１０－００００－０００２", "01000000002"),
    ],
)
def test_sends_the_link_to_a_mobile_or_an_address(scene: Scene, typed: str, to: str) -> None:
    """REQ-83: the letter names the child masked, and nothing that the child typed."""
    scene.child.press("동의 요청 보내기", guardian_name="김길동", guardian_contact=typed)
    [(recipient, letter)] = scene.letters()
    assert recipient == to
    assert isinstance(letter, GuardianConsent)
    assert letter.masked_child == "아**동"
    assert re.fullmatch(r"/guardian/[\w-]{43}", letter.path)
    assert letter.valid_until == scene.clock.now() + timedelta(days=5)
    assert scene.child.sees("보호자의 동의를 기다리고 있어요")
    assert not scene.child.sees("김길동")
    assert scene.actions() == ["guardian.asked"]


def test_keeps_no_token_and_no_name_readable(asked: Scene, house: House) -> None:
    """Architecture §6: tokens as digests only; what the child gave lies sealed."""
    token = asked.links()[-1].rpartition("/")[2]
    request = json.dumps("김길동")[1:-1].encode()
    with house.database.reading() as connection:
        for row in connection.exec_driver_sql("select * from expiring"):
            octets = "|".join(str(cell) for cell in row).encode() + b"".join(c for c in row if isinstance(c, bytes))
            assert token.encode() not in octets
            assert request not in octets
            assert "김길동".encode() not in octets


def test_lets_the_child_finish_once_the_guardian_agreed(asked: Scene, house: House) -> None:
    """REQ-83: another browser, a confirmed adult, and the record of korean-identity.md §2.4 beside the membership."""
    guardian = asked.guardian()
    assert guardian.sees("아**동")
    assert not guardian.sees("아이길동")
    agree(guardian)
    assert guardian.sees("회원가입에 동의했습니다")
    child = asked.child.open(f"/join/{asked.child.draft_id}/3")
    assert child.sees("가입에 동의했어요")
    child.press("다음").give_details("childgildong").press("다음")
    assert child.step == 6
    [decision] = _records(house)
    kept = (decision.name, decision.birth_date, decision.relation, decision.contact, decision.method)
    assert kept == ("김길동", "1985-05-05", "mother", "guardian@example.com", "joint_certificate")
    assert decision.ci_digest == house.digester.digest(CI, people(asked.clock.now().date())[GUARDIAN].ci)
    assert (decision.simulated, decision.notified_by, decision.address) == (True, "email", "127.0.0.1")
    assert decision.child_turns_14 == f"{asked.clock.now().year + 4}-01-01"
    assert {name for name, _version, _digest in decision.documents} == {"child", "service", "privacy", "third-party"}
    assert all(len(digest) == 64 for _name, _version, digest in decision.documents)
    assert "" not in (decision.provider, decision.transaction, decision.request)
    assert decision.notified_at <= decision.decided_at
    assert asked.actions() == ["guardian.asked", "guardian.agreed"]


def _records(house: House) -> list[GuardianDecision]:
    with house.database.reading() as connection:
        member_id = connection.exec_driver_sql("select member_id from guardian_consents").scalar_one()
        row = members.find(connection, member_id)
        assert row is not None
        assert row.data_key is not None
        return GuardianRecords(house.cipher, house.randomness).of_member(connection, member_id, row.data_key)


@pytest.mark.parametrize(
    ("holder", "said"),
    [
        (CHILD, "아동 본인"),
        ("nam_gildong", "만 19세 이상"),
        ("hong_gildong", "이름과 다른 분"),
    ],
)
def test_takes_no_decision_from_whoever_may_not_make_it(asked: Scene, holder: str, said: str) -> None:
    """REQ-83: not the child, not a minor, not somebody of another name; the right one may still come."""
    guardian = agree(asked.guardian(), holder)
    assert guardian.status == 409
    assert guardian.sees(said)
    assert asked.actions() == ["guardian.asked"]
    assert asked.child.open(f"/join/{asked.child.draft_id}/3").sees("기다리고 있어요")
    assert agree(guardian).sees("회원가입에 동의했습니다")


def test_wants_every_required_document_and_a_relation(asked: Scene) -> None:
    """Act §22의2, Decree §17의2: consent is to what was read; marketing the child did not want is not asked about."""
    guardian = asked.guardian()
    assert not guardian.sees("marketing", field=True)
    guardian.press(METHOD)
    assert guardian.status == 400
    assert guardian.document.xpath("count(//input[@type='checkbox' and @aria-invalid='true'])") == 4
    assert guardian.document.xpath("count(//input[@type='radio' and @aria-invalid='true'])") == 3
    boxes = guardian.document.xpath("//input[@type='checkbox' and @name]/@name")
    guardian.press(METHOD, relation="uncle", **dict.fromkeys(boxes, True))
    assert guardian.status == 400


def test_lets_a_guardian_leave_out_what_is_optional(house: House, frozen_clock: FrozenClock) -> None:
    """REQ-11, REQ-13: the child agreed to marketing, the guardian did not, so it is not agreed to."""
    site = build(house)
    child = site.browser().open("/join/").press("만14세 미만 회원가입").agree_to_terms().verify(METHOD, CHILD)
    scene = Scene(site, child.press("동의 요청 보내기", **ASKED), frozen_clock)
    agree(scene.guardian(), refused=("marketing",))
    child.open(f"/join/{child.draft_id}/3").press("다음").give_details("childgildong").press("다음")
    assert child.step == 6
    with house.database.reading() as connection:
        rows = connection.execute(select(terms_answers.c.document_id, terms_answers.c.agreed))
        said = {row.document_id: row.agreed for row in rows}
    assert said == {"child": True, "service": True, "privacy": True, "third-party": True, "marketing": False}


def test_destroys_everything_when_the_guardian_refuses(asked: Scene, house: House) -> None:
    """REQ-84: refusal destroys what the child gave at once, and both can read why."""
    guardian = asked.guardian().press("동의하지 않음")
    assert asked.actions() == ["guardian.asked"]
    guardian.press("동의하지 않음")
    assert guardian.sees("회원가입에 동의하지 않았습니다")
    draft = asked.child.draft_id
    child = asked.child.open(f"/join/{draft}/3")
    assert child.status == 404
    assert child.sees("보호자가 가입에 동의하지 않았습니다")
    assert asked.actions() == ["guardian.asked", "guardian.refused"]
    assert house.store.get(f"draft:{draft}") is None
    assert [letter for _to, letter in asked.letters()][1:] == [GuardianDecided(False, "/join/")]


def test_tells_the_child_by_the_number_its_verification_vouched_for(asked: Scene) -> None:
    """REQ-83: the letter of the decision; nothing else of the child may be asked yet."""
    agree(asked.guardian())
    to, letter = asked.letters()[-1]
    assert (to, letter) == ("01000000005", GuardianDecided(True, f"/join/{asked.child.draft_id}/3"))


@pytest.mark.parametrize("act", [agree, refuse])
def test_decides_once_by_one_link(asked: Scene, act: Callable[[Walker], Walker]) -> None:
    """Architecture §11.1: a page opened before the decision decides nothing after it."""
    first, second = asked.guardian(), asked.guardian()
    act(first)
    decided = first.words
    second.press("동의하지 않음")
    assert second.words == decided
    assert len(asked.actions()) == 2


def test_lets_only_the_latest_link_decide(asked: Scene) -> None:
    """REQ-83: a wrong contact can be mended, and whoever got the first link is out."""
    former = asked.guardian()
    asked.clock.advance(timedelta(minutes=2))
    asked.child.open(f"/join/{asked.child.draft_id}/3?change=yes")
    asked.child.press("동의 요청 보내기", guardian_name="고길동", guardian_contact="010-0000-0003")
    first, second = asked.links()
    assert first != second
    assert former.press("동의하지 않음").status == 404
    assert agree(asked.guardian(second), "go_gildong", "father").sees("회원가입에 동의했습니다")


def test_limits_how_often_a_guardian_is_written_to(asked: Scene) -> None:
    """Issue 3, bad input: at most one letter a minute, five of one child."""
    asked.child.press("링크 다시 보내기")
    assert asked.child.status == 429
    assert len(asked.links()) == 1
    for _time in range(6):
        asked.clock.advance(timedelta(minutes=2))
        asked.child.open(f"/join/{asked.child.draft_id}/3").press("링크 다시 보내기")
    assert asked.child.status == 429
    assert len(asked.links()) == 5
    assert agree(asked.guardian()).sees("회원가입에 동의했습니다")


def test_spares_a_contact_whoever_names_it(scene: Scene) -> None:
    """Issue 3, bad input: a stranger's phone is not pestered by many children."""
    for _child in range(6):
        child = scene.site.browser().open("/join/").press("만14세 미만 회원가입").agree_to_terms()
        child.verify(METHOD, CHILD).press("동의 요청 보내기", **ASKED)
    assert child.status == 429
    assert len(scene.links()) == 5


def test_destroys_what_nobody_answered(asked: Scene, house: House) -> None:
    """REQ-84: after five days request, draft and link are gone, and swept from the store."""
    asked.clock.advance(timedelta(days=4, hours=23))
    assert asked.child.open(f"/join/{asked.child.draft_id}/3").sees("기다리고 있어요")
    draft, link = asked.child.draft_id, asked.links()[-1]
    asked.clock.advance(timedelta(hours=2))
    assert asked.child.open(f"/join/{draft}/3").status == 404
    assert asked.guardian(link).status == 404
    house.store.purge_expired()
    with house.database.reading() as connection:
        names = list(connection.exec_driver_sql("select key from expiring").scalars())
    assert [name for name in names if name.startswith(("draft:", "guardian:"))] == []


def test_keeps_the_draft_for_as_long_as_the_guardian_may_take(asked: Scene) -> None:
    """REQ-84: what the child does meanwhile does not shorten it to the day an ordinary draft has."""
    asked.child.open(f"/join/{asked.child.draft_id}/2").agree_to_terms("marketing")
    asked.clock.advance(timedelta(days=4))
    assert asked.child.open(f"/join/{asked.child.draft_id}/3").sees("기다리고 있어요")
    assert agree(asked.guardian()).sees("회원가입에 동의했습니다")


def test_lets_the_child_come_back_to_the_waiting_page(asked: Scene) -> None:
    """Issue 3: resumable; the browser is remembered beyond its closing."""
    cookie = asked.child.client.get_cookie("idp_form")
    assert cookie is not None
    assert cookie.expires is not None
    asked.child.open("/join/").press("이어서 진행하기")
    assert asked.child.sees("기다리고 있어요")


def test_asks_anew_when_the_child_begins_again_as_somebody_else(asked: Scene) -> None:
    """REQ-85: an enterprise has no under-14 path; the old link finds nothing that waits for it."""
    guardian = asked.guardian()
    asked.child.open(f"/join/{asked.child.draft_id}/1").press("다음", kind="enterprise")
    assert agree_status(guardian) == 404
    assert asked.actions() == ["guardian.asked"]


def agree_status(guardian: Walker) -> int:
    guardian.press("동의하지 않음")
    return guardian.status


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "%ED%95%9C" * 3, "..%2f"])
def test_knows_no_link_it_did_not_send(scene: Scene, token: str) -> None:
    """Issue 3, bad input: a page, never a 500."""
    assert scene.site.browser().open(f"/guardian/{token}").status == 404
    assert scene.site.browser().open(f"/guardian/{token}/verified?verification=x").status == 404


def test_moves_whoever_is_14_today_to_ordinary_joining(house: House) -> None:
    """REQ-82: by the day in Korea, and by birthday."""
    child = build(house).browser().open("/join/").press("만14세 미만 회원가입").agree_to_terms()
    child.verify(METHOD, "young_gildong")
    assert child.status == 409
    assert child.sees("만 14세 이상은 일반 회원가입을 이용해 주세요.")


def test_sends_a_child_away_from_ordinary_joining(house: House) -> None:
    """REQ-85."""
    child = build(house).browser().open("/join/").press("다음", kind="person").agree_to_terms()
    child.verify(METHOD, CHILD)
    assert child.status == 409
    assert child.sees("법정대리인의 동의가 필요합니다")
