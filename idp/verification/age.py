"""How old somebody is in Korea: by birthday, the day of birth counted. Pure. 민법 §158–160, 개인정보 보호법 §22의2."""

from __future__ import annotations

from datetime import date, datetime

from idp.web.dates import KOREA

CONSENTS_ALONE = 14
"""From this age on nobody needs a guardian's consent (REQ-82, REQ-85)."""
ADULT = 19
"""민법 §4; a guardian is at least this old (REQ-83)."""


def korean_date(moment: datetime) -> date:
    """The day it is in Korea at that instant."""
    return moment.astimezone(KOREA).date()


def age(birth_date: date, moment: datetime) -> int:
    """Full years (만 나이) at `moment`. Whoever was born on 29 February completes a year on 1 March of a common one."""
    today = korean_date(moment)
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def is_under_14(birth_date: date, moment: datetime) -> bool:
    """Whether a guardian must consent."""
    return age(birth_date, moment) < CONSENTS_ALONE


def is_adult(birth_date: date, moment: datetime) -> bool:
    """Whether somebody may consent for a child."""
    return age(birth_date, moment) >= ADULT
