"""What every letter is held to: its name, its channels, and the forms in which its values may come."""

from __future__ import annotations

import re
from enum import StrEnum

from idp.mail.recipients import Channel

CODE = re.compile(r"[0-9]{4,8}\Z")
PATH = re.compile(r"/(?!/)[A-Za-z0-9/_.~%?=&-]*\Z")
WORDS = re.compile(r"[\w ·()+-]{1,60}\Z")
MASKED = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{0,2}\*+[^\s\x00-\x1f\x7f-\x9f]{0,2}\Z")
ADDRESS = re.compile(r"[0-9a-f.:*]{1,40}\Z|-\Z")
# Of an address not even the domain: whoever changes it may have chosen one that reads like an offer.
MASKED_CONTACT = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,2}\*+@[a-z0-9]\*+\Z|[0-9-]{0,4}\*+(-[0-9]{4})?\Z")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Letter(StrEnum):
    """Each letter's name: in the queue, and of its files in `templates/<language>/`."""

    VERIFICATION_CODE = "verification_code"
    PASSWORD_RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"
    CONTACT_CHANGED = "contact_changed"
    ACCOUNT_LOCKED = "account_locked"
    NEW_SIGN_IN = "new_sign_in"
    CERTIFICATE_CHANGED = "certificate_changed"
    SECOND_STEP_CHANGED = "second_step_changed"
    PASSKEY_CHANGED = "passkey_changed"
    LOGIN_ID_REMINDER = "login_id_reminder"
    WELCOME = "welcome"
    EMAIL_PROOF = "email_proof"
    WITHDRAWN = "withdrawn"
    GUARDIAN_CONSENT = "guardian_consent"
    GUARDIAN_DECIDED = "guardian_decided"
    GUARDIAN_RIGHTS = "guardian_rights"
    TURNED_FOURTEEN = "turned_fourteen"


BOTH = frozenset(Channel)
EMAIL = frozenset({Channel.EMAIL})


def require(form: re.Pattern[str], name: str, value: str) -> None:
    """Only our own code can get this wrong; the value stays out of the message."""
    if form.match(value) is None:
        raise ValueError(f"{name}: not of the form a letter may carry")
