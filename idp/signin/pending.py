"""Sign-ins that were started and wait for the member, each bound to the browser it began in."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from idp.crypto.digests import secret_digest
from idp.errors import NotFound, TooManyAttempts
from idp.randomness import Randomness, url_token
from idp.signin.next_step import Progress
from idp.signin.request import SignInRequest
from idp.storage.expiring.protocol import ExpiringStore
from idp.web.source_words import N_

_ID_LENGTH = 22


class PageExpired(NotFound):
    """The sign-in is over, was never there, or belongs to another browser; all three look alike from outside."""

    code = "page_expired"


@dataclass(frozen=True, slots=True)
class Pending:
    """A started sign-in."""

    id: str
    request: SignInRequest
    browser: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class PendingSignIns:
    """Keeps started sign-ins in the expiring store."""

    store: ExpiringStore
    randomness: Randomness
    lifetime: timedelta
    whence: Callable[[], str] = lambda: ""
    """Stands for the network address that is being served; empty where there is none."""
    per_address: int = 0
    """Questions kept for one address within a lifetime; 0: as many as come."""

    def put(self, request: SignInRequest, browser: str, started_at: datetime) -> Pending:
        """Keep a question until its member has dealt with it.

        Raises:
            TooManyAttempts: this address began far more than its people can mean; anybody may ask, and each question
                takes room until it lapses.
        """
        whence = self.whence() if self.per_address else ""
        if whence and self.store.increment(f"sign-ins-begun:{whence}", self.lifetime) > self.per_address:
            raise TooManyAttempts(
                "sign-ins begun from one address",
                public=N_("로그인 화면을 너무 많이 열었습니다. 잠시 후 다시 시도해 주세요."),
                retry_after=int(self.lifetime.total_seconds()),
            )
        pending = Pending(url_token(self.randomness, 16), request, secret_digest(browser), Progress(started_at))
        self._write(pending)
        return pending

    def get(self, pending_id: str, browser: str | None) -> Pending:
        """The started sign-in.

        Raises:
            PageExpired: there is none of this id in this browser. A link sent by somebody else would otherwise let
                its sender's question be answered with the receiver's name (login CSRF).
        """
        octets = self.store.get(_key(pending_id)) if len(pending_id) == _ID_LENGTH else None
        if octets is None or browser is None:
            raise PageExpired
        pending = _unpacked(pending_id, octets)
        if not hmac.compare_digest(pending.browser, secret_digest(browser)):
            raise PageExpired
        return pending

    def progress(
        self, pending: Pending, *, consented: bool = False, declined: bool = False, skipped: bool = False, by: str = ""
    ) -> None:
        """Write down what the member did on a page.

        Raises:
            PageExpired: it was collected meanwhile; written back, it could be collected once more.
        """
        self.spend(pending)
        before = pending.progress
        progress = replace(before, consented=consented, declined=declined, skipped=skipped or before.skipped, by=by)
        self._write(replace(pending, progress=progress))

    def spend(self, pending: Pending) -> None:
        """Take the sign-in out of the store: of several collectors one goes on.

        Raises:
            PageExpired: another one was first.
        """
        if self.store.take(_key(pending.id)) is None:
            raise PageExpired

    def _write(self, pending: Pending) -> None:
        content = {
            "request": pending.request.packed(),
            "browser": pending.browser,
            "started_at": pending.progress.started_at.timestamp(),
            "consented": pending.progress.consented,
            "declined": pending.progress.declined,
            "skipped": pending.progress.skipped,
            "by": pending.progress.by,
        }
        self.store.put(_key(pending.id), json.dumps(content).encode(), self.lifetime)


def _unpacked(pending_id: str, octets: bytes) -> Pending:
    content = json.loads(octets)
    progress = Progress(
        datetime.fromtimestamp(content["started_at"], UTC),
        content["consented"],
        content["declined"],
        content.get("skipped", False),
        content.get("by", ""),
    )
    return Pending(pending_id, SignInRequest.unpacked(content["request"]), content["browser"], progress)


def _key(pending_id: str) -> str:
    return f"sign-in:{pending_id}"
