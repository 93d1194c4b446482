"""Second factors, passkeys and known devices, wired."""

from __future__ import annotations

from dataclasses import dataclass

from idp.credentials.attempts import AttemptLimits
from idp.credentials.daily_guesses import DailyGuesses
from idp.credentials.known_devices import KnownDevices
from idp.credentials.one_time_codes import OneTimeCodes
from idp.credentials.passkey_ceremonies import PasskeyCeremonies
from idp.credentials.passkeys import Passkeys
from idp.credentials.recovery_codes import RecoveryCodes
from idp.errors import ConfigurationError
from idp.house import House
from idp.members.inform import Inform
from idp.settings import Settings
from idp.signin.second_step import SecondStep
from idp.signin.take_code import TakeCode


@dataclass(frozen=True, slots=True)
class Factors:
    """What a member may prove themselves by beside a password, and the browsers they did it at."""

    devices: KnownDevices
    codes: OneTimeCodes
    recovery: RecoveryCodes
    passkeys: Passkeys
    ceremonies: PasskeyCeremonies
    second_step: SecondStep
    take_code: TakeCode


def factors(house: House, limits: AttemptLimits, inform: Inform) -> Factors:
    """Those of `house`.

    Raises:
        ConfigurationError: the attestation roots cannot be read.
    """
    settings, database, clock = house.settings, house.database, house.clock
    devices = KnownDevices(house.digester, house.randomness)
    codes = OneTimeCodes(house.cipher, house.randomness)
    recovery = RecoveryCodes(house.digester, house.randomness)
    ceremonies = PasskeyCeremonies(
        settings.issuer,
        settings.brand.name,
        settings.passkeys,
        house.store,
        house.randomness,
        house.digester,
        _roots(settings),
    )
    daily = DailyGuesses(house.store, house.digester, clock, settings.second_step.wrong_codes_per_day)
    return Factors(
        devices=devices,
        codes=codes,
        recovery=recovery,
        passkeys=Passkeys(house.cipher, house.randomness),
        ceremonies=ceremonies,
        second_step=SecondStep(database, clock, devices),
        take_code=TakeCode(database, clock, limits, daily, codes, recovery, inform),
    )


def _roots(settings: Settings) -> tuple[bytes, ...]:
    path = settings.passkeys.attestation_roots
    if path is None:
        return ()
    end = b"-----END CERTIFICATE-----"
    try:
        pieces = path.read_bytes().split(end)[:-1]
    except OSError as error:
        raise ConfigurationError(f"passkeys.attestation_roots: {error}") from error
    if not pieces:
        raise ConfigurationError("passkeys.attestation_roots holds no certificate")
    return tuple(piece.strip() + b"\n" + end + b"\n" for piece in pieces)
