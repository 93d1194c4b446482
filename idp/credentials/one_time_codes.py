"""Codes of an authenticator app: one secret a member, every time step spent once. RFC 6238, RFC 4226."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from idp.clock import epoch_seconds
from idp.credentials.models import totp_secrets
from idp.crypto.fields import FieldCipher
from idp.errors import Conflict
from idp.randomness import Randomness

_PURPOSE = "credentials.totp"
_SECONDS = 30
_CODE = re.compile(r"[0-9]{6}\Z")
_BLANKS = re.compile(r"[\s-]+")
_LONGEST = 32
_mine = totp_secrets.c


class AppRegistered(Conflict):
    """The member has an authenticator app already."""

    code = "totp_already_registered"


def matching_step(secret: str, typed: str, now: datetime) -> int | None:
    """The time step whose code this is: the present one, or its neighbour on either side (RFC 6238 §5.2). Pure."""
    code = _BLANKS.sub("", typed[:_LONGEST])
    if not _CODE.match(code):
        return None
    present, app = epoch_seconds(now) // _SECONDS, pyotp.TOTP(secret)
    # All three are compared whichever fits: how long it takes says nothing.
    found = [step for step in (present - 1, present, present + 1) if hmac.compare_digest(app.generate_otp(step), code)]
    return found[-1] if found else None


def enrolment_uri(secret: str, account: str, issuer: str) -> str:
    """What a QR code tells an app (Key URI format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


@dataclass(frozen=True, slots=True)
class OneTimeCodes:
    """Every query on the apps' secrets, inside a transaction of the caller's. A secret lies under its member's data
    key."""

    cipher: FieldCipher
    randomness: Randomness

    def new_secret(self) -> str:
        """160 random bits, as apps read them (RFC 4226 §4 R6)."""
        return base64.b32encode(self.randomness.octets(20)).decode("ascii")

    def register(
        self, connection: Connection, member_id: str, data_key: bytes, secret: str, step: int, at: datetime
    ) -> None:
        """Keep a secret whose code of `step` was just shown; that step is spent.

        Raises:
            AppRegistered: the member has one already.
        """
        sealed = self.cipher.seal(data_key, member_id, _PURPOSE, secret.encode("ascii"))
        values = {"member_id": member_id, "sealed": sealed, "last_step": step, "registered_at": at}
        try:
            connection.execute(insert(totp_secrets).values(**values))
        except IntegrityError as error:
            raise AppRegistered from error

    def registered_at(self, connection: Connection, member_id: str) -> datetime | None:
        """Since when the member has an app, or None."""
        found: datetime | None = connection.execute(
            select(_mine.registered_at).where(_mine.member_id == member_id)
        ).scalar()
        return found

    def spend(self, connection: Connection, member_id: str, data_key: bytes, typed: str, now: datetime) -> bool:
        """Whether this is the member's code of the moment and nobody used it before; from now on somebody has."""
        sealed = connection.execute(select(_mine.sealed).where(_mine.member_id == member_id)).scalar()
        if sealed is None:
            return False
        secret = self.cipher.open(data_key, member_id, _PURPOSE, sealed).decode("ascii")
        step = matching_step(secret, typed, now)
        if step is None:
            return False
        # One statement: of any number who post the same code, one advances the step.
        unspent = (_mine.member_id == member_id) & (_mine.last_step < step)
        spent = connection.execute(update(totp_secrets).where(unspent).values(last_step=step, last_used_at=now))
        return spent.rowcount == 1

    def remove(self, connection: Connection, member_id: str) -> bool:
        """Forget the member's app; whether there was one."""
        return connection.execute(delete(totp_secrets).where(_mine.member_id == member_id)).rowcount == 1


def has_app(connection: Connection, member_id: str) -> bool:
    """Whether the member takes a second step when they sign in."""
    return bool(connection.execute(select(exists().where(_mine.member_id == member_id))).scalar())
