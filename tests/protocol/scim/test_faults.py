"""What agencies' services do wrong, and that it costs nobody an account."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from idp.egress import Egress
from idp.house import House
from idp.links.provisionings import ProvisioningState
from idp.provisioning.metrics import Metrics, open_by_party
from tests.builders import a_person, agency, party, register
from tests.looping import looping, wait_for
from tests.protocol.scim.kit import IMPATIENT, choose, offering, provisioner, rows, states, wait
from tests.protocol.scim.stranger import TOKEN, Stranger

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_SCHEMA = "/v2/Schemas"


def outcome(house: House) -> str | None:
    said: str | None = rows(house)[0]["outcome"]
    return said


def wait_for_sends(house: House, sends: int) -> None:
    wait_for(lambda: rows(house)[0]["sends"] == sends)


def answers(found: object, made: object = None) -> dict[tuple[str, str], tuple[int, bytes]]:
    """What a search and a creation are answered with."""
    answer = {("GET", "/v2/Users"): (200, json.dumps(found).encode())}
    return answer if made is None else {**answer, ("POST", "/v2/Users"): (201, json.dumps(made).encode())}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "http_401"),
        (403, "http_403"),
        (404, "http_404"),
        (429, "http_429"),
        (500, "http_500"),
        (503, "http_503"),
        (302, "http_302"),
    ],
)
def test_waits_for_a_service_that_is_down(house: House, stranger: Stranger, status: int, expected: str) -> None:
    """§3.4: the endpoint's failures cost the account nothing, and there is no last try; then it is back."""
    stranger.before = lambda method, _path: (status, b"") if method == "POST" else None
    offering(house, stranger.url)
    choose(house, a_person(house))
    with looping(provisioner(house)):
        for sends in range(1, 9):
            wait_for_sends(house, sends)
            wait(house, timedelta(hours=1, minutes=1))
        assert (outcome(house), rows(house)[0]["refusals"]) == (expected, 0)
        stranger.before = lambda _method, _path: None
        wait(house, timedelta(hours=1, minutes=1))
        wait_for(lambda: states(house) == ["created"])
    assert len(stranger.accounts) == 1


def test_waits_for_a_service_that_is_not_there(any_house: House) -> None:
    """Days later it is there."""
    gone = Stranger()
    offering(any_house, "http://127.0.0.1:9/v2")
    choose(any_house, a_person(any_house))
    with looping(provisioner(any_house)):
        wait_for(lambda: outcome(any_house) == "connect")
        wait(any_house, timedelta(days=3))
        wait_for(lambda: rows(any_house)[0]["sends"] == 2)
    assert states(any_house) == ["requested"]
    assert gone.accounts == []


def test_gives_a_slow_service_no_more_than_its_time(house: House, stranger: Stranger) -> None:
    """§3.4: total timeout. What the slow one made in the end is found."""
    stranger.heard = lambda _body: time.sleep(2)
    offering(house, stranger.url)
    choose(house, a_person(house))
    with looping(provisioner(house, events=IMPATIENT)):
        wait_for(lambda: outcome(house) == "timeout")
        stranger.heard = lambda _body: None
        wait_for(lambda: len(stranger.accounts) == 1)
        wait(house, timedelta(minutes=5))
        wait_for(lambda: states(house) == ["created"])
    assert stranger.count("POST") == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "malformed"),
        (b"not json", "malformed"),
        (b"[]", "malformed"),
        (b'{"totalResults": true, "Resources": []}', "malformed"),
        (b'{"totalResults": NaN, "Resources": []}', "malformed"),
        (b'{"totalResults": 0, "Resources": {}}', "malformed"),
        (b'{"totalResults": 1}', "malformed"),
        (b'{"Resources": []}', "malformed"),
        (b"[" * 200_000, "malformed"),
        (b'{"totalResults": ' + b"9" * 10_000 + b"}", "malformed"),
        (b"\xff\xfe{}", "malformed"),
        (b'{"totalResults": 0, "x": "' + b"x" * 300_000 + b'"}', "too_large"),
        (b'{"totalResults": 1, "Resources": [{"id": "1", "externalId": "somebody"}]}', "filter_ignored"),
        (b'{"totalResults": 1, "Resources": [7]}', "filter_ignored"),
        (b'{"totalResults": 1, "Resources": [{"id": "1"}]}', "filter_ignored"),
    ],
)
def test_makes_no_account_on_the_word_of_a_search_it_cannot_believe(
    house: House, stranger: Stranger, body: bytes, expected: str
) -> None:
    """Account events §5: an empty or strange answer is not "there is none"."""
    stranger.before = lambda method, path: (200, body) if (method, path) == ("GET", "/v2/Users") else None
    offering(house, stranger.url)
    choose(house, a_person(house))
    with looping(provisioner(house)):
        wait_for(lambda: rows(house)[0]["sends"] == 1)
    assert (outcome(house), states(house)) == (expected, ["requested"])
    assert stranger.count("POST") == 0


