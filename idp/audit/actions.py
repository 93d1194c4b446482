"""The names of what is recorded, `subject.verb`."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """One row a name; a retired name stays, in a comment, so that old records can be read."""

    MEMBER_JOINED = "member.joined"
    MEMBER_WITHDREW = "member.withdrew"
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_LOCKED = "sign_in.locked"
    SIGN_IN_ANSWERED = "sign_in.answered"
    SESSION_ENDED = "session.ended"
    SESSION_EXPIRED = "session.expired"
    SESSIONS_ENDED = "sessions.ended"
    PASSWORD_CHANGED = "password.changed"
    PROFILE_CHANGED = "profile.changed"
    CERTIFICATE_REGISTERED = "certificate.registered"
    CERTIFICATE_RENAMED = "certificate.renamed"
    CERTIFICATE_REMOVED = "certificate.removed"
    LOGIN_ID_FOUND = "login_id.found"
    RESET_LINK_ASKED = "reset_link.asked"
    PASSWORD_RESET = "password.reset"
    EMAIL_PROVEN = "email.proven"
    RECOVERY_REFUSED = "recovery.refused"
    LINK_CONNECTED = "link.connected"
    LINK_STOPPED = "link.stopped"
    CONSENT_GIVEN = "consent.given"
    CONSENT_DECLINED = "consent.declined"
    GRANT_REVOKED = "grant.revoked"
    VERIFICATION_SUCCEEDED = "verification.succeeded"
    VERIFICATION_FAILED = "verification.failed"
    ROSTER_TAKEN = "roster.taken"
    GUARDIAN_ASKED = "guardian.asked"
    GUARDIAN_AGREED = "guardian.agreed"
    GUARDIAN_REFUSED = "guardian.refused"
    TERMS_APPLIED = "terms.applied"
    TERMS_ANSWERED = "terms.answered"
    CATALOGUE_APPLIED = "catalogue.applied"
