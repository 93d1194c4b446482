"""A relying party that shares no code with us compares its links with ours, over HTTP. account-events §3.7."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.app import create_app
from idp.house import House
from idp.links.models import link_confirmations, links
from relying_parties.agency_client import AgencyApiRefused, AgencyClient
from relying_parties.reconciliation import Outcome, Reconcile
from relying_parties.records import Records
from relying_parties.voucher.legacy_accounts import LegacyAccounts
from relying_parties.voucher.mapping import Mapping
from tests.browsers import served
from tests.builders import a_house, a_person, link, register, unlink
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import AGENCIES, SECRET, Server, server

LINK_CHANGED = "https://schemas.example.org/secevent/link/event-type/account-link-changed"


@dataclass
class Later:
    """An application whose address must be known before it is made."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


@dataclass(frozen=True)
class Party:
    """The voucher site and the provider it reconciles with."""

    house: House
    server: Server
    records: Records
    mapping: Mapping
    reconcile: Reconcile

    def believed(self) -> dict[str, tuple[str, int]]:
        return {row["link_id"]: (row["status"], row["version"]) for row in self.records.links()}

    def confirmed(self) -> dict[str, int]:
        with self.house.database.reading() as connection:
            rows = connection.execute(select(link_confirmations)).fetchall()
        return {row.link_id: row.version for row in rows}


@pytest.fixture
def party(database: Any, keys_dir: Path, frozen_clock: FrozenClock, tmp_path: Path) -> Iterator[Party]:
    later = Later()
    with served(later) as port:
        issuer = f"http://127.0.0.1:{port}"
        url = database.engine.url.render_as_string(hide_password=False)
        house = a_house(url, keys_dir, frozen_clock, issuer=issuer)
        register(house, *AGENCIES)
        later.app = create_app(house.settings, instead=house)
        records = Records(tmp_path / "voucher.db")
        LegacyAccounts(records).prepare()
        mapping = Mapping(records)
        mapping.prepare()
        client = AgencyClient(issuer, "voucher-machine", SECRET)
        reconcile = Reconcile(client, records, issuer, LINK_CHANGED, mapping.heard)
        yield Party(house, server(house, later.app, "voucher"), records, mapping, reconcile)
        house.close()


def test_catches_up_on_events_that_never_came(party: Party) -> None:
    """Nothing was delivered; one comparison later both sides are equal, and the provider knows."""
    members = [a_person(party.house, f"member.{number}") for number in range(4)]
    ids = [link(party.house, member, "voucher").id for member in members]
    unlink(party.house, members[0], "voucher")
    assert party.reconcile() == Outcome(4, 0, 0)
    assert party.believed() == {ids[0]: ("unlinked", 2), **dict.fromkeys(ids[1:], ("linked", 1))}
    assert party.confirmed() == {ids[0]: 2, **dict.fromkeys(ids[1:], 1)}
    assert party.reconcile() == Outcome(0, 0, 0)


def test_asks_for_a_new_token_when_the_old_one_ends(party: Party, frozen_clock: FrozenClock) -> None:
    """RFC 6749 §1.5: whoever runs for days meets 401 and carries on."""
    party.reconcile()
    frozen_clock.advance(timedelta(hours=1))
    link(party.house, a_person(party.house), "voucher")
    assert party.reconcile() == Outcome(1, 0, 0)


def test_takes_over_the_accounts_behind_a_link(party: Party) -> None:
    """The mapping is what the provider names, no more and no less; the account's own login stays."""
    made = link(party.house, a_person(party.house), "voucher")
    party.server.send("PUT", f"/links/{made.id}/accounts", {"agency_accounts": ["testId1"]})
    party.reconcile()
    assert party.mapping.is_mapped("testId1")
    party.server.ask("POST", f"/links/{made.id}/unlink")
    party.reconcile()
    assert not party.mapping.is_mapped("testId1")
    assert LegacyAccounts(party.records).sign_in("testId1", "Voucher!2026") is not None


def test_mends_a_state_that_is_wrong_at_its_version(party: Party) -> None:
    """A restored backup or a bug: at one version there is one status, and the provider's is it."""
    made = link(party.house, a_person(party.house), "voucher")
    party.reconcile()
    with party.records.connection() as connection:
        connection.execute("update links set status = 'unlinked'")
    assert party.reconcile() == Outcome(1, 0, 0)
    assert party.believed() == {made.id: ("linked", 1)}


def test_says_what_it_cannot_mend(party: Party) -> None:
    """A link that the provider does not know is a person's to look into, and never quietly forgotten."""
    link(party.house, a_person(party.house), "voucher")
    party.reconcile()
    with party.records.connection() as connection:
        connection.execute(
            "insert into links (issuer, subject, link_id, status, version, changed_at) "
            "values (?, 'x', ?, 'linked', 1, 0)",
            (party.reconcile.issuer, "a" * 32),
        )
    found = party.reconcile()
    assert (found.unknown_there, found.still_differing) == (1, 1)
    assert "a" * 32 in party.believed()


def test_lets_no_late_event_undo_what_it_took_over(party: Party) -> None:
    """Only what is newer counts, whichever way it comes."""
    made = link(party.house, a_person(party.house), "voucher")
    party.reconcile()
    with party.records.connection() as connection:
        connection.execute("update links set version = 9, status = 'unlinked'")
    found = party.reconcile()
    assert (found.taken_over, found.still_differing) == (0, 1)
    with party.house.database.transaction() as connection:
        connection.execute(update(links).where(links.c.id == made.id).values(version=10))
    assert party.reconcile() == Outcome(1, 0, 0)


def test_shows_its_secret_to_its_own_provider_only(party: Party) -> None:
    """OpenID Connect Discovery 1.0 §4.3: a document of another issuer is not believed."""
    client = AgencyClient(party.reconcile.issuer.replace("127.0.0.1", "localhost"), "voucher-machine", SECRET)
    with pytest.raises(AgencyApiRefused):
        client.compare({})
