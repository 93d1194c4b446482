"""The receiver of account events."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from relying_parties.event_effects import (
    ACCOUNT_DISABLED,
    ACCOUNT_ENABLED,
    ACCOUNT_PURGED,
    SESSION_REVOKED,
    TOKEN_CLAIMS_CHANGE,
)
from relying_parties.records import MemberDisabled, SignedIn
from relying_parties.site import Site
from tests.unit.relying_parties.conftest import Push
from tests.unit.relying_parties.transmitter import (
    AUTHORIZATION,
    ISSUER,
    NOW,
    SUBJECT,
    Transmitter,
    event,
    forged,
    forged_with_key_enclosed,
    link_changed,
    signed,
    signed_with_public_key,
    unsigned,
)


def member(site: Site, *, at: float = NOW - 60, sid: str = "sid-1") -> str:
    """Sign a member in and return the session's token."""
    return site.records.sign_in(SignedIn(ISSUER, SUBJECT, "홍길동", "OpenID Connect", ISSUER, at, sid=sid))


def link(site: Site) -> dict[str, Any]:
    row = site.records.link(ISSUER, SUBJECT)
    assert row is not None
    return dict(row)


def active(site: Site, token: str) -> bool:
    row = site.records.session(token)
    assert row is not None
    return row["ended_at"] is None


def test_answers_202_with_nothing_to_a_good_event(push: Push) -> None:
    """RFC 8935 §2.2."""
    answer = push(signed(link_changed(1, "linked")))
    assert (answer.status_code, answer.data) == (202, b"")


def test_takes_es256_too(push: Push) -> None:
    """The algorithm follows the published key."""
    assert push(signed(link_changed(1), alg="ES256")).status_code == 202


def test_ends_link_and_sessions_and_keeps_the_account(site: Site, push: Push) -> None:
    """account-events §1.9: apply, never delete or disable the local account."""
    token = member(site)
    push(signed(link_changed(2)))
    assert (link(site)["status"], link(site)["version"], active(site, token)) == ("unlinked", 2, False)
    with site.records.connection() as connection:
        assert connection.execute("select count(*) from accounts").fetchone()[0] == 1


def test_keeps_a_session_that_began_after_the_event(site: Site, push: Push) -> None:
    """A late unlink must not sign out a member who has linked again since."""
    token = member(site, at=NOW + 5)
    push(signed(link_changed(2)))
    assert active(site, token)


