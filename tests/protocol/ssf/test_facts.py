"""What really happens to a member, and what their agencies hear of it: every verb that has something to tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import delete, select

from idp.account.change_password import ChangePassword, PasswordChangedMeanwhile
from idp.account.end_sessions import EndEverySession
from idp.account.own_certificates import OwnCertificates
from idp.account.own_passkeys import OwnPasskeys
from idp.account.own_second_step import OwnSecondStep
from idp.app.shared import Shared, share
from idp.credentials import store as credentials
from idp.credentials.certificates import RegisteredCertificates
from idp.credentials.passkeys import NewPasskey
from idp.house import House
from idp.members import store as members
from idp.members.change_profile import ChangeProfile, edition
from idp.members.prove_email import ProveEmail
from idp.members.prove_phone import ProvePhone
from idp.oidc.grants import revoke_of_member
from idp.recovery.disown_device import DisownDevice
from idp.recovery.set_new_password import Authority, SetNewPassword
from idp.sessions.assurance import by_password
from idp.sessions.session import Session
from idp.signals.event_types import REQUESTABLE
from idp.signals.models import outbox
from idp.signin.notice_ended import NoticeEnded
from idp.signin.password import WAY_BACK
from idp.signin.register_certificate import RegisterCertificate
from idp.verification.evidence import Certificate
from tests.builders import EMAIL, PHONE, a_person, agency, an_enterprise, link, party, register, unlink
from tests.fakes import FrozenClock
from tests.protocol.recovery.lab import HONG

NEW = "Anew!Pass26"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HERE = "203.0.113.10"
SESSION, CREDENTIAL, CLAIMS = "session-revoked", "credential-change", "token-claims-change"
RECOVERY, IDENTIFIER = "recovery-information-changed", "identifier-changed"
ASKED = [each.value for each in REQUESTABLE if each.value not in ("account-link-changed", "account-purged")]


def events(identifier: str) -> dict[str, Any]:
    return {"endpoint_url": f"https://{identifier}.example/events", "events_requested": ASKED}


class Scene:
    """A person and an enterprise linked with one agency that asks for everything and takes no logout tokens."""

    def __init__(self, house: House) -> None:
        self.house = house
        scope = "openid profile email phone enterprise"
        register(
            house,
            agency("kamp", party("kamp", scope=scope, events=events("kamp"))),
            agency("voucher", party("voucher", scope=scope, events=events("voucher"))),
        )
        self.member_id = a_person(house, ci=HONG.ci, identity_verified=True)
        self.company = an_enterprise(house)
        self.link = link(house, self.member_id, "kamp", *scope.split())
        self.company_link = link(house, self.company, "kamp", *scope.split())
        self.shared: Shared = share(house)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.house.clock, FrozenClock)
        return self.house.clock

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Kind and payload of what was queued since the last look."""
        with self.house.database.transaction() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.seq)).all()
            connection.execute(delete(outbox))
        assert {row.relying_party_id for row in rows} <= {"kamp"}
        assert len({row.txn for row in rows}) <= 1, "one act, one cause"
        return [(row.event_type, row.payload) for row in rows]

    def forget(self) -> None:
        with self.house.database.transaction() as connection:
            connection.execute(delete(outbox))

    def kinds(self) -> list[str]:
        return [kind for kind, _payload in self.told()]

    def change_profile(self, member_id: str, **values: str) -> None:
        house = self.house
        with house.database.reading() as connection:
            row = members.find(connection, member_id)
        assert row is not None
        verb = ChangeProfile(
            house.database, house.clock, house.directory, self.shared.inform, WAY_BACK, self.shared.tell_agencies
        )
        verb(member_id, values, seen=edition(row))

    def stored(self) -> str:
        with self.house.database.reading() as connection:
            found = credentials.password_hash(connection, self.member_id)
        assert found is not None
        return found

    def session(self) -> tuple[str, Session]:
        """A session in which the agency took part."""
        by = by_password(self.clock.now())
        cookie, session = self.shared.sessions.start(self.member_id, 0, by=by)
        self.house.store.write(self.shared.sessions.participation(session, "kamp"))
        return cookie, session


@pytest.fixture
def scene(house: House) -> Scene:
    scene = Scene(house)
    scene.forget()
    return scene


def change(credential: str, how: str, by: str = "user") -> tuple[str, str, str]:
    return credential, how, by


def changes(told: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, str, str]]:
    """Of each credential-change what is required, and who did it."""
    found = [payload for kind, payload in told if kind == CREDENTIAL]
    assert all(set(each["reason_admin"]) == {"ko", "en"} and each["event_timestamp"] > 0 for each in found)
    return [(each["credential_type"], each["change_type"], each["initiating_entity"]) for each in found]


