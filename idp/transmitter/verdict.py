"""What an answer means: the message is accepted, the endpoint is at fault, or the message itself is refused.

The difference decides who pays. An endpoint that is down, misconfigured or busy must cost no message any of its tries;
a message its receiver cannot take must not hold up the others.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from idp.signals.catalogue import Channel

_ACCEPTING = {
    Channel.EVENT: frozenset((202, 200, 204)),
    Channel.LOGOUT: frozenset((200, 204)),
    Channel.SCIM: frozenset((200, 201, 204)),
}
_CONFIGURATION = ("invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied")
MISCONFIGURED = frozenset(f"err_{code}" for code in _CONFIGURATION)
"""Outcomes of RFC 8935 §2.4 that say that the two sides do not agree about keys, names or rights. Every further message
would fail alike and lose its tries to it."""
GONE = "http_410"
"""The endpoint was taken away on purpose. RFC 9110 §15.5.11."""
_ERROR_CODES = frozenset(("invalid_request", *_CONFIGURATION))
"""Those of RFC 8935 §2.4. A word of a receiver's own could be anything, a member's name too, and figures kept by such
words would grow without end."""
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(hours=1)
_OVERLOADED_WAIT = timedelta(seconds=60)


class Verdict(StrEnum):
    """Who is to blame, if anybody."""

    ACCEPTED = "accepted"
    ENDPOINT_FAILED = "endpoint_failed"
    MESSAGE_REFUSED = "message_refused"
    WITHHELD = "withheld"
    """Nobody: nothing of it may be said any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One attempt's end. `outcome` is a short code for the record and the metrics; it never repeats a receiver's words,
    which may hold personal data."""

    verdict: Verdict
    outcome: str
    status: int | None = None
    wait: timedelta | None = None
    """The least time the endpoint wants to be left alone."""

    @property
    def tells_of_endpoint(self) -> bool:
        """Not where nothing was sent because of the message itself."""
        return self.verdict in (Verdict.ACCEPTED, Verdict.ENDPOINT_FAILED) or self.status is not None


def judge(channel: Channel, status: int, retry_after: str | None, body: bytes, now: datetime) -> Answer:
    """The meaning of an HTTP answer. RFC 8935 §2.2–2.4; OpenID Connect Back-Channel Logout 1.0 §2.8."""
    if status in _ACCEPTING[channel]:
        return Answer(Verdict.ACCEPTED, "accepted", status)
    if status == 400:
        if channel is not Channel.EVENT:
            return Answer(Verdict.MESSAGE_REFUSED, "http_400", status)
        code = _error_code(body)
        # A bare 400 is as likely a proxy's as the receiver's: without `err` nobody has refused this message.
        if code is not None:
            outcome = f"err_{code}"
            if outcome in MISCONFIGURED:
                return Answer(Verdict.ENDPOINT_FAILED, outcome, status, _OVERLOADED_WAIT)
            return Answer(Verdict.MESSAGE_REFUSED, outcome, status)
    wait = _asked_wait(retry_after, now)
    if wait is None and status == 429:
        wait = _OVERLOADED_WAIT
    return Answer(Verdict.ENDPOINT_FAILED, f"http_{status}", status, wait)


def unanswered(outcome: str) -> Answer:
    """No HTTP answer came: `timeout`, `connect`, `tls`, `dns` …"""
    return Answer(Verdict.ENDPOINT_FAILED, outcome, wait=_OVERLOADED_WAIT if outcome == "timeout" else None)


def unsendable(outcome: str) -> Answer:
    """The message could not even be made."""
    return Answer(Verdict.MESSAGE_REFUSED, outcome)


def withheld() -> Answer:
    """What it would say is nobody's business any more."""
    return Answer(Verdict.WITHHELD, Verdict.WITHHELD.value)


def _error_code(body: bytes) -> str | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    code = said.get("err") if isinstance(said, dict) else None
    if not isinstance(code, str):
        return None
    return code if code in _ERROR_CODES else "other"


def _asked_wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """`Retry-After`, seconds or a date (RFC 9110 §10.2.3), held within what is sensible: a receiver that asks for a
    year would never hear of a withdrawal."""
    if retry_after is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
        wait = timedelta(seconds=int(retry_after))
    else:
        try:
            wait = parsedate_to_datetime(retry_after) - now
        except (ValueError, TypeError):  # no date, or one without a zone
            return None
    return min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT)