@pytest.mark.parametrize(
    "identifier",
    [None, 7, "", ".", "..", "bulkId", "a\r\nInjected: header", "a\u0000b", "\ud800", "x" * 600, ["1"]],
)
def test_takes_no_id_that_it_could_not_ask_for(house: House, stranger: Stranger, identifier: object) -> None:
    """RFC 7643 §3.1: such a name would lead elsewhere, or nowhere."""
    made = {"id": identifier}
    instead = answers({"schemas": [LIST], "totalResults": 0, "Resources": []}, made)
    stranger.before = lambda method, path: instead.get((method, path))
    offering(house, stranger.url)
    choose(house, a_person(house))
    with looping(provisioner(house)):
        wait_for(lambda: rows(house)[0]["sends"] == 1)
    assert (outcome(house), states(house)) == ("malformed", ["requested"])


def test_goes_to_no_place_that_an_id_leads_to(house: House, stranger: Stranger) -> None:
    """CWE-22: whatever the id says is one step below `/Users`, and `meta.location` is not followed."""
    member = a_person(house, email_verified=True)
    made = {"id": "../../admin?x=1#y", "meta": {"location": "http://127.0.0.1:9/elsewhere", "version": 'W/"1"'}}
    instead = answers({"schemas": [LIST], "totalResults": 0, "Resources": []}, made)
    stranger.before = lambda method, path: instead.get((method, path))
    offering(house, stranger.url)
    choose(house, member)
    with looping(provisioner(house)):
        wait_for(lambda: states(house) == ["created"])
        choose(house, member, "openid", "email")
        wait_for(lambda: stranger.count("PATCH") == 1)
    # PATH_INFO is decoded; on the wire the slashes were not.
    assert ("PATCH", "/v2/Users/../../admin?x=1#y") in stranger.requests


def test_has_a_person_look_at_what_is_refused_in_the_end(house: House, stranger: Stranger) -> None:
    """§3.4: 1 m, 10 m, 1 h, 6 h, 24 h, then it waits for an operator; the agency's words are not repeated."""
    said = {"scimType": "invalidValue", "detail": "hong@example.kr is no name"}
    stranger.before = lambda method, _path: (400, json.dumps(said).encode()) if method == "POST" else None
    offering(house, stranger.url)
    choose(house, a_person(house))
    with looping(provisioner(house)):
        for sends in range(1, 7):
            wait_for_sends(house, sends)
            wait(house, timedelta(hours=25))
    (row,) = rows(house)
    assert (row["state"], row["action"], row["outcome"]) == ("failed", "refused", "scim_invalidValue")


def test_has_a_person_look_at_two_accounts_of_one_member(house: House, stranger: Stranger) -> None:
    """`externalId` is the member's own; that two have it, the agency must sort out."""
    offering(house, stranger.url)
    held = choose(house, a_person(house))
    stranger.add(userName="one", externalId=held.subject)
    stranger.add(userName="two", externalId=held.subject)
    with looping(provisioner(house)):
        wait_for(lambda: states(house) == ["failed"])
    assert rows(house)[0]["action"] == "several_accounts"
    assert stranger.count("POST") == 0


def test_sends_a_broken_agency_one_request_at_a_time(any_house: House, stranger: Stranger) -> None:
    """§3.4: while a lane fails it is probed, not stormed; when it is back everybody gets their account."""
    stranger.before = lambda _method, path: None if path.startswith(_SCHEMA) else (503, b"")
    offering(any_house, stranger.url)
    for number in range(8):
        choose(any_house, a_person(any_house, f"member{number}"))
    with looping(provisioner(any_house)):
        wait_for(lambda: sum(row["sends"] for row in rows(any_house)) == 4)
        before = len(stranger.requests)
        wait(any_house, timedelta(seconds=3))
        wait_for(lambda: sum(row["sends"] for row in rows(any_house)) == 5)
        assert len(stranger.requests) == before + 1
        stranger.before = lambda _method, _path: None
        wait(any_house, timedelta(hours=1))
        wait_for(lambda: states(any_house) == ["created"] * 8)


