"""What every letter is: a name, the channels it is written for, and fields that hold nothing but what their form lets
through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, get_args, get_origin, get_type_hints

from idp.mail.recipients import Channel

Code = Annotated[str, re.compile(r"[0-9]{4,8}\Z")]
Path = Annotated[str, re.compile(r"/(?!/)[A-Za-z0-9/_.~%?=&-]*\Z")]
Words = Annotated[str, re.compile(r"[\w ·()+-]{1,60}\Z")]
Masked = Annotated[str, re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{0,2}\*+[^\s\x00-\x1f\x7f-\x9f]{0,2}\Z")]
MaskedAddress = Annotated[str, re.compile(r"[0-9a-f.:*]{1,40}\Z|-\Z")]
# Of an address not even the domain: whoever changes it may have chosen one that reads like an offer.
MaskedContact = Annotated[
    str, re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,2}\*+@[a-z0-9]\*+\Z|[0-9-]{0,4}\*+(-[0-9]{4})?\Z")
]
Printable = Annotated[str, re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z")]


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
    STANDING_CHANGED = "standing_changed"
    NEW_PASSWORD_REQUIRED = "new_password_required"
    WITHDRAWN = "withdrawn"
    LINK_STOPPED = "link_stopped"
    LEAVING_SOON = "leaving_soon"
    GUARDIAN_CONSENT = "guardian_consent"
    GUARDIAN_DECIDED = "guardian_decided"
    GUARDIAN_RIGHTS = "guardian_rights"
    TURNED_FOURTEEN = "turned_fourteen"


EMAIL = frozenset({Channel.EMAIL})


@dataclass(frozen=True, slots=True)
class LetterForm:
    """A letter; each kind of it is its fields. Text is of one of the forms above, alone or in a tuple."""

    letter: ClassVar[Letter]
    channels: ClassVar[frozenset[Channel]] = frozenset(Channel)

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            several = get_origin(hint) is tuple
            text = get_args(hint)[0] if several else hint
            if get_origin(text) is not Annotated:
                continue
            (form,) = text.__metadata__
            value = getattr(self, name)
            if not all(form.match(each) for each in (value if several else (value,))):
                # Only our own code can get this wrong; the value stays out of the message.
                raise ValueError(f"{name}: not of the form a letter may carry")
