"""What agencies hear of a member beyond links: a builder for each event of CAEP 1.0 and RISC 1.0. Pure.

Nothing here names a credential, a device or a session of ours: two agencies that compare what they heard must not find
one member in it, and what a member calls their own passkey is nobody's business.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from idp.clock import epoch_seconds
from idp.signals.catalogue import EventType


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that has become true of a member, whoever is told."""

    event_type: EventType
    at: datetime
    said: Mapping[str, Any] = field(default_factory=dict)
    """The event object."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """By the name of each claim it tells of the scope that releases it: nobody hears of one they may not have."""


class TellAgencies(Protocol):
    """Queues what agencies hear of a member inside the transaction in which it becomes true; supplied from above."""

    def ready(self) -> TellAgencies:
        """The same with everything looked up that would take a second connection; call before the transaction."""
        ...

    def __call__(self, connection: Connection, member_id: str, facts: Iterable[Fact], /) -> int:
        """How many messages were queued. The caller holds the member's lock."""
        ...


class Initiator(StrEnum):
    """Who brought it about. CAEP 1.0 §2."""

    ADMIN = "admin"
    USER = "user"
    POLICY = "policy"
    SYSTEM = "system"


class CredentialType(StrEnum):
    """CAEP 1.0 §3.3.1, as far as members have them here."""

    PASSWORD = "password"
    X509 = "x509"
    FIDO2_PLATFORM = "fido2-platform"
    FIDO2_ROAMING = "fido2-roaming"
    APP = "app"


class ChangeType(StrEnum):
    """CAEP 1.0 §3.3.1. A member deletes what is theirs; `revoke` is what we do to it."""

    CREATE = "create"
    REVOKE = "revoke"
    UPDATE = "update"
    DELETE = "delete"


class Ended(StrEnum):
    """Why sessions ended."""

    SIGNED_OUT = "signed_out"
    EVERYWHERE = "everywhere"
    BY_OPERATOR = "by_operator"
    EXPIRED = "expired"
    PASSWORD = "password"
    DISOWNED = "disowned"
    SUSPENDED = "suspended"
    NEW_PASSWORD_REQUIRED = "new_password_required"
    LINK_ENDED = "link_ended"


_ENDED: Final[Mapping[Ended, tuple[Initiator, str, str]]] = MappingProxyType(
    {
        Ended.SIGNED_OUT: (Initiator.USER, "회원이 로그아웃했습니다.", "The member signed out."),
        Ended.EVERYWHERE: (
            Initiator.USER,
            "회원이 모든 기기에서 로그아웃했습니다.",
            "The member signed out of every device.",
        ),
        Ended.BY_OPERATOR: (Initiator.ADMIN, "운영자가 회원을 로그아웃했습니다.", "An operator signed the member out."),
        Ended.EXPIRED: (Initiator.POLICY, "세션의 유효시간이 지났습니다.", "The session reached its time limit."),
        Ended.PASSWORD: (Initiator.USER, "회원의 비밀번호가 바뀌었습니다.", "The member's password was changed."),
        Ended.DISOWNED: (
            Initiator.USER,
            "회원이 본인의 로그인이 아니라고 알렸습니다.",
            "The member reported a sign-in that was not theirs.",
        ),
        Ended.SUSPENDED: (Initiator.ADMIN, "회원의 이용이 정지되었습니다.", "The member was suspended."),
        Ended.NEW_PASSWORD_REQUIRED: (
            Initiator.ADMIN,
            "회원이 새 비밀번호를 정해야 합니다.",
            "The member must set a new password.",
        ),
        Ended.LINK_ENDED: (
            Initiator.USER,
            "계정 연결이 끝났거나 정지되었습니다.",
            "The link with this agency ended or was suspended.",
        ),
    }
)
_CHANGED: Final[Mapping[ChangeType, Mapping[str, str]]] = MappingProxyType(
    {
        ChangeType.CREATE: {"ko": "인증수단이 등록되었습니다.", "en": "A credential was registered."},
        ChangeType.REVOKE: {"ko": "인증수단이 정지되었습니다.", "en": "A credential was revoked."},
        ChangeType.UPDATE: {"ko": "인증수단이 바뀌었습니다.", "en": "A credential was changed."},
        ChangeType.DELETE: {"ko": "인증수단이 삭제되었습니다.", "en": "A credential was removed."},
    }
)


