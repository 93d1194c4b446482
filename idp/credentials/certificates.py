"""Certificates that members registered for signing in (requirements §2-3, C12)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from idp.credentials.models import certificates
from idp.crypto.fields import FieldCipher
from idp.errors import Conflict, NotFound
from idp.randomness import Randomness, case_blind_token

_PURPOSE = "credentials.certificate"


class SignedWith(Protocol):
    """What we keep of a certificate; verification's own value fits."""

    @property
    def issuer(self) -> str: ...
    @property
    def serial(self) -> str: ...
    @property
    def policy(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def not_after(self) -> datetime | None: ...


class AlreadyRegistered(Conflict):
    """This member registered this certificate before."""

    code = "certificate_already_registered"


@dataclass(frozen=True, slots=True)
class CertificateName:
    """What a member sees of a certificate."""

    name: str
    issuer: str
    serial: str
    policy: str


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """One certificate of a member."""

    id: str
    said: CertificateName
    not_after: datetime | None
    registered_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class RegisteredCertificates:
    """Every query on registered certificates, inside a transaction of the caller's. Details lie under the member's own
    data key, which the caller hands in where it reads or writes them."""

    cipher: FieldCipher
    randomness: Randomness

    def register(
        self,
        connection: Connection,
        member_id: str,
        data_key: bytes,
        certificate: SignedWith,
        *,
        name: str,
        at: datetime,
    ) -> str:
        """Keep a certificate that was just verified; its row id.

        Raises:
            AlreadyRegistered: the member has it already.
        """
        if self.find(connection, member_id, certificate.sha256) is not None:
            raise AlreadyRegistered("certificate is registered")
        row_id = case_blind_token(self.randomness)
        said = CertificateName(name, certificate.issuer, certificate.serial, certificate.policy)
        sealed = self.cipher.seal(data_key, member_id, _PURPOSE, json.dumps(asdict(said)).encode())
        connection.execute(
            insert(certificates).values(
                id=row_id,
                member_id=member_id,
                fingerprint=certificate.sha256,
                sealed=sealed,
                not_after=certificate.not_after,
                registered_at=at,
            )
        )
        return row_id

    def find(self, connection: Connection, member_id: str, fingerprint: str) -> str | None:
        """The row id of a member's certificate by its SHA-256."""
        found: str | None = connection.execute(
            select(certificates.c.id).where(
                certificates.c.member_id == member_id, certificates.c.fingerprint == fingerprint
            )
        ).scalar()
        return found

    def used(self, connection: Connection, row_id: str, at: datetime) -> None:
        """Write down that a certificate signed somebody in."""
        connection.execute(update(certificates).where(certificates.c.id == row_id).values(last_used_at=at))

    def of_member(self, connection: Connection, member_id: str, data_key: bytes) -> list[RegisteredCertificate]:
        """A member's certificates, oldest first."""
        rows = connection.execute(
            select(certificates).where(certificates.c.member_id == member_id).order_by(certificates.c.registered_at)
        )
        return [
            RegisteredCertificate(
                row.id,
                CertificateName(**self._opened(row, data_key)),
                row.not_after,
                row.registered_at,
                row.last_used_at,
            )
            for row in rows
        ]

    def rename(self, connection: Connection, member_id: str, data_key: bytes, row_id: str, name: str) -> None:
        """Call a certificate what its member wants to call it.

        Raises:
            NotFound: the member has none of this id.
        """
        mine = (certificates.c.id == row_id) & (certificates.c.member_id == member_id)
        row = connection.execute(select(certificates).where(mine).with_for_update()).one_or_none()
        if row is None:
            raise NotFound("no such certificate")
        said = json.dumps({**self._opened(row, data_key), "name": name}).encode()
        connection.execute(
            update(certificates).where(mine).values(sealed=self.cipher.seal(data_key, member_id, _PURPOSE, said))
        )

    def count(self, connection: Connection, member_id: str) -> int:
        """How many a member has."""
        query = select(func.count()).select_from(certificates).where(certificates.c.member_id == member_id)
        return int(connection.execute(query).scalar_one())

    def remove(self, connection: Connection, member_id: str, row_id: str) -> None:
        """Forget one certificate of a member.

        Raises:
            NotFound: the member has none of this id.
        """
        gone = connection.execute(
            delete(certificates).where(certificates.c.id == row_id, certificates.c.member_id == member_id)
        )
        if gone.rowcount == 0:
            raise NotFound("no such certificate")

    def _opened(self, row: Any, data_key: bytes) -> dict[str, str]:
        opened: dict[str, str] = json.loads(self.cipher.open(data_key, row.member_id, _PURPOSE, row.sealed))
        return opened


def has_certificate(connection: Connection, member_id: str, now: datetime) -> bool:
    """Whether the member registered one that has not ended."""
    good = certificates.c.not_after.is_(None) | (certificates.c.not_after > now)
    return bool(connection.execute(select(exists().where((certificates.c.member_id == member_id) & good))).scalar())
