"""Registration files, applying them, and the snapshot every request reads."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from idp.agencies.apply import Change
from idp.agencies.catalogue import Catalogue, Snapshot
from idp.agencies.models import agencies, relying_parties, relying_party_versions
from idp.agencies.registration_file import read
from idp.agencies.registration_secrets import EVENTS_AUTHORIZATION, PROVISIONING_SECRET
from idp.audit.models import audit_records
from idp.errors import ConfigurationError, StoreUnavailable
from idp.house import House
from tests.builders import agency, party, register
from tests.fakes import FrozenClock

SECRET = "a-secret-of-more-than-32-characters"
HEADER = "Bearer what-the-endpoint-expects"
EVENTS = {"endpoint_url": "https://voucher.example/events", "authorization_header": HEADER}


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def whole(**fields: Any) -> dict[str, Any]:
    return agency("voucher", party("voucher", client_secret=SECRET, events=EVENTS, **fields))


def test_applies_once(any_house: House) -> None:
    """The operator's contract: applying is idempotent and shows a diff."""
    added = register(any_house, whole())
    assert [(change.kind, change.what) for change in added] == [
        ("add agency", "voucher"),
        ("add relying party", "voucher"),
    ]
    assert register(any_house, whole()) == []
    assert len(rows(any_house, relying_party_versions)) == 1
    assert [row.action for row in rows(any_house, audit_records)] == ["catalogue.applied"]


def test_shows_which_fields_change_and_keeps_the_history(any_house: House) -> None:
    """Architecture §6: versioned registrations."""
    register(any_house, whole())
    changed = register(any_house, whole(client_name="혁신바우처", scope="openid email"))
    assert changed == [Change("change relying party", "voucher", ("client_name", "scope"))]
    other = {**EVENTS, "authorization_header": "Bearer another"}
    renewed = register(
        any_house, agency("voucher", party("voucher", client_secret=SECRET, events=other), name="다른 이름")
    )
    assert ("change agency", ("name",)) in [(change.kind, change.fields) for change in renewed]
    assert "authorization_header" in renewed[-1].fields
    assert [row.version for row in rows(any_house, relying_party_versions)] == [1, 2, 3]
    found = any_house.catalogue.relying_party("voucher")
    assert found is not None
    assert found.version == 3


def test_a_rehearsal_changes_nothing(any_house: House) -> None:
    """`idp agencies apply --dry-run`: the same diff, and not a row."""
    rehearsed = register(any_house, whole(), dry_run=True)
    assert rows(any_house, agencies) == rows(any_house, relying_parties) == rows(any_house, audit_records) == []
    assert any_house.catalogue.relying_party("voucher") is None
    assert register(any_house, whole()) == rehearsed


def test_keeps_secrets_so_that_nobody_reads_them_back(any_house: House) -> None:
    """Architecture §6: client secrets as digests, the header we must send sealed."""
    register(any_house, whole())
    said = repr(
        [rows(any_house, table) for table in (agencies, relying_parties, relying_party_versions, audit_records)]
    )
    assert SECRET not in said
    assert HEADER not in said
    (row,) = rows(any_house, relying_parties)
    assert any_house.cipher.open_secret(EVENTS_AUTHORIZATION, row.events_authorization) == HEADER.encode()


def test_leaves_agencies_alone_that_a_file_does_not_name(any_house: House) -> None:
    """Files may be applied one by one; the order of the catalogue is the order in which they came."""
    register(any_house, agency("b"), agency("a"))
    register(any_house, agency("c"))
    register(any_house, agency("a", name="changed"))
    assert list(any_house.catalogue.snapshot().agencies) == ["b", "a", "c"]


@pytest.mark.parametrize(
    "secret", [{"client_secret": "demo-" + "x" * 40}, {"events": {**EVENTS, "authorization_header": "Bearer demo-x"}}]
)
def test_production_refuses_the_demonstrations_secrets(house: House, secret: dict[str, Any]) -> None:
    """Architecture §10: production refuses default secrets; everybody can read them."""
    entry = agency("voucher", party("voucher", **{"client_secret": SECRET, **secret}))
    with pytest.raises(ConfigurationError, match=r"voucher: .*demonstration"):
        register(house, entry, production=True)
    assert rows(house, agencies) == []
    register(house, entry)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([agency("a"), agency("a")], "agency a: given more than once"),
        ([agency("a", party("p")), agency("b", party("p"))], "relying party p: given more than once"),
        ([agency("a", party("p", client_id="same"), party("q", client_id="same"))], "q: p is registered under 'same'"),
        ([agency("a", party("p", redirect_uris=["http://p.example/"]))], "p: redirect_uris"),
        ([agency("a", party("p", backchannel_logout_uri="https://p.example/#x"))], "p: backchannel_logout_uri"),
        ([agency("a", party("p", events={"endpoint_url": "ftp://p.example/"}))], "p: events.endpoint_url"),
        ([agency("a", party("p", scope="profile"))], "p: scope must contain openid"),
        ([agency("a", party("p", token_endpoint_auth_method="client_secret_basic"))], "p: client_secret"),
        ([agency("a", party("p", client_secret=SECRET, token_endpoint_auth_method="none"))], "p: client_secret"),
    ],
)
def test_refuses_what_cannot_be_used_and_writes_nothing(any_house: House, entries: list[Any], said: str) -> None:
    """Nothing of a file with a mistake in it is applied; the operator reads where it is."""
    with pytest.raises(ConfigurationError, match=said):
        register(any_house, *entries)
    assert rows(any_house, agencies) == rows(any_house, relying_parties) == []


