"""The kinds of message a relying party can receive, how urgent each is, and what our own event says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from idp.clock import epoch_seconds


class Channel(StrEnum):
    """How something travels to a relying party: as Security Event Token (RFC 8935), as logout token (Back-Channel
    Logout), or, from no outbox, as an account to be made (RFC 7644)."""

    EVENT = "event"
    LOGOUT = "logout"
    SCIM = "scim"


class Priority(IntEnum):
    """In which order a relying party's messages leave: what ends somebody's access first, bulk last."""

    SECURITY = 0
    LINK = 1
    BULK = 2


class EventType(StrEnum):
    """Short names; `event_types` has the URI and the priority of each."""

    ACCOUNT_LINK_CHANGED = "account-link-changed"
    ACCOUNT_PURGED = "account-purged"
    ACCOUNT_DISABLED = "account-disabled"
    ACCOUNT_ENABLED = "account-enabled"
    ACCOUNT_CREDENTIAL_CHANGE_REQUIRED = "account-credential-change-required"
    CREDENTIAL_COMPROMISE = "credential-compromise"
    IDENTIFIER_CHANGED = "identifier-changed"
    RECOVERY_ACTIVATED = "recovery-activated"
    RECOVERY_INFORMATION_CHANGED = "recovery-information-changed"
    SESSION_REVOKED = "session-revoked"
    CREDENTIAL_CHANGE = "credential-change"
    TOKEN_CLAIMS_CHANGE = "token-claims-change"
    VERIFICATION = "verification"
    STREAM_UPDATED = "stream-updated"
    BACKCHANNEL_LOGOUT = "backchannel-logout"


class LinkReason(StrEnum):
    """Why a link changed; `reason` of account-link-changed."""

    SIGN_IN = "sign_in"
    MEMBER_LINK = "member_link"
    JOINING = "joining"
    CONVERSION = "conversion"
    MEMBER_UNLINK = "member_unlink"
    AGENCY_UNLINK = "agency_unlink"
    ADMIN_UNLINK = "admin_unlink"
    ADMIN_SUSPENSION = "admin_suspension"
    ADMIN_RESTORATION = "admin_restoration"
    AGENCY_RELINK = "agency_relink"
    AGENCY_REPORT = "agency_report"
    MEMBER_WITHDRAWAL = "member_withdrawal"
    FORCED_WITHDRAWAL = "forced_withdrawal"
    ENTERPRISE_WITHDRAWAL = "enterprise_withdrawal"


ACCOUNT_CLAIMS = frozenset(("agency_account", "agency_accounts"))
"""What of account-link-changed names the receiver's own accounts: often the person's e-mail address or 아이디."""


PREVIOUS_SUBJECT = "previous_subject"
"""What of account-link-changed tells under which subject the agency knew the member before they left."""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """One step of one link, as its relying parties hear of it."""

    link_id: str
    version: int
    previous_status: str | None
    current_status: str
    reason: LinkReason
    initiating_entity: str
    at: datetime

    def claims(self, accounts: Sequence[str] = ()) -> Mapping[str, Any]:
        """The event object: full state in each message, so that a late or repeated one is harmless.

        `accounts` are the receiver's own ids of the accounts that were put behind the link, where it named any.
        """
        said: dict[str, Any] = {
            "current_status": self.current_status,
            "reason": self.reason.value,
            "scope": "link",
            "link_id": self.link_id,
            "version": self.version,
            "local_account": "retain",
            "event_timestamp": epoch_seconds(self.at),
            "initiating_entity": self.initiating_entity,
        }
        if len(accounts) == 1:
            said["agency_account"] = accounts[0]
        elif accounts:
            said["agency_accounts"] = list(accounts)
        if self.previous_status is not None:
            said["previous_status"] = self.previous_status
        return said

    def tenant_claims(self, known: int) -> Mapping[str, Any]:
        """The event object about every link of the tenant; `known` is how many accounts of the receiver's we knew."""
        of_the_link = ("link_id", "version")
        said = {name: value for name, value in self.claims().items() if name not in of_the_link}
        return {**said, "scope": "tenant", "epoch": self.version, "link_count": known}