@pytest.mark.parametrize(
    ("body", "err"),
    [
        pytest.param(forged(link_changed(1)), "invalid_key", id="another key under the published kid"),
        pytest.param(unsigned(link_changed(1)), "invalid_key", id="alg none"),
        pytest.param(unsigned(link_changed(1), "NONE"), "invalid_key", id="alg NONE"),
        pytest.param(unsigned(link_changed(1), "RS256"), "invalid_key", id="empty signature"),
        pytest.param(signed_with_public_key(link_changed(1)), "invalid_key", id="HS256 with the public key"),
        pytest.param(signed(link_changed(1), kid="rsa-2"), "invalid_key", id="a kid never published"),
        pytest.param(signed(link_changed(1), kid="ec-1"), "invalid_key", id="the kid of a key of another type"),
        pytest.param(signed(link_changed(1), crit=["x"], x=1), "invalid_key", id="a critical header we do not know"),
        pytest.param(signed(link_changed(1), typ="JWT"), "invalid_request", id="typ of another token"),
        pytest.param(signed(link_changed(1), typ="logout+jwt"), "invalid_request", id="typ of a logout token"),
        pytest.param(signed(link_changed(1, iss="http://evil.test")), "invalid_issuer", id="another issuer"),
        pytest.param(signed(link_changed(1, iss=ISSUER + "/")), "invalid_issuer", id="almost our issuer"),
        pytest.param(signed(link_changed(1, aud="kamp")), "invalid_audience", id="another audience"),
        pytest.param(signed(link_changed(1, aud=["kamp", "smtech"])), "invalid_audience", id="other audiences"),
        pytest.param(signed(link_changed(1, aud=None)), "invalid_audience", id="no audience"),
        pytest.param(signed(link_changed(1, exp=NOW + 60)), "invalid_request", id="exp"),
        pytest.param(signed(link_changed(1, sub=SUBJECT)), "invalid_request", id="sub"),
        pytest.param(signed(link_changed(1, jti=None)), "invalid_request", id="no jti"),
        pytest.param(signed(link_changed(1, iat=None)), "invalid_request", id="no iat"),
        pytest.param(signed(link_changed(1, iat=NOW + 3600)), "invalid_request", id="iat an hour ahead"),
        pytest.param(signed(link_changed(1, sub_id=None)), "invalid_request", id="no sub_id"),
        pytest.param(signed(link_changed(1, events={})), "invalid_request", id="no event"),
        pytest.param(signed(link_changed(1, events={"a": {}, "b": {}})), "invalid_request", id="two events"),
        pytest.param(signed(link_changed(1, events={"a": 1})), "invalid_request", id="an event that is no object"),
        pytest.param(signed(link_changed(1, iat=float("nan"))), "invalid_request", id="iat no number"),
        pytest.param(signed(link_changed(1, iat=True)), "invalid_request", id="iat true"),
        pytest.param(signed(link_changed(0)), "invalid_request", id="version 0"),
        pytest.param(signed(link_changed(2**63)), "invalid_request", id="version beyond counting"),
        pytest.param(signed(link_changed(True)), "invalid_request", id="version true"),
        pytest.param(signed(link_changed(1, "gone")), "invalid_request", id="unknown status"),
        pytest.param(b"", "invalid_request", id="nothing"),
        pytest.param(b"a.b.c", "invalid_request", id="three letters"),
        pytest.param(b"\xff\xfe\x00" * 100, "invalid_request", id="noise"),
        pytest.param(b"{}", "invalid_request", id="JSON"),
        pytest.param(b"." * 60_000, "invalid_request", id="dots"),
        pytest.param(signed(link_changed(1)) + b".x", "invalid_request", id="a fourth segment"),
    ],
)
def test_rejects_what_is_not_a_good_event(site: Site, push: Push, body: bytes, err: str) -> None:
    """RFC 8935 §2.3, §2.4; RFC 8725 §3.1, §3.11."""
    token = member(site)
    answer = push(body)
    assert answer.status_code == 400
    assert answer.get_json()["err"] == err
    assert answer.get_json()["description"]
    assert answer.headers["Content-Language"] == "en"
    assert active(site, token)
    assert link(site)["status"] == "linked"
    assert site.records.event_counts()["received"] == 0


def test_rejects_a_changed_payload(site: Site, push: Push) -> None:
    """A signature of one event does not sign another."""
    header, _, signature = signed(link_changed(1)).split(b".")
    _, payload, _ = signed(link_changed(2, subject="x" * 32)).split(b".")
    assert push(b".".join((header, payload, signature))).get_json()["err"] == "invalid_key"


def test_reads_no_key_the_sender_encloses(push: Push) -> None:
    """RFC 8725 §3.10: `jwk` and `jku` are the sender's own claim."""
    assert push(forged_with_key_enclosed(link_changed(1))).get_json()["err"] == "invalid_key"


@pytest.mark.parametrize("authorization", ["", "Bearer other", AUTHORIZATION + " ", AUTHORIZATION.lower(), "Bearer é"])
def test_rejects_a_stranger_before_reading(push: Push, transmitter: Transmitter, authorization: str) -> None:
    """RFC 8935 §2.4 authentication_failed; no key is fetched for strangers."""
    answer = push(signed(link_changed(1)), authorization=authorization)
    assert (answer.status_code, answer.get_json()["err"]) == (400, "authentication_failed")
    assert transmitter.fetched == 0


