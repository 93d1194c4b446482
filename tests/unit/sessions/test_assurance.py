"""What a session is worth, from what it remembers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.sessions.assurance import (
    Authentication,
    acr_level,
    assurance,
    by_one_time_code,
    by_passkey,
    by_password,
    by_recovery_code,
    remembered,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def certificate(minutes: int, *, simulated: bool = False) -> Authentication:
    return Authentication("joint_certificate", at(minutes), 3, ("swk",), simulated)


PASSWORD, CODE, RECOVERY = by_password(at(0)), by_one_time_code(at(1)), by_recovery_code(at(1))
PASSKEY, SYNCHRONISED = by_passkey(at(2), synchronised=False), by_passkey(at(2), synchronised=True)


@pytest.mark.parametrize(
    ("held", "acr", "amr", "minute"),
    [
        ((PASSWORD,), "1", ("pwd",), 0),
        ((PASSWORD, CODE), "2", ("pwd", "otp", "mfa"), 0),
        ((PASSWORD, RECOVERY), "2", ("pwd", "otp", "mfa"), 0),
        ((PASSKEY,), "2", ("hwk", "user", "mfa"), 2),
        ((SYNCHRONISED,), "2", ("swk", "user", "mfa"), 2),
        ((certificate(0), by_password(at(5))), "3", ("swk",), 0),
        ((certificate(0, simulated=True),), "3:sim", ("swk",), 0),
        ((certificate(0, simulated=True), by_password(at(5))), "3:sim", ("swk",), 0),
        ((certificate(3, simulated=True), certificate(1)), "3", ("swk",), 1),
        ((Authentication("phone", at(0), 1, ("sms",)), CODE), "2", ("sms", "otp", "mfa"), 0),
    ],
)
def test_says_level_ways_and_hour_of_the_same_proofs(
    held: tuple[Authentication, ...], acr: str, amr: tuple[str, ...], minute: int
) -> None:
    """Issue 4: `acr`, `amr`, `auth_time` tell the truth (OpenID Connect Core §2, RFC 8176 §2)."""
    reached = assurance(held)
    assert reached is not None
    assert (reached.acr, reached.amr, reached.auth_time) == (f"urn:onepass:acr:{acr}", amr, at(minute))


@pytest.mark.parametrize(
    ("held", "since", "level"),
    [
        ((), None, None),
        ((CODE,), None, None),
        ((PASSWORD, CODE), 1, None),
        ((certificate(0), by_password(at(5))), 5, 1),
        ((PASSWORD, by_passkey(at(6), synchronised=True)), 3, 2),
        ((PASSWORD,), 0, 1),
    ],
)
def test_counts_only_what_is_recent_enough(
    held: tuple[Authentication, ...], since: int | None, level: int | None
) -> None:
    """OpenID Connect Core §3.1.2.1 (max_age, prompt=login): an old certificate lends its level to no new password, and
    a code alone says nothing of who is there."""
    reached = assurance(held, at(since) if since is not None else None)
    assert (reached.level if reached is not None else None) == level


def test_remembers_the_latest_of_each_method() -> None:
    """However often somebody proves it again, a session stays small."""
    again = by_password(at(9))
    assert remembered((PASSWORD, CODE), again) == (CODE, again)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("urn:onepass:acr:1", 1),
        ("urn:onepass:acr:3:sim", 3),
        ("urn:onepass:acr:4", None),
        ("urn:onepass:acr:3 ", None),
        ("urn:onepass:acr:3\n", None),
        ("0", None),
        ("", None),
    ],
)
def test_reads_no_level_that_is_not_ours(name: str, level: int | None) -> None:
    """Unknown values ask for nothing (OpenID Connect Core §3.1.2.1)."""
    assert acr_level(name) == level
