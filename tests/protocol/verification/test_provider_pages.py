"""The pages of a verification that a provider answers: what to type, where to go, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from idp.verification.evidence import Evidence
from simulator.keys import Keys, new_keys
from simulator.outcome import Outcome
from tests.fakes import FixedRandomness, FrozenClock
from tests.protocol.verification.conftest import Person, Site, tx_id
from tests.unit.verification.lab import application
from tests.unit.verification.providers.lab import Lab, a_lab

DETAILS = {"brand": "kakao_v1.5", "name": "홍길동", "birth_date": "1990-01-01", "phone": "010-0000-0001"}


@dataclass
class Pages:
    """A browser at the pages, and the simulator behind them."""

    person: Person
    site: Site
    lab: Lab


@pytest.fixture(scope="module")
def keys() -> Keys:
    return new_keys()


@pytest.fixture
def pages(
    database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness, keys: Keys
) -> Iterator[Pages]:
    store = DatabaseExpiringStore(database, frozen_clock)
    with a_lab(database, store, frozen_clock, fixed_randomness, keys) as lab:
        collected: list[Evidence] = []
        site = Site(lab.room, application(lab.room, collected), collected)
        yield Pages(site.browser(), site, lab)


def test_asks_for_details_then_waits_then_has_evidence(pages: Pages) -> None:
    """Issue: prepare → push → poll → verify once, all without a script."""
    form = pages.person.start("simple_certificate")
    assert "모의 인증 (시험용) — 실제 본인확인이 아닙니다" in form.text
    assert all(words in form.text for words in ("카카오 (모의)", "네이버 (모의)", "PASS (모의)"))
    waiting = pages.person.post(form, "/answer", **DETAILS)
    assert f'href="{pages.lab.stage.url}/"' in waiting.text
    again = pages.person.post(waiting, "/poll")
    assert "아직 승인되지 않았습니다." in again.text
    (asked,) = pages.lab.stage.requests.newest(5)
    pages.lab.stage.requests.decide(asked.id, asked.holder, Outcome.APPROVE)
    assert pages.person.post(again, "/poll").text == "verified"
    assert [each.name for each in pages.site.collected] == ["홍길동"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "이름을 입력해 주세요."),
        ({"birth_date": "19900230"}, "생년월일 8자리를 확인해 주세요."),
        ({"phone": "1234"}, "휴대전화 번호를 확인해 주세요."),
        ({"brand": "carrier_pigeon"}, "인증 앱을 골라 주세요."),
    ],
)
def test_says_in_place_what_is_wrong_with_what_was_typed(pages: Pages, wrong: dict[str, str], said: str) -> None:
    """REQ-90: error text in place; what was right stays typed."""
    form = pages.person.start("simple_certificate")
    page = pages.person.post(form, "/answer", **{**DETAILS, **wrong})
    assert (page.status_code, said in page.text) == (400, True)
    if "name" not in wrong:
        assert 'value="홍길동"' in page.text
    assert [each for each in pages.lab.stage.requests.newest(5) if each.holder] == []


def test_finds_the_verification_again_by_the_state(pages: Pages) -> None:
    """RFC 6749 §3.1.2.3: one registered address for all; the state names the verification."""
    left = pages.person.start("openid")
    begun = pages.lab.room.desk.look(tx_id(left), _mark(pages))
    carried = pages.lab.carried(begun, Outcome.APPROVE)
    assert carried["state"].startswith(f"{begun.id}.")
    back = pages.person.client.get("/verification/return", query_string=carried, follow_redirects=True)
    assert back.text == "verified"


@pytest.mark.parametrize("state", ["", "x", "x" * 22, ".x", "../../account"])
def test_finds_none_by_a_state_that_it_did_not_give_out(pages: Pages, state: str) -> None:
    """Nothing is told about other people's verifications."""
    page = pages.person.client.get("/verification/return", query_string={"state": state, "code": "x"})
    assert page.status_code == 404
    assert "진행 중인 본인확인이 없습니다" in page.text


def test_brings_nobody_elses_verification_to_an_end(pages: Pages) -> None:
    """A link that somebody else sends: the state is right, the browser is not."""
    left = pages.person.start("openid")
    begun = pages.lab.room.desk.look(tx_id(left), _mark(pages))
    carried = pages.lab.carried(begun, Outcome.APPROVE)
    stranger = pages.site.browser()
    assert stranger.client.get("/verification/return", query_string=carried).status_code == 404
    back = pages.person.client.get("/verification/return", query_string=carried, follow_redirects=True)
    assert back.text == "verified"


def test_leaves_for_the_provider_by_a_link(pages: Pages) -> None:
    """The page says where it leads; the provider's address stands in it."""
    page = pages.person.start("phone")
    assert f'href="{pages.lab.stage.url}/windows/' in page.text


def test_plays_no_stand_in_beside_a_provider(pages: Pages) -> None:
    """One truth: where a provider is configured, the page that plays one inside this process is not there."""
    page = pages.person.start("phone")
    assert pages.person.get(f"/verification/{tx_id(page)}/simulator").status_code == 404


def _mark(pages: Pages) -> str:
    """What binds verifications to this browser."""
    with pages.person.client.session_transaction() as session:
        return str(session["browser"])
