"""Codes of an app, recovery codes, known browsers: on each database, with races."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from idp.credentials import store
from idp.credentials.known_devices import KnownDevices
from idp.credentials.one_time_codes import AppRegistered, OneTimeCodes, has_app, matching_step
from idp.credentials.recovery_codes import RecoveryCodes
from idp.house import House
from idp.members import store as members
from tests.builders import a_person, withdrawing
from tests.fakes import FrozenClock
from tests.races import race

NOW = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_reads_the_codes_of_the_specification(seconds: int, code: str) -> None:
    """RFC 6238 appendix B, the last six of its eight digits."""
    assert matching_step(SECRET, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}-{1} ", "{0}{1}"])
def test_reads_a_code_as_people_type_it(typed: str) -> None:
    """KWCAG: no error that a program can mend."""
    code = pyotp.TOTP(SECRET).at(NOW)
    assert matching_step(SECRET, typed.format(code[:3], code[3:]), NOW) is not None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "9" * 10_000, "\x00" * 6])
def test_reads_nothing_else_as_a_code(typed: str) -> None:
    """Issue 4: bad input, huge input."""
    assert matching_step(SECRET, typed, NOW) is None


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_allows_for_a_clock_one_step_away(steps: int, *, taken: bool) -> None:
    """RFC 6238 §5.2, §6: one step of drift either way and no more."""
    code = pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=30 * steps))
    assert (matching_step(SECRET, code, NOW) is not None) is taken


def codes_of(house: House) -> OneTimeCodes:
    return OneTimeCodes(house.cipher, house.randomness)


def with_app(house: House, login_id: str = "honggildong") -> tuple[str, bytes]:
    member_id = a_person(house, login_id, ci=None)
    with house.database.transaction() as connection:
        row = members.find(connection, member_id)
        assert row is not None
        assert row.data_key is not None
        codes_of(house).register(connection, member_id, row.data_key, SECRET, 0, NOW)
        return member_id, row.data_key


def test_spends_a_step_once(any_house: House) -> None:
    """RFC 6238 §5.2: a code that was taken is not taken again, nor one of an earlier step after it. Sixteen post the
    same code, one goes on (architecture §11.1)."""
    member_id, key = with_app(any_house)
    codes, app = codes_of(any_house), pyotp.TOTP(SECRET)

    def spend(code: str) -> bool:
        with any_house.database.transaction() as connection:
            return codes.spend(connection, member_id, key, code, NOW)

    assert race(lambda _: spend(app.at(NOW))).count(True) == 1
    assert not spend(app.at(NOW - timedelta(seconds=30)))
    assert spend(app.at(NOW + timedelta(seconds=30)))
    assert not spend(app.at(NOW))


def test_keeps_one_app_and_no_readable_secret(any_house: House) -> None:
    """Issue 4: the secret lies under the member's data key, and opens for nobody else."""
    member_id, key = with_app(any_house)
    with any_house.database.transaction() as connection, pytest.raises(AppRegistered):
        codes_of(any_house).register(connection, member_id, key, SECRET, 0, NOW)
    with any_house.database.reading() as connection:
        kept = connection.exec_driver_sql("select sealed from totp_secrets").scalar_one()
        assert SECRET.encode() not in bytes(kept)
        assert not has_app(connection, "somebody else")


def test_gives_a_recovery_code_to_one_of_sixteen(any_house: House) -> None:
    """Issue 4, architecture §11.1: each works once, however many present it; those from before a renewal never."""
    member_id = a_person(any_house, ci=None)
    recovery = RecoveryCodes(any_house.digester, any_house.randomness)
    with any_house.database.transaction() as connection:
        former = recovery.renew(connection, member_id, NOW)
        codes = recovery.renew(connection, member_id, NOW)

    def spend(code: str, whose: str = member_id) -> bool:
        with any_house.database.transaction() as connection:
            return recovery.spend(connection, whose, code)

    assert len(set(codes)) == 10
    assert race(lambda _: spend(codes[0])).count(True) == 1
    assert not spend(former[0])
    assert not spend(codes[1], "somebody else")
    assert spend(codes[1].upper().replace("-", " "))
    with any_house.database.reading() as connection:
        assert recovery.left(connection, member_id) == 8
        kept = connection.exec_driver_sql("select digest from recovery_codes").scalars().all()
    assert all(code.replace("-", "") not in digest for code in codes for digest in kept)