@pytest.mark.parametrize("content_type", ["", "application/json", "application/jwt", "text/plain"])
def test_rejects_another_content_type(push: Push, content_type: str) -> None:
    """RFC 8935 §2.1."""
    assert push(signed(link_changed(1)), content_type=content_type).get_json()["err"] == "invalid_request"


def test_rejects_five_megabytes(push: Push) -> None:
    """What we do not read cannot fill our memory."""
    answer = push(b"a" * 5_000_000)
    assert (answer.status_code, answer.get_json()["err"]) == (400, "invalid_request")


def test_accepts_get_from_nobody(site: Site) -> None:
    """RFC 8935 §2.1: POST only."""
    assert site.app.test_client().get("/events").status_code == 405


def test_counts_a_replay_and_applies_it_once(site: Site, push: Push) -> None:
    """account-events §3.3: at least once from them, exactly once in effect."""
    body = signed(link_changed(2))
    assert [push(body).status_code for _ in range(3)] == [202, 202, 202]
    assert site.records.event_counts() == {"received": 1, "applied": 1, "ignored": 0, "duplicates": 2}
    assert link(site)["changes"] == 1


def test_ignores_an_older_version(site: Site, push: Push) -> None:
    """Applied only when the version is newer than what we know."""
    push(signed(link_changed(3, "linked")))
    for version in (2, 3):
        assert push(signed(link_changed(version, "unlinked"))).status_code == 202
    assert (link(site)["status"], link(site)["version"], link(site)["changes"]) == ("linked", 3, 1)
    assert site.records.event_counts()["ignored"] == 2


def test_remembers_a_subject_it_has_never_seen(site: Site, push: Push) -> None:
    """An event may overtake the member's first sign-in; it is accepted and kept."""
    assert push(signed(link_changed(4))).status_code == 202
    assert (link(site)["status"], link(site)["version"]) == ("unlinked", 4)


def test_accepts_a_subject_of_another_issuer_without_effect(site: Site, push: Push) -> None:
    """The transmitter speaks for its own subjects only."""
    stranger = {"format": "iss_sub", "iss": "http://evil.test", "sub": SUBJECT}
    token = member(site)
    assert push(signed(event(ACCOUNT_PURGED, {}, sub_id=stranger))).status_code == 202
    assert active(site, token)
    assert site.records.event_counts()["ignored"] == 1


def test_accepts_a_type_it_does_not_use(site: Site, push: Push) -> None:
    """Verification and types to come are stored, not refused."""
    opaque = {"format": "opaque", "id": "stream-1"}
    verification = "https://schemas.openid.net/secevent/ssf/event-type/verification"
    assert push(signed(event(verification, {"state": "x"}, sub_id=opaque))).status_code == 202
    assert site.records.event_counts()["ignored"] == 1


def test_ends_everything_but_the_account_on_a_purge(site: Site, push: Push) -> None:
    """RISC account-purged: the subject never comes back, our own account stays."""
    token = member(site)
    push(signed(event(ACCOUNT_PURGED, {})))
    push(signed(link_changed(9, "linked")))
    assert (link(site)["status"], link(site)["purged"], active(site, token)) == ("unlinked", 1, False)
    with site.records.connection() as connection:
        assert connection.execute("select name from accounts").fetchone()[0] == "홍길동"


def test_takes_an_unlink_after_the_purge_of_the_same_withdrawal(site: Site, push: Push) -> None:
    """Both events of one withdrawal may come in either order."""
    member(site)
    push(signed(event(ACCOUNT_PURGED, {})))
    push(signed(link_changed(2)))
    assert (link(site)["status"], link(site)["version"]) == ("unlinked", 2)


def test_applies_one_of_many_copies_arriving_at_once(site: Site, push: Push) -> None:
    """Sixteen copies in sixteen threads: one effect, fifteen duplicates."""
    body = signed(link_changed(2))
    assert together([body] * 16, push) == [202] * 16
    assert site.records.event_counts() == {"received": 1, "applied": 1, "ignored": 0, "duplicates": 15}
    assert link(site)["changes"] == 1


