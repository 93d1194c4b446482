"""What clients that registered themselves do to their registration: RFC 7592."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.agencies.models import relying_parties, relying_party_versions
from idp.agencies.self_registration.end_client import EndClient
from idp.app import create_app
from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.errors import ConfigurationError
from idp.house import House
from idp.links.models import links
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.drop_ended import DropEnded
from tests.builders import a_house, a_person, agency, party, register
from tests.protocol.oidc.lab import AGENCIES, Provider
from tests.protocol.oidc.registrar import Registrar, as_client, sent_back
from tests.races import race

OPEN = {"enabled": True, "calls_per_minute": 10_000}


@pytest.fixture
def registrar(any_database: Database, keys_dir: Path) -> Iterator[Registrar]:
    """A registration endpoint, once on each kind of database, by the machine's own clock."""
    url = any_database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, keys_dir, SystemClock(), registration=OPEN)
    register(house, *AGENCIES)
    a_person(house)
    yield Registrar(house, create_app(house.settings, instead=house))
    house.close()


def versions(house: House, client_id: str) -> list[Any]:
    query = select(relying_party_versions).where(relying_party_versions.c.relying_party_id == client_id)
    with house.database.reading() as connection:
        return list(connection.execute(query.order_by(relying_party_versions.c.version)))


def works(provider: Provider, told: dict[str, Any]) -> bool:
    """Whether a client signs a member in by what it was told."""
    client = as_client(told)
    return provider.redeem(client, provider.browser().code(client)).status_code == 200


class TestReading:
    """RFC 7592 §2.1."""

    def test_tells_what_is_registered_and_no_secret(self, registrar: Registrar) -> None:
        """RFC 7592 §3: the same again; of the secret only a digest is kept."""
        told = registrar.registered(initiate_login_uri="https://dynamic.example/login")
        answer = registrar.manage(told)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.get_json() == {name: value for name, value in told.items() if name != "client_secret"}

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_wants_the_clients_own_token(self, registrar: Registrar, method: str) -> None:
        """RFC 7592 §2.1: another client's, the initial one, and none are all 401, whether the client exists or not."""
        told, other = registrar.registered(), registrar.registered()
        for token in (other["registration_access_token"], registrar.token, "", "x" * 43):
            answer = registrar.manage({**told, "registration_access_token": token}, method, sent_back(told))
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="registration"')
        nobody = {**told, "registration_client_uri": told["registration_client_uri"] + "x"}
        assert registrar.manage(nobody, method, sent_back(told)).status_code == 401
        assert registrar.manage(told).status_code == 200


class TestChanging:
    """RFC 7592 §2.2."""

    def test_replaces_the_registration_and_its_token(self, registrar: Registrar) -> None:
        """What is left out is the default again; the token before is spent."""
        told = registrar.registered(initiate_login_uri="https://dynamic.example/login", scope="openid email")
        body = sent_back(told, client_name="새 이름")
        del body["initiate_login_uri"]
        answer = registrar.manage(told, "PUT", body)
        changed = answer.get_json()
        assert answer.status_code == 200
        assert (changed["client_id"], changed["client_name"]) == (told["client_id"], "새 이름")
        assert "initiate_login_uri" not in changed
        assert changed["registration_access_token"] != told["registration_access_token"]
        assert registrar.manage(told).status_code == 401
        assert registrar.manage(changed).get_json()["client_name"] == "새 이름"

    def test_keeps_the_history(self, registrar: Registrar) -> None:
        """Architecture §6: versioned registrations; the client is the actor."""
        told = registrar.registered()
        registrar.manage(told, "PUT", sent_back(told, client_name="새 이름"))
        kept = versions(registrar.house, told["client_id"])
        assert [each.version for each in kept] == [1, 2]
        assert kept[1].actor == f"client:{told['client_id']}"
        with registrar.house.database.reading() as connection:
            actions = list(connection.execute(select(audit_records.c.action)).scalars())
        assert actions[-1] == "client.changed"

    def test_keeps_the_secret_that_is_sent_back(self, registrar: Registrar) -> None:
        """RFC 7592 §2.2: it must be the client's; one of the client's choice is refused."""
        provider, told = Provider(registrar.house, registrar.app), registrar.registered()
        changed = registrar.manage(told, "PUT", sent_back(told)).get_json()
        assert changed["client_secret"] == told["client_secret"]
        assert works(provider, changed)
        answer = registrar.manage(changed, "PUT", sent_back(changed, client_secret="of-my-choice" * 4))
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")

    def test_gives_a_new_secret_beside_the_old_until_the_new_one_is_sent_back(self, registrar: Registrar) -> None:
        """Rotation without anybody locked out: two are good, then one."""
        provider, first = Provider(registrar.house, registrar.app), registrar.registered()
        second = registrar.manage(first, "PUT", sent_back(first, client_secret=None)).get_json()
        assert second["client_secret"] != first["client_secret"]
        assert works(provider, second)
        assert works(provider, first)
        third = registrar.manage(second, "PUT", sent_back(second)).get_json()
        assert works(provider, third)
        assert not works(provider, first)

    def test_seals_the_secrets_of_a_client_that_signs_with_them(self, registrar: Registrar) -> None:
        """OpenID Connect Core §9: client_secret_jwt needs the secret itself, others do not keep it."""
        first = registrar.registered(token_endpoint_auth_method="client_secret_jwt")
        assert self._sealed(registrar, first)
        second = registrar.manage(first, "PUT", sent_back(first, client_secret=None)).get_json()
        party = registrar.house.catalogue.client(first["client_id"])
        assert party is not None
        assert party.oidc is not None
        assert len(party.oidc.secret_digests) == 2
        basic = sent_back(second, token_endpoint_auth_method="client_secret_basic")
        assert registrar.manage(second, "PUT", basic).status_code == 200
        assert not self._sealed(registrar, first)

    @staticmethod
    def _sealed(registrar: Registrar, told: dict[str, Any]) -> bool:
        query = select(relying_parties.c.client_secret).where(relying_parties.c.id == told["client_id"])
        with registrar.house.database.reading() as connection:
            return connection.execute(query).scalar_one() is not None

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_id": "another"},
            {"client_id": None},
            {"registration_access_token": "x"},
            {"registration_client_uri": "https://x.example/"},
            {"client_id_issued_at": 1},
            {"client_secret_expires_at": 0},
            {"client_secret": 7},
        ],
    )
    def test_refuses_what_a_client_may_not_say(self, registrar: Registrar, changes: dict[str, Any]) -> None:
        """RFC 7592 §2.2; the token stays good."""
        told = registrar.registered()
        answer = registrar.manage(told, "PUT", {**sent_back(told), **changes})
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")
        assert registrar.manage(told).status_code == 200

    def test_holds_a_change_to_the_policy_of_the_beginning(self, registrar: Registrar) -> None:
        """Otherwise a client would register harmlessly and change to what it was refused."""
        told = registrar.registered()
        answer = registrar.manage(told, "PUT", sent_back(told, redirect_uris=["https://elsewhere.example/"]))
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_redirect_uri")

    def test_one_of_sixteen_changes_it_with_the_same_token(self, registrar: Registrar) -> None:
        """Architecture §11.1: the token is spent by one atomic act."""
        told = registrar.registered()
        answers = race(lambda racer: registrar.manage(told, "PUT", sent_back(told, client_name=f"{racer}")))
        assert sorted(answer.status_code for answer in answers) == [200, *[401] * 15]
        assert len(versions(registrar.house, told["client_id"])) == 2


