"""The simulator by itself: it says what it is, knows only people who exist nowhere, and keeps to its bounds."""

from __future__ import annotations

import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from idp.verification.simulated import people as idp_people
from simulator import people
from simulator.keys import Keys, kept_keys, new_keys, papers
from simulator.outcome import WORDS, Outcome
from simulator.phone import TITLES, outcomes
from simulator.requests_at_hand import Requests
from simulator.site import BANNER, open_site
from simulator.stage import Stage

URL, BACK = "http://127.0.0.1:8110", "http://127.0.0.1:8000"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys() -> Keys:
    return new_keys()


@pytest.fixture
def site(keys: Keys) -> tuple[FlaskClient, Stage]:
    app, stage = open_site(URL, BACK, keys, now=lambda: NOW)
    return app.test_client(), stage


def pushed(stage: Stage) -> str:
    return stage.requests.add("oacx", "nonce", holder="hong_gildong", app="모의 앱").id


def windowed(stage: Stage, shape: str = "nice") -> str:
    return stage.requests.add(shape, "nonce", return_url=f"{BACK}/verification/x/return").id


@pytest.mark.parametrize("today", [NOW.date(), date(2028, 2, 29)])
def test_knows_the_same_people_as_the_provider_that_it_never_imports(today: date) -> None:
    """korean-identity §3.6; both tell agencies of a demonstration the same CI."""
    theirs = idp_people.people(today)
    ours = people.people(today)
    assert list(ours) == list(theirs)
    for code, person in ours.items():
        other = theirs[code]
        assert (person.name, person.birth_date, person.gender) == (other.name, other.birth_date, other.gender)
        assert (person.phone, person.ci, person.di) == (other.phone, other.ci, other.di)
        assert person.about == other.about
        assert (len(person.ci), len(person.di)) == (88, 64)
        assert person.phone.startswith("0100000")
    businesses = {each.code: (each.name, each.business_number, each.representative) for each in idp_people.COMPANIES}
    assert {
        code: (each.name, each.business_number, each.representative) for code, each in people.COMPANIES.items()
    } == businesses


@pytest.mark.parametrize("path", ["/", "/windows/none", "/nothing"])
def test_says_on_every_page_that_nothing_is_real(site: tuple[FlaskClient, Stage], path: str) -> None:
    """korean-identity §3.6: the banner, word for word; no page needs a cookie or a script."""
    client, _ = site
    page = client.get(path)
    assert BANNER == "모의 인증 (시험용) — 실제 본인확인이 아닙니다"
    assert BANNER in page.text
    assert "Set-Cookie" not in page.headers
    assert "script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_says_so_in_its_windows_too(site: tuple[FlaskClient, Stage]) -> None:
    """korean-identity §3.6."""
    client, stage = site
    for shape, title in TITLES.items():
        page = client.get(f"/windows/{windowed(stage, shape)}").text
        assert BANNER in page
        assert title in page


def test_offers_every_failure_in_the_tester_s_words() -> None:
    """korean-identity §3.6: failure modes."""
    assert set(WORDS) == set(Outcome)
    for shape in ("oacx", "barocert", "ezauth"):
        assert outcomes(shape) == list(Outcome)
    for shape in TITLES:
        assert {Outcome.APPROVE, Outcome.REFUSE, Outcome.PROVIDER_ERROR, Outcome.NETWORK} <= set(outcomes(shape))


def test_approves_a_request_once(site: tuple[FlaskClient, Stage]) -> None:
    """The phone lists what waits; what was answered is no longer asked."""
    client, stage = site
    number = pushed(stage)
    assert "모의 앱" in client.get("/").text
    assert client.post(f"/requests/{number}", data={"outcome": "approve"}).status_code == 303
    again = client.post(f"/requests/{number}", data={"outcome": "refuse"})
    assert (again.status_code, "이미 처리했거나" in again.text) == (404, True)
    asked = stage.requests.get(number)
    assert asked is not None
    assert asked.outcome is Outcome.APPROVE
    assert "기다리는 인증 요청 0건" in client.get("/").text


def test_takes_no_outcome_that_is_not_offered(site: tuple[FlaskClient, Stage]) -> None:
    """A form can be forged."""
    client, stage = site
    assert client.post(f"/requests/{pushed(stage)}", data={"outcome": "riches"}).status_code == 400
    number = windowed(stage)
    for data in ({"outcome": "delay"}, {"outcome": "approve", "holder": "nobody"}, {}):
        assert client.post(f"/windows/{number}", data={"holder": "hong_gildong", **data}).status_code == 400


