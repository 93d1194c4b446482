"""A demonstration's sample person: 홍길동 of the simulated people, a member as if verification had let him in.

One person, wherever he is met: the simulator vouches for him, and so recovery, step-up and the conversion of an
agency's account find the member who signs in with a password.
"""

from __future__ import annotations

from datetime import UTC

from idp.commands.vouch import agree_on_paper
from idp.house import House
from idp.members.join import Join
from idp.members.profile import PersonProfile
from idp.members.verification_kept import VerificationKept
from idp.randomness import url_token
from idp.verification.simulated.people import people

LOGIN_ID, PASSWORD = "honggildong", "Onepass!2026"
_ACTOR = "command"
_PROVEN = ("name", "birthdate", "phone_number")


def ensure_person(house: House) -> None:
    """홍길동 is a member: at the first start, and again after a withdrawal."""
    with house.database.reading() as connection:
        found = house.directory.member_id(connection, LOGIN_ID)
    if found is None:
        _join(house)


def _join(house: House) -> None:
    join = Join(house.database, house.clock, house.randomness, house.directory, house.hasher)
    member_id = join.person(_profile(house), PASSWORD, actor=_ACTOR)
    agree_on_paper(house, member_id, "person", _ACTOR)


def _profile(house: House) -> PersonProfile:
    now = house.clock.now()
    hong = people(now.date())["hong_gildong"]
    kept = VerificationKept(
        method="any_id",
        provider="simulated",
        assurance="L2",
        simulated=True,
        at=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        process=f"demonstration-{url_token(house.randomness, 16)}",
        of=_PROVEN,
    )
    return PersonProfile(
        LOGIN_ID,
        hong.name,
        "honggildong@example.com",
        hong.phone,
        birth_date=hong.birth_date.isoformat(),
        ci=hong.ci,
        phone_verified=True,
        email_verified=True,
        identity_verified=True,
        verification=kept,
    )