@pytest.mark.parametrize("typed", ["", "-", "한" * 10, "x" * 100_000])
def test_takes_nothing_else_for_a_recovery_code(house: House, typed: str) -> None:
    """Issue 4: bad input."""
    member_id = a_person(house, ci=None)
    recovery = RecoveryCodes(house.digester, house.randomness)
    with house.database.transaction() as connection:
        recovery.renew(connection, member_id, NOW)
        assert not recovery.spend(connection, member_id, typed)


def test_learns_a_browser_once(any_house: House) -> None:
    """Issue 4: of sixteen sign-ins at once with a new browser one is told about."""
    member_id = a_person(any_house, ci=None)
    devices = KnownDevices(any_house.digester, any_house.randomness)

    def learn(_: int) -> bool:
        with any_house.database.transaction() as connection:
            return devices.learn(connection, devices.new_id(), member_id, "h" * 43, "Chrome · Linux", NOW)

    assert race(learn).count(True) == 1


def test_spares_a_browser_for_one_member_and_a_while(house: House, frozen_clock: FrozenClock) -> None:
    """Issue 4: 30 days, one member, this browser; a new password ends it (`set_password` is in every way to one)."""
    now = frozen_clock.now()
    one, other = a_person(house, ci=None), a_person(house, "somebody", ci=None)
    devices, handle = KnownDevices(house.digester, house.randomness), "h" * 43
    with house.database.transaction() as connection:
        for member_id in (one, other):
            devices.learn(connection, devices.new_id(), member_id, handle, None, now)
        devices.spare(connection, one, handle, now + timedelta(days=30))
        assert devices.is_spared(connection, one, handle, now + timedelta(days=29))
        assert not devices.is_spared(connection, one, handle, now + timedelta(days=30))
        assert not devices.is_spared(connection, one, "x" * 43, now)
        assert not devices.is_spared(connection, other, handle, now)
        store.set_password(connection, one, "$argon2id$", now)
        assert not devices.is_spared(connection, one, handle, now)
        assert devices.last_seen(connection, one, handle) == now


def test_knows_fifty_browsers_and_forgets_the_one_longest_away(house: House) -> None:
    """Architecture §6: no member fills a table."""
    member_id = a_person(house, ci=None)
    devices = KnownDevices(house.digester, house.randomness)
    with house.database.transaction() as connection:
        for number in range(52):
            at = NOW + timedelta(minutes=number)
            devices.learn(connection, devices.new_id(), member_id, f"{number:043}", None, at)
        assert connection.exec_driver_sql("select count(*) from known_devices").scalar() == 50
        assert devices.last_seen(connection, member_id, f"{0:043}") is None
        assert devices.last_seen(connection, member_id, f"{51:043}") is not None


def test_leaves_nothing_behind_a_member_who_leaves(house: House) -> None:
    """REQ-76: passkeys, secrets, codes and browsers go in the transaction of the withdrawal."""
    member_id, _key = with_app(house)
    recovery, devices = RecoveryCodes(house.digester, house.randomness), KnownDevices(house.digester, house.randomness)
    with house.database.transaction() as connection:
        recovery.renew(connection, member_id, NOW)
        devices.learn(connection, devices.new_id(), member_id, "h" * 43, None, NOW)
    withdrawing(house)(member_id)
    with house.database.reading() as connection:
        for table in ("totp_secrets", "recovery_codes", "known_devices", "passkeys"):
            assert connection.exec_driver_sql(f"select count(*) from {table}").scalar() == 0  # noqa: S608