class TestEnding:
    """RFC 7592 §2.3."""

    def test_ends_everything_the_client_holds_and_keeps_the_link(self, registrar: Registrar) -> None:
        """204; the code, the tokens and the client itself are good no more; the agency's link and the history stay."""
        provider = Provider(registrar.house, registrar.app)
        told = registrar.registered(grant_types=["authorization_code", "refresh_token"])
        client, browser = as_client(told), provider.browser()
        tokens = provider.redeem(client, browser.code(client, scope="openid offline_access")).get_json()
        code = browser.code(client)
        answer = registrar.manage(told, "DELETE")
        assert (answer.status_code, answer.data) == (204, b"")
        assert registrar.manage(told).status_code == 401
        assert provider.redeem(client, code).status_code == 401
        assert provider.refresh(client, tokens["refresh_token"]).status_code == 401
        assert provider.userinfo(tokens["access_token"]).status_code == 401
        assert provider.browser().authorize(client).status_code == 400
        with registrar.house.database.reading() as connection:
            assert list(connection.execute(select(links.c.state)).scalars()) == ["linked"]
            records = connection.execute(select(audit_records.c.action, audit_records.c.actor)).all()
        assert tuple(records[-1]) == ("client.ended", f"client:{told['client_id']}")
        assert len(versions(registrar.house, told["client_id"])) == 1

    def test_leaves_members_their_pages_and_nothing_that_waits(self, registrar: Registrar) -> None:
        """Architecture §11.8: members read whom they agreed to, also when it is gone; the rest is dropped."""
        house, provider = registrar.house, Provider(registrar.house, registrar.app)
        told = registrar.registered(backchannel_logout_uri="https://dynamic.example/out", client_name="사라진 시스템")
        browser = provider.browser()
        browser.code(as_client(told))
        kind, now = EventType.BACKCHANNEL_LOGOUT, house.clock.now()
        waits = Notice(told["client_id"], kind, "s", {}, now, channel=Channel.LOGOUT)
        with house.database.transaction() as connection:
            tell(connection, house.randomness, [waits])
        assert registrar.manage(told, "DELETE").status_code == 204
        for path in ("/account/consents", "/account/history", "/account/agencies"):
            page = browser.client.get(path)
            assert page.status_code == 200, path
            assert told["client_id"] not in page.text
        assert "사라진 시스템" in browser.client.get("/account/consents").text
        drop = DropEnded(house.database, house.clock)
        assert (drop(), drop()) == (1, 0)
        assert browser.client.get("/oidc/logout").status_code in (200, 303)

    def test_an_operator_ends_a_client_that_registered_itself_and_no_other(self, registrar: Registrar) -> None:
        """A line lost from a file must not cut members off; who registered itself has no file."""
        house, told = registrar.house, registrar.registered()
        end = EndClient(house.database, house.clock, house.catalogue)
        end.by_operator(told["client_id"], actor="test")
        assert registrar.manage(told).status_code == 401
        for nobody in (told["client_id"], "voucher", "nobody"):
            with pytest.raises(ConfigurationError):
                end.by_operator(nobody, actor="test")

    def test_a_file_does_not_take_it_over(self, registrar: Registrar) -> None:
        """Two who each say what a client is would undo each other."""
        told = registrar.registered()
        with pytest.raises(ConfigurationError, match="registered itself"):
            register(registrar.house, agency("voucher", party(told["client_id"])))