def test_a_relying_party_keeps_its_agency(any_house: House) -> None:
    """Subjects are the agency's: a party that moved would meet strangers under its members' names."""
    register(any_house, agency("a", party("p")))
    with pytest.raises(ConfigurationError, match="p: a relying party keeps its agency"):
        register(any_house, agency("b", party("p")))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[agency]]\nid='a'\n", "name"),
        ("[[agency]]\nid='A B'\nname='x'\n", "agency.0.id"),
        ("[[agency]]\nid='a'\nname='x'\ncolour='red'\n", "colour"),
        ("[[agency]]\nid='a'\nname='x'\nhomepage='javascript:alert(1)'\n", "homepage"),
        ("[[agency]]\nid='a'\nname='x'\n[[agency.relying_party]]\nid='p'\nprotocol='ldap'\n", "relying_party.0"),
        ("[[agency]]\nid='a'\nname='x'\n[[agency.relying_party]]\nid='p'\nprotocol='oidc'\n", "redirect_uris"),
        (
            "[[agency]]\nid='a'\nname='x'\n[[agency.relying_party]]\nid='p'\nprotocol='oidc'\nredirect_uris=['https://p/']\n"
            "request_object_encryption_alg='RSA-OAEP'\n",
            "request_object_encryption_alg",
        ),
        (
            "[[agency]]\nid='a'\nname='x'\n[[agency.relying_party]]\nid='p'\nprotocol='oidc'\nredirect_uris=['https://p/']\n"
            "client_secret='short'\n",
            "client_secret",
        ),
        ("\n[[agency]]\nid=\n", "line 3"),
        ("", "agency"),
    ],
)
def test_names_the_key_that_is_wrong(tmp_path: Path, text: str, key: str) -> None:
    """A key we do not act upon is refused: whoever wrote it believes that it does something."""
    path = tmp_path / "agencies.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=key) as raised:
        read(path)
    assert str(path) in raised.value.detail
    assert "short" not in raised.value.detail.replace("shorter", "")