def test_settles_on_the_newest_of_two_events_at_once(site: Site, push: Push) -> None:
    """In whichever order the two commit, the higher version stands."""
    for round_number in range(8):
        older, newer = 2 * round_number + 1, 2 * round_number + 2
        bodies = [signed(link_changed(newer, "unlinked")), signed(link_changed(older, "linked"))]
        assert together(bodies, push) == [202, 202]
        assert (link(site)["status"], link(site)["version"]) == ("unlinked", newer)


def test_forgets_the_jti_when_the_effect_fails(site: Site, push: Push) -> None:
    """The jti is remembered with the effect or not at all; else the retry would be taken for a duplicate and lost."""
    body = signed(link_changed(2))
    with site.records.connection() as connection:
        connection.execute("alter table links rename to links_away")
    site.app.testing = False  # a failure is answered, as in a running site, and not raised into the test
    assert push(body).status_code == 500
    with site.records.connection() as connection:
        connection.execute("alter table links_away rename to links")
    assert push(body).status_code == 202
    assert site.records.event_counts() == {"received": 1, "applied": 1, "ignored": 0, "duplicates": 0}


def test_asks_for_a_retry_while_keys_cannot_be_read(push: Push, transmitter: Transmitter) -> None:
    """503 blames our own trouble; 400 would condemn an event that may be good."""
    transmitter.reachable = False
    body = signed(link_changed(1))
    assert push(body).status_code == 503
    transmitter.reachable, transmitter.elapsed = True, 11.0
    assert push(body).status_code == 202


