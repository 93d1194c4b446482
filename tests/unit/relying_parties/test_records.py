"""What a relying party remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from relying_parties.records import LONGEST_SESSION_SECONDS, LinkEnded, Records, SignedIn
from relying_parties.site import Site
from tests.unit.relying_parties.conftest import Push
from tests.unit.relying_parties.transmitter import ISSUER, NOW, SUBJECT, link_changed, signed


def arrival(at: float) -> SignedIn:
    return SignedIn(ISSUER, SUBJECT, "홍길동", "OpenID Connect", ISSUER, at)


def test_survives_a_restart(tmp_path: Path) -> None:
    """Sessions, links and the cookie's secret are in the file."""
    before = Records(tmp_path / "sample.db", now=lambda: NOW)
    token, secret = before.sign_in(arrival(NOW)), before.secret("cookie")
    after = Records(tmp_path / "sample.db", now=lambda: NOW)
    row = after.session(token)
    assert row is not None
    assert (row["subject"], after.secret("cookie")) == (SUBJECT, secret)
    assert [link["status"] for link in after.links()] == ["linked"]


def test_keeps_no_token_that_opens_a_session(tmp_path: Path) -> None:
    """A stolen copy of the file signs nobody in."""
    records = Records(tmp_path / "sample.db", now=lambda: NOW)
    token = records.sign_in(arrival(NOW))
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in content


def test_refuses_a_sign_in_older_than_the_unlink(site: Site, push: Push) -> None:
    """The answer was on its way while the link ended; the event overtook it."""
    push(signed(link_changed(2)))
    with pytest.raises(LinkEnded):
        site.records.sign_in(arrival(NOW - 1))


def test_believes_a_sign_in_newer_than_the_unlink(site: Site, push: Push) -> None:
    """The provider issues nothing for an ended link, so this one has begun anew; its event is still to come."""
    push(signed(link_changed(2)))
    site.records.sign_in(arrival(NOW + 1))
    link = site.records.link(ISSUER, SUBJECT)
    assert link is not None
    assert (link["status"], link["version"]) == ("linked", 2)
    push(signed(link_changed(3, "linked")))
    link = site.records.link(ISSUER, SUBJECT)
    assert link is not None
    assert (link["status"], link["version"]) == ("linked", 3)


def test_ends_a_session_at_its_absolute_limit(tmp_path: Path) -> None:
    """However busy, a session is over after its time."""
    moment = float(NOW)
    records = Records(tmp_path / "sample.db", now=lambda: moment)
    token = records.sign_in(arrival(NOW))
    moment += LONGEST_SESSION_SECONDS + 1
    row = records.session(token)
    assert row is not None
    assert row["ended_because"] == "timeout"


def test_pages_events_newest_first(site: Site, push: Push) -> None:
    """Ten to a page on the screen, the newest on top."""
    for version in range(1, 13):
        push(signed(link_changed(version)))
    assert [event["version"] for event in site.records.events(page=1, size=10)] == list(range(12, 2, -1))
    assert [event["version"] for event in site.records.events(page=2, size=10)] == [2, 1]