def test_stops_in_mid_visit_and_settles_it(house: House, stranger: Stranger) -> None:
    """Graceful shutdown: what is under way is finished and written down, and nothing more is claimed."""
    offering(house, stranger.url)
    for number in range(8):
        choose(house, a_person(house, f"member{number}"))
    stranger.heard = lambda _body: time.sleep(0.3)
    with looping(provisioner(house)):
        wait_for(lambda: stranger.count("POST") > 0)
    assert states(house).count("created") == len(stranger.accounts)
    assert all(row["lease_token"] is None for row in rows(house))


def test_shows_what_waits_and_what_failed(house: House) -> None:
    """§3.8: per relying party, and 0 once it is done."""
    offering(house, "http://127.0.0.1:9/v2")
    choose(house, a_person(house))
    registry = CollectorRegistry()
    metrics, labels = Metrics(registry), {"relying_party": "kamp", "mode": "scim"}
    wait(house, timedelta(minutes=5))
    with house.database.reading() as connection:
        metrics.show(open_by_party(connection), house.clock.now())
    assert registry.get_sample_value("idp_provisioning_requested", labels) == 1
    assert registry.get_sample_value("idp_provisioning_oldest_requested_age_seconds", labels) == 300
    at = house.clock.now()
    metrics.show([("kamp", "scim", ProvisioningState.FAILED.value, 2, at)], at)
    assert registry.get_sample_value("idp_provisioning_requested", labels) == 0
    assert registry.get_sample_value("idp_provisioning_failed", labels) == 2


def test_gets_a_token_and_another_when_that_one_is_withdrawn(house: House, stranger: Stranger) -> None:
    """RFC 6749 §4.4: once for many requests; a token that is not taken any more costs nobody a try."""
    tokens = iter(["withdrawn-before-its-time", TOKEN, TOKEN])

    def endpoint(method: str, path: str) -> tuple[int, bytes] | None:
        if path != "/token":
            return None
        assert method == "POST"
        return 200, json.dumps({"access_token": next(tokens), "token_type": "Bearer", "expires_in": 3600}).encode()

    stranger.before = endpoint
    credentials = {"scim_client_id": "onepass", "scim_client_secret": "of-this-test-and-no-other"}
    offering(house, stranger.url, scim_token_endpoint=stranger.url.replace("/v2", "/token"), **credentials)
    choose(house, a_person(house))
    with looping(provisioner(house)):
        wait_for(lambda: states(house) == ["created"])
    assert stranger.count("POST", "/token") == 2
    assert rows(house)[0]["sends"] == 1


def test_goes_nowhere_that_a_name_leads_inside(house: House, stranger: Stranger) -> None:
    """§3.6, CWE-918: the address is judged when it is connected to, as for events."""
    offering(house, stranger.url)
    choose(house, a_person(house))
    guarded = provisioner(house)
    guarded.egress = Egress((), plain_http=True)
    with looping(guarded):
        wait_for(lambda: outcome(house) is not None)
    assert (outcome(house), stranger.requests) == ("address_refused", [])


def test_sends_nothing_in_the_clear(house: House, stranger: Stranger) -> None:
    """Profiles and tokens go by https, except in a demonstration on one machine."""
    offering(house, stranger.url)
    choose(house, a_person(house))
    guarded = provisioner(house)
    guarded.egress = Egress(Egress.of(house.settings).opened, plain_http=False)
    with looping(guarded):
        wait_for(lambda: outcome(house) is not None)
    assert (outcome(house), stranger.requests) == ("insecure_url", [])


def test_waits_where_the_agency_is_registered_otherwise_by_now(house: House, stranger: Stranger) -> None:
    """What was asked for is kept until there is a service again; nothing is sent to where one was."""
    offering(house, stranger.url)
    choose(house, a_person(house))
    register(house, agency("kamp", party("kamp", scope="openid profile email phone enterprise")))
    with looping(provisioner(house)):
        time.sleep(0.5)
        assert (stranger.requests, states(house)) == ([], ["requested"])
        offering(house, stranger.url)
        wait_for(lambda: states(house) == ["created"])