def test_a_changed_password(scene: Scene) -> None:
    """CAEP §3.1, §3.3. Of two changes at once the second changes nothing and tells nothing."""
    house, shared = scene.house, scene.shared
    verb = ChangePassword(house.database, house.clock, house.hasher, shared.inform, shared.tell_agencies)
    confirmed = scene.stored()
    verb(scene.member_id, confirmed, NEW, address=HERE)
    told = scene.told()
    assert [kind for kind, _payload in told] == [SESSION, CREDENTIAL]
    assert changes(told) == [change("password", "update")]
    with pytest.raises(PasswordChangedMeanwhile):
        verb(scene.member_id, confirmed, NEW, address=HERE)
    assert scene.told() == []


def test_a_recovered_password(scene: Scene) -> None:
    """RISC §2.9 beside it: somebody used a way back."""
    house, shared = scene.house, scene.shared
    verb = SetNewPassword(
        *(house.database, house.clock, house.directory, house.hasher, shared.limits, shared.inform),
        revoke_of_member,
        shared.tell_agencies,
    )
    verb(Authority(scene.member_id, 0, "any_id"), NEW, HERE)
    assert scene.kinds() == ["recovery-activated", SESSION, CREDENTIAL]


def test_a_second_step(scene: Scene) -> None:
    """CAEP §3.3: an app; RISC §2.10: codes for the day it is lost."""
    factors, shared = scene.shared.factors, scene.shared
    own = OwnSecondStep(
        *(scene.house.database, scene.house.clock, factors.codes, factors.recovery, factors.devices),
        shared.inform,
        shared.tell_agencies,
    )
    own.turn_on(scene.member_id, SECRET, pyotp.TOTP(SECRET).at(scene.clock.now()), address=HERE)
    told = scene.told()
    assert ([kind for kind, _payload in told], changes(told)) == ([CREDENTIAL, RECOVERY], [change("app", "create")])
    own.renew_codes(scene.member_id, address=HERE)
    assert scene.kinds() == [RECOVERY]
    own.turn_off(scene.member_id, address=HERE)
    told = scene.told()
    assert ([kind for kind, _payload in told], changes(told)) == ([CREDENTIAL, RECOVERY], [change("app", "delete")])


@pytest.mark.parametrize(
    ("transports", "kind"),
    [(("internal", "hybrid"), "fido2-platform"), (("usb", "nfc"), "fido2-roaming"), ((), "fido2-roaming")],
)
def test_a_removed_passkey(scene: Scene, transports: tuple[str, ...], kind: str) -> None:
    """CAEP §3.3.1: by how browsers reach it; never by what its member calls it, nor its AAGUID."""
    factors, shared, now = scene.shared.factors, scene.shared, scene.clock.now()
    with scene.house.database.transaction() as connection:
        row = members.find(connection, scene.member_id)
        assert row is not None
        assert row.data_key is not None
        made = NewPasskey(b"id", b"key", 0, "0" * 36, synchronised=False, transports=transports)
        row_id = factors.passkeys.register(connection, scene.member_id, row.data_key, made, "내 전화기", now)
    own = OwnPasskeys(
        *(scene.house.database, scene.house.clock, factors.ceremonies, factors.passkeys),
        shared.inform,
        shared.tell_agencies,
    )
    own.remove(scene.member_id, row_id, address=HERE)
    ((_kind, payload),) = told = scene.told()
    assert changes(told) == [change(kind, "delete")]
    assert set(payload) == {
        "credential_type", "change_type", "event_timestamp", "initiating_entity", "reason_admin"
    }  # fmt: skip


def test_certificates(scene: Scene) -> None:
    """CAEP §3.3: registered by an operator's word, taken the place of by the member, removed."""
    house, shared = scene.house, scene.shared
    kept = RegisteredCertificates(house.cipher, house.randomness)
    own = OwnCertificates(house.database, house.clock, kept, shared.inform, shared.tell_agencies)
    ends = scene.clock.now() + timedelta(days=10)
    first = own.vouched(
        scene.company, Certificate("CN=issuer", "1", "1.2.3", "a" * 64, ends), name="대표", actor="command"
    )
    assert changes(scene.told()) == [change("x509", "create", "admin")]
    renew = RegisterCertificate(house.database, house.clock, kept, shared.inform, shared.tell_agencies)
    second = renew(
        scene.company,
        Certificate("CN=issuer", "2", "1.2.3", "b" * 64, ends + timedelta(days=365)),
        name="대표",
        actor="member",
        address=HERE,
        said={},
        instead_of=first,
    )
    assert changes(scene.told()) == [change("x509", "update")]
    own.remove(scene.company, second, understood=True, address=HERE)
    assert changes(scene.told()) == [change("x509", "delete")]