def test_presses_no_button_for_another_site(site: tuple[FlaskClient, Stage]) -> None:
    """CSRF: an approval is the tester's own."""
    client, stage = site
    number = pushed(stage)
    path, data = f"/requests/{number}", {"outcome": "approve"}
    assert client.post(path, data=data, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert client.post(path, data=data, headers={"Origin": "null"}).status_code == 403
    assert client.post(path, data=data, headers={"Origin": URL}).status_code == 303


@pytest.mark.parametrize(
    "back",
    [
        "https://elsewhere.example/x",
        f"{BACK}.elsewhere.example/x",
        f"{BACK}@elsewhere.example/",
        "javascript:alert(1)",
        "",
    ],
)
def test_sends_browsers_back_to_the_asker_only(site: tuple[FlaskClient, Stage], back: str) -> None:
    """RFC 6749 §10.15: no open redirect, in a demonstration neither."""
    client, stage = site
    assert not stage.may_return_to(back)
    openid = {"client_id": "onepass", "redirect_uri": back, "state": "s"}
    assert client.get("/openid/authorize", query_string=openid).status_code == 400
    assert client.get("/anyid/login", query_string={"redirect_uri": back}).status_code == 400


def test_answers_no_one_without_the_keys_in_the_papers(site: tuple[FlaskClient, Stage]) -> None:
    """Each shape knows its asker as the real one does."""
    client, _ = site
    assert client.post("/BAROCERT/Token", json={}).status_code == 401
    assert client.post("/KAKAO/Identity/023040000001", json={}).status_code == 401
    assert client.post("/ezauth/api/v1/transaction", json={}).json == {"errno": 401}
    assert client.post("/ido/intc/v1.0/auth/token", json={}).json["result_code"] == "1001"  # type: ignore[index]
    assert client.post("/ido/intc/v1.0/auth/url", json={}).json["result_code"] == "1004"  # type: ignore[index]
    assert client.post("/anyid/api/v1/ssob", json={}).json == {"resultCode": "3001"}
    assert client.post("/openid/token", data={}).status_code == 401
    assert client.get("/openid/userinfo").status_code == 401


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"userInfo": "x", "contentInfo": 3}', b"\xff" * 20])
def test_survives_whatever_is_sent(site: tuple[FlaskClient, Stage], content: bytes) -> None:
    """A simulator that breaks tests nothing."""
    client, _ = site
    for path in ("/oacx/api/v1.0/trans", "/oacx/api/v1.0/authen/request", "/oacx/api/v1.0/authen/result"):
        assert client.post(path, data=content, content_type="application/json").status_code == 200
    token = client.post("/oacx/api/v1.0/trans", json={}).json
    wrong = {**(token or {}), "provider": "kakao_v1.5", "userInfo": "x", "contentInfo": 3}
    assert client.post("/oacx/api/v1.0/authen/request", json=wrong).status_code == 200


def test_hands_a_result_out_once(site: tuple[FlaskClient, Stage]) -> None:
    """As the real hubs do: `trans/<token>` is read once."""
    client, stage = site
    number = pushed(stage)
    stage.requests.decide(number, "hong_gildong", Outcome.APPROVE)
    path = f"/oacx/api/v1.0/trans/{number}"
    codes = [client.get(path).json["oacxCode"] for _ in range(2)]  # type: ignore[index]
    assert codes == ["OACX_SUCCESS", "OACX_TOKEN_USED"]


def test_forgets_the_oldest_requests() -> None:
    """Bounded memory, however long a demonstration runs."""
    requests = Requests(lambda: NOW)
    first = requests.add("oacx", "n")
    for _ in range(600):
        requests.add("oacx", "n")
    assert requests.get(first.id) is None
    assert len(requests.newest(10_000)) == 500


def test_makes_its_keys_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """They are secrets, though of nothing."""
    path = tmp_path / "deep" / "keys.json"
    made = kept_keys(path)
    assert kept_keys(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert new_keys() != made
    assert made.signing_key not in repr(made)
    assert made.signing_key not in json.dumps(papers(URL, made))


def test_says_in_every_paper_that_it_is_simulated(keys: Keys) -> None:
    """REQ-16; korean-identity §3.6."""
    for paper in papers(URL, keys, certificates=True):
        assert paper["simulated"] is True
        assert str(paper["name"]).startswith("simulator-")


def test_approves_what_was_delayed_once_its_time_has_come() -> None:
    """korean-identity §3.6: delay."""
    moment = [NOW]
    requests = Requests(lambda: moment[0])
    asked = requests.add("oacx", "n", holder="hong_gildong")
    requests.decide(asked.id, "hong_gildong", Outcome.DELAY)
    for seconds, outcome in ((9, Outcome.DELAY), (10, Outcome.APPROVE)):
        moment[0] = NOW + timedelta(seconds=seconds)
        found = requests.get(asked.id)
        assert found is not None
        assert found.outcome is outcome