def session_revoked(at: datetime, why: Ended, by: Initiator | None = None) -> Fact:
    """Sessions of the member are over: all of them, or the one that the message's subject names. `by`: whoever ended
    them, where it was not who usually does. CAEP 1.0 §3.1."""
    initiator, korean, english = _ENDED[why]
    return Fact(EventType.SESSION_REVOKED, at, _said(at, by or initiator, {"ko": korean, "en": english}))


def credential_change(
    at: datetime, credential: CredentialType, change: ChangeType, by: Initiator = Initiator.USER
) -> Fact:
    """What the member proves themselves by is another. CAEP 1.0 §3.3; without `friendly_name`, which members write, and
    without `fido2_aaguid`, `x509_issuer` and `x509_serial`, which tell two agencies that they speak of one person."""
    said = {"credential_type": credential.value, "change_type": change.value}
    return Fact(EventType.CREDENTIAL_CHANGE, at, said | _said(at, by, _CHANGED[change]))


def passkey_type(transports: Iterable[str]) -> CredentialType:
    """What a passkey is, by how browsers reach it (WebAuthn §5.8.4): built into the device, or brought along."""
    return CredentialType.FIDO2_PLATFORM if "internal" in set(transports) else CredentialType.FIDO2_ROAMING


def token_claims_change(at: datetime, claims: Mapping[str, str], by: Initiator = Initiator.USER) -> Fact:
    """What tokens say of the member is another; `claims` as in `Fact`. CAEP 1.0 §3.2. The new values are put in when
    the message is signed: until then it holds names only."""
    return Fact(EventType.TOKEN_CLAIMS_CHANGE, at, _said(at, by, None), claims)


def identifier_changed(at: datetime, claim: str, scope: str, former: bytes) -> Fact:
    """The e-mail address or number that `claim` tells was another. RISC 1.0 §2.5; the message names its member by the
    `former` one, which comes sealed under the member's own key: whoever signs the message opens it."""
    said = {"identifier": claim, "former": base64.b64encode(former).decode()}
    return Fact(EventType.IDENTIFIER_CHANGED, at, said, {claim: scope})


def account_disabled(at: datetime) -> Fact:
    """The member cannot sign in any more, for now. RISC 1.0 §2.3; without `reason`, whose values name crimes."""
    return Fact(EventType.ACCOUNT_DISABLED, at)


def account_enabled(at: datetime) -> Fact:
    """The member can sign in again. RISC 1.0 §2.4."""
    return Fact(EventType.ACCOUNT_ENABLED, at)


def credential_change_required(at: datetime) -> Fact:
    """The member must set a new password before they can sign in by one. RISC 1.0 §2.1."""
    return Fact(EventType.ACCOUNT_CREDENTIAL_CHANGE_REQUIRED, at)


def credential_compromise(at: datetime, credential: CredentialType) -> Fact:
    """Somebody else has, or may have, what the member proves themselves by. RISC 1.0 §2.7."""
    said = {"credential_type": credential.value, "event_timestamp": epoch_seconds(at)}
    return Fact(EventType.CREDENTIAL_COMPROMISE, at, said)


def recovery_activated(at: datetime) -> Fact:
    """The member used a way back in. RISC 1.0 §2.9."""
    return Fact(EventType.RECOVERY_ACTIVATED, at)


def recovery_information_changed(at: datetime) -> Fact:
    """Where or how the member gets back in is another. RISC 1.0 §2.10."""
    return Fact(EventType.RECOVERY_INFORMATION_CHANGED, at)


def _said(at: datetime, by: Initiator, reason: Mapping[str, str] | None) -> dict[str, Any]:
    said: dict[str, Any] = {"event_timestamp": epoch_seconds(at), "initiating_entity": by.value}
    return said if reason is None else said | {"reason_admin": dict(reason)}