def together(bodies: list[bytes], push: Push) -> list[int]:
    """Push every body at the same moment and return the answers in order."""
    barrier = threading.Barrier(len(bodies))
    answers = [0] * len(bodies)

    def send(index: int) -> None:
        barrier.wait(timeout=10)
        answers[index] = push(bodies[index]).status_code

    threads = [threading.Thread(target=send, args=(index,)) for index in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


def complex_subject(sid: str | None = None) -> dict[str, Any]:
    user = {"format": "iss_sub", "iss": ISSUER, "sub": SUBJECT}
    session = {"session": {"format": "opaque", "id": sid}} if sid is not None else {}
    return {"format": "complex", "user": user, **session}


def last_remark(site: Site) -> str:
    return str(site.records.events(page=1, size=1)[0]["remark"])


def test_ends_the_sessions_of_a_member_whose_sessions_ended(site: Site, push: Push) -> None:
    """CAEP §3.1: of all sessions, those that began before."""
    before, after = member(site), member(site, at=NOW + 5, sid="sid-2")
    assert push(signed(event(SESSION_REVOKED, {"event_timestamp": NOW}))).status_code == 202
    assert (active(site, before), active(site, after)) == (False, True)
    push(signed(event(SESSION_REVOKED, {"event_timestamp": NOW})))
    assert last_remark(site) == "no_session"


@pytest.mark.parametrize(("sid", "left"), [("sid-1", (False, True)), ("nobody's", (True, True)), (None, (False,) * 2)])
def test_ends_the_one_session_that_is_named(site: Site, push: Push, sid: str | None, left: tuple[bool, bool]) -> None:
    """SSF §3.3.1: what a complex subject leaves out may be anything."""
    first, second = member(site), member(site, sid="sid-2")
    push(signed(event(SESSION_REVOKED, {"event_timestamp": NOW}, sub_id=complex_subject(sid))))
    assert (active(site, first), active(site, second)) == left


@pytest.mark.parametrize(
    "sub_id",
    [
        {"format": "complex", "tenant": {"format": "opaque", "id": "t"}},
        {"format": "complex", "user": {"format": "iss_sub", "iss": "http://other.test", "sub": SUBJECT}},
        {"format": "complex", "user": "x", "session": []},
        {"format": "complex", "user": {"format": "iss_sub", "iss": ISSUER, "sub": ["x"]}},
    ],
)
def test_ends_nothing_of_whom_it_does_not_know(site: Site, push: Push, sub_id: dict[str, Any]) -> None:
    """RFC 9493: another's subject, or none of ours."""
    token = member(site)
    assert push(signed(event(SESSION_REVOKED, {"event_timestamp": NOW}, sub_id=sub_id))).status_code == 202
    assert active(site, token)
    assert last_remark(site) == "no_member"


def test_lets_a_disabled_member_in_when_they_are_enabled(site: Site, push: Push) -> None:
    """RISC §2.3, §2.4: sessions end, a sign-in from before is refused, one from after shows that they are enabled."""
    token = member(site)
    push(signed(event(ACCOUNT_DISABLED, {})))
    assert not active(site, token)
    with pytest.raises(MemberDisabled):
        member(site, at=NOW - 1)
    push(signed(event(ACCOUNT_ENABLED, {}, iat=NOW + 10)))
    assert active(site, member(site, at=NOW - 1))


def test_believes_a_sign_in_that_overtook_the_enabling(site: Site, push: Push) -> None:
    """The provider lets no disabled member in; the late event then changes nothing."""
    push(signed(event(ACCOUNT_DISABLED, {})))
    assert active(site, member(site, at=NOW + 20))
    push(signed(event(ACCOUNT_ENABLED, {}, iat=NOW + 10)))
    assert last_remark(site) == "not_newer"
    push(signed(event(ACCOUNT_DISABLED, {}, iat=NOW + 5)))
    assert last_remark(site) == "not_newer"
    assert not site.records.is_disabled(ISSUER, SUBJECT)


def test_keeps_the_account_of_a_disabled_member(site: Site, push: Push) -> None:
    """Architecture §11.6: our own login survives everything."""
    member(site)
    push(signed(event(ACCOUNT_DISABLED, {})))
    assert site.records.account(ISSUER, SUBJECT) is not None
    assert site.records.session(site.records.sign_in_locally("홍길동", "legacy")) is not None


def test_shows_what_the_member_is_called_now(site: Site, push: Push) -> None:
    """CAEP §3.2: only what the event names; null is not released any more; older ones change nothing."""
    token = member(site)
    claims = {"name": "홍길순", "email": "new@example.kr", "constructor": {"a": 1}}
    push(signed(event(TOKEN_CLAIMS_CHANGE, {"event_timestamp": NOW, "claims": claims})))
    account = site.records.account(ISSUER, SUBJECT)
    row = site.records.session(token)
    assert account is not None
    assert row is not None
    assert (account["name"], account["email"], row["name"]) == ("홍길순", "new@example.kr", "홍길순")
    push(signed(event(TOKEN_CLAIMS_CHANGE, {"event_timestamp": NOW - 9, "claims": {"email": "old@example.kr"}})))
    assert last_remark(site) == "not_newer"
    push(signed(event(TOKEN_CLAIMS_CHANGE, {"event_timestamp": NOW, "claims": {"email": None}})))
    account = site.records.account(ISSUER, SUBJECT)
    assert account is not None
    assert (account["name"], account["email"]) == ("홍길순", None)


@pytest.mark.parametrize("claims", [None, [], "x", {"name": ["x"], "email": 7}])
def test_takes_no_rubbish_for_a_name(site: Site, push: Push, claims: object) -> None:
    """Signed by the provider or not: what is shown is text."""
    member(site)
    assert push(signed(event(TOKEN_CLAIMS_CHANGE, {"event_timestamp": NOW, "claims": claims}))).status_code == 202
    account = site.records.account(ISSUER, SUBJECT)
    assert account is not None
    assert (account["name"], account["email"]) == ("홍길동", None)


def test_remembers_nothing_of_the_claims_of_a_stranger(site: Site, push: Push) -> None:
    """Personal data of somebody who never came here is none of ours."""
    push(signed(event(TOKEN_CLAIMS_CHANGE, {"event_timestamp": NOW, "claims": {"email": "new@example.kr"}})))
    assert site.records.account(ISSUER, SUBJECT) is None
    assert last_remark(site) == "no_account"