def test_names_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, or not UTF-8."""
    with pytest.raises(ConfigurationError, match="nowhere"):
        read(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xff")
    with pytest.raises(ConfigurationError, match="latin"):
        read(tmp_path / "latin.toml")


def test_reads_the_catalogue_of_the_demonstration(house: House) -> None:
    """The file that ships applies, and names the ten agencies of step 5 and more."""
    entries = read(Path("config/agencies.toml"))
    assert len(entries) >= 10
    assert {each.id for each in entries} >= {"voucher", "kamp", "smtech"}


class TestSnapshot:
    """What every request reads."""

    def test_is_renewed_when_the_version_moves(self, house: House, frozen_clock: FrozenClock) -> None:
        """Settings, catalogue_refresh: at most that old; the same object while nothing has changed."""
        register(house, agency("a", party("p")))
        first = house.catalogue.snapshot()
        frozen_clock.advance(house.settings.catalogue_refresh)
        assert house.catalogue.snapshot() is first
        frozen_clock.advance(house.settings.catalogue_refresh)
        register(house, agency("b", party("q", client_id="q-client")))
        found = house.catalogue.client("q-client")
        assert found is not None
        assert (found.id, found.agency.id) == ("q", "b")
        assert [each.id for each in house.catalogue.snapshot().of_agency("a")] == ["p"]

    def test_finds_nothing_by_what_is_not_registered(self, house: House) -> None:
        """Unknown ids are None in each of the three ways."""
        catalogue = house.catalogue
        assert [catalogue.relying_party("x"), catalogue.client("x"), catalogue.service_provider("x")] == [None] * 3

    def test_looks_again_for_a_client_that_it_does_not_know_and_not_each_time(
        self, house: House, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A client that registered itself a moment ago is found; who invents names costs us 20 looks a second at most,
        and names of other kinds of clients none."""
        register(house, agency("a", party("p", machine_client={"client_secret": SECRET, "scope": "links.read"})))
        house.catalogue.snapshot()
        looks: list[object] = []
        renew = Catalogue._renew

        def counted(catalogue: Catalogue, now: datetime) -> Snapshot:
            looks.append(now)
            return renew(catalogue, now)

        monkeypatch.setattr(Catalogue, "_renew", counted)
        assert [house.catalogue.client(f"invented-{number}") for number in range(50)] == [None] * 50
        assert len(looks) == 1
        assert house.catalogue.client("p-machine") is None
        frozen_clock.advance(timedelta(milliseconds=60))
        assert house.catalogue.client("p-machine") is None
        assert len(looks) == 1
        assert house.catalogue.client("invented") is None
        assert len(looks) == 2

    def test_stays_good_while_the_database_is_away(
        self, house: House, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Better a catalogue that is a little old than none; with none at all it says so."""
        register(house, agency("a", party("p")))
        assert house.catalogue.relying_party("p")

        def away(_self: object) -> None:
            raise StoreUnavailable

        monkeypatch.setattr("idp.storage.database.Database.reading", away)
        frozen_clock.advance(house.settings.catalogue_refresh)
        assert house.catalogue.relying_party("p")
        house.catalogue._snapshot = None  # as at the first request of a process
        with pytest.raises(StoreUnavailable):
            house.catalogue.snapshot()

    def test_goes_on_with_what_it_has_while_another_thread_renews(
        self, house: House, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A slow look at the database holds up nobody else."""
        register(house, agency("a", party("p")))
        current = house.catalogue.snapshot()
        started, go_on = threading.Event(), threading.Event()

        def slow(*_arguments: object) -> object:
            started.set()
            assert go_on.wait(10)
            return current

        monkeypatch.setattr("idp.agencies.catalogue.Catalogue._renew", slow)
        frozen_clock.advance(house.settings.catalogue_refresh)
        renewing = threading.Thread(target=house.catalogue.snapshot)
        renewing.start()
        assert started.wait(10)
        assert house.catalogue.snapshot() is current
        go_on.set()
        renewing.join()


SCIM = {"mode": "scim", "scim_base_url": "https://voucher.example/scim/v2/", "scim_token": "of-this-test-and-no-other"}
CREDENTIALS = {
    "scim_token_endpoint": "https://voucher.example/token",
    "scim_client_id": "onepass",
    "scim_client_secret": "of-this-test-and-no-other",
}


def test_keeps_how_accounts_are_made_and_seals_what_proves_us(any_house: House) -> None:
    """Account events §5, architecture §6: the secret is sealed, and not in the registration's history."""
    register(any_house, agency("voucher", party("voucher", provisioning=SCIM)))
    found = any_house.catalogue.relying_party("voucher")
    assert found is not None
    assert found.provisioning.scim is not None
    assert found.provisioning.scim.base_url.value == "https://voucher.example/scim/v2"
    opened = any_house.cipher.open_secret(PROVISIONING_SECRET, found.provisioning.scim.secret)
    assert opened == SCIM["scim_token"].encode()
    with any_house.database.reading() as connection:
        assert SCIM["scim_token"] not in str(connection.execute(select(relying_party_versions)).fetchall())


def test_notices_another_secret_and_only_then(any_house: House) -> None:
    """Applying twice changes nothing; a rotated secret is a change that its diff names but does not show."""
    register(any_house, agency("voucher", party("voucher", provisioning=SCIM)))
    assert register(any_house, agency("voucher", party("voucher", provisioning=SCIM))) == []
    rotated = {**SCIM, "scim_token": "another-one-of-this-test"}
    (change,) = register(any_house, agency("voucher", party("voucher", provisioning=rotated)))
    assert change.fields == ("provisioning_secret",)
    (change,) = register(any_house, agency("voucher", party("voucher")))
    assert change.fields == ("provisioning", "provisioning_secret")


def test_takes_client_credentials_in_place_of_a_token(any_house: House) -> None:
    """RFC 6749 §4.4."""
    with_credentials = {**{name: value for name, value in SCIM.items() if name != "scim_token"}, **CREDENTIALS}
    register(any_house, agency("voucher", party("voucher", provisioning=with_credentials)))
    found = any_house.catalogue.relying_party("voucher")
    assert found is not None
    assert found.provisioning.scim is not None
    assert found.provisioning.scim.client_id == "onepass"
    assert found.provisioning.scim.token_endpoint is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"scim_base_url": "http://voucher.example/scim"},
        {"scim_base_url": "https://user:secret@voucher.example/scim"},
        {"scim_base_url": "https://voucher.example/scim?tenant=1"},
        {"scim_base_url": None},
        {"scim_token": None},
        {"scim_token": "with\r\nInjected: header-of-16"},
        {**CREDENTIALS},
        {"mode": "first_login"},
        {"mode": "event", "scim_base_url": None, "scim_token": None},
        {"scim_token_endpoint": "http://voucher.example/token", "scim_token": None},
        {"user_name": "login_id"},
        {"attributes": ["identity"]},
    ],
)
def test_refuses_provisioning_that_could_not_work(any_house: House, wrong: dict[str, Any]) -> None:
    """Said when it is registered, not when the first member waits."""
    with pytest.raises((ConfigurationError, ValidationError)):
        register(any_house, agency("voucher", party("voucher", provisioning={**SCIM, **wrong})))
    assert any_house.catalogue.relying_party("voucher") is None