def test_sessions_that_end_together(scene: Scene) -> None:
    """CAEP §3.1: without a session beside the member all are meant; why, in words."""
    house, shared = scene.house, scene.shared
    EndEverySession(house.database, house.clock, shared.tell_agencies)(scene.member_id, address=HERE)
    disown = DisownDevice(house.database, house.clock, shared.factors.devices, shared.tell_agencies, revoke_of_member)
    ((_kind, everywhere),) = scene.told()
    disown(scene.member_id, "device", address=HERE)
    ((kind, disowned),) = scene.told()
    assert kind == SESSION
    assert everywhere["initiating_entity"] == disowned["initiating_entity"] == "user"
    assert everywhere["reason_admin"]["ko"] != disowned["reason_admin"]["ko"]


@pytest.mark.parametrize("how", ["signed_out", "expired"])
def test_one_session_that_ends(scene: Scene, how: str) -> None:
    """CAEP §3.1, SSF §3.3: the member and the session beside them, by the `sid` that this party knows."""
    house, shared = scene.house, scene.shared
    cookie, session = scene.session()
    if how == "signed_out":
        shared.sign_out(cookie)
    else:
        scene.clock.advance(house.settings.sessions.idle)
        NoticeEnded(house.database, house.clock, shared.sessions, shared.sign_out.tell_ended)()
    with house.database.reading() as connection:
        (row,) = connection.execute(select(outbox)).all()
    assert row.event_type == SESSION
    assert row.sub_id == {
        "format": "complex",
        "user": {"format": "iss_sub", "iss": house.settings.issuer, "sub": scene.link.subject},
        "session": {"format": "opaque", "id": shared.sessions.id_toward(session, "kamp")},
    }
    assert row.payload["initiating_entity"] == ("user" if how == "signed_out" else "policy")


def test_is_silent_toward_an_agency_that_was_left(scene: Scene) -> None:
    """REQ-73: it heard that the link ended; sessions that end later are not its business."""
    cookie, _session = scene.session()
    unlink(scene.house, scene.member_id, "kamp")
    scene.forget()
    scene.shared.sign_out(cookie)
    assert scene.told() == []


def test_is_silent_toward_whoever_asked_for_the_end(scene: Scene) -> None:
    """Account events §1.9: what a relying party does itself is not echoed to it."""
    cookie, _session = scene.session()
    scene.shared.sign_out(cookie, asked_by="kamp")
    assert scene.told() == []


def test_particulars_of_a_person(scene: Scene) -> None:
    """CAEP §3.2, RISC §2.10: once for each change that is one."""
    scene.change_profile(scene.member_id, email="new.address@example.kr")
    told = dict(scene.told())
    assert set(told) == {CLAIMS, RECOVERY, IDENTIFIER}
    assert EMAIL not in str(told)
    assert told[CLAIMS]["claims"] == {"email": None}
    scene.change_profile(scene.member_id, phone="01098765432")
    assert dict(scene.told())[CLAIMS]["claims"] == {"phone_number": None}
    scene.change_profile(scene.member_id, email="new.address@example.kr", phone="01098765432")
    scene.change_profile(scene.member_id, landline="021234567")
    assert scene.told() == []


def test_particulars_of_an_enterprise(scene: Scene) -> None:
    """CAEP §3.2: name and company data."""
    scene.change_profile(scene.company, company_name="새이름상사", representative_name="김대표")
    ((kind, payload),) = scene.told()
    assert kind == CLAIMS
    assert payload["claims"] == {"company_name": None, "name": None, "representative_name": None}


def test_proofs(scene: Scene) -> None:
    """`email_verified` and `phone_number_verified` are claims; proven twice, it is told once."""
    house, shared = scene.house, scene.shared
    for _again in range(2):
        ProveEmail(house.database, house.clock, house.directory, shared.tell_agencies)(
            scene.member_id, house.directory.email_digest(EMAIL)
        )
    assert [payload["claims"] for _kind, payload in scene.told()] == [{"email_verified": None}]
    for _again in range(2):
        ProvePhone(house.database, house.clock, house.directory, shared.tell_agencies)(scene.member_id, PHONE)
    assert [payload["claims"] for _kind, payload in scene.told()] == [{"phone_number_verified": None}]
