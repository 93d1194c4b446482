"""One event about a whole enterprise, at a relying party."""

from __future__ import annotations

from typing import Any

import pytest

from relying_parties.site import Site
from tests.unit.relying_parties.conftest import Push
from tests.unit.relying_parties.test_security_events import active, link, member
from tests.unit.relying_parties.transmitter import ISSUER, SUBJECT, link_changed, signed

TENANT = {"format": "opaque", "id": "7f1c8a52-3f0e-4d0c-9a52-6c1f0f4f9d11"}
EVERYONE = {"format": "complex", "tenant": TENANT}


def of_tenant(version: int, status: str = "linked", *, subject: str = SUBJECT) -> dict[str, Any]:
    """An event about one link of the enterprise."""
    claims = link_changed(version, status, subject=subject)
    (payload,) = claims["events"].values()
    payload |= {"tenant": TENANT, "epoch": version, "link_id": f"link-of-{subject}"}
    return claims


def ended_whole(epoch: int) -> dict[str, Any]:
    """The event about all of them."""
    claims = link_changed(1, "unlinked", sub_id=EVERYONE)
    (payload,) = claims["events"].values()
    for name in ("version", "link_id"):
        del payload[name]
    payload |= {"scope": "tenant", "epoch": epoch, "link_count": 2}
    return claims


def test_one_event_ends_every_link_of_an_enterprise(site: Site, push: Push) -> None:
    """REQ-77: all of its links and sessions, no other's; what is newer than the epoch stands."""
    push(signed(of_tenant(1)))
    push(signed(of_tenant(4, subject="newer")))
    push(signed(link_changed(1, "linked", subject="a-person")))
    token = member(site)
    assert push(signed(ended_whole(2))).status_code == 202
    assert (link(site)["status"], link(site)["version"], link(site)["link_id"]) == (
        "unlinked",
        2,
        f"link-of-{SUBJECT}",
    )
    assert not active(site, token)
    others = [site.records.link(ISSUER, each) for each in ("newer", "a-person")]
    assert [row["status"] for row in others if row is not None] == ["linked", "linked"]
    push(signed(of_tenant(1)))
    assert link(site)["status"] == "unlinked"
    push(signed(of_tenant(3)))
    assert link(site)["status"] == "linked"


@pytest.mark.parametrize("epoch", [0, True, "1", None])
def test_refuses_an_enterprise_without_an_epoch(push: Push, epoch: Any) -> None:
    """Account events §1.9."""
    assert push(signed(ended_whole(epoch))).status_code == 400
