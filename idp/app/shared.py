"""What every door that signs members in or out shares, made once."""

from __future__ import annotations

from dataclasses import dataclass

from flask import has_request_context, request

from idp.account.leave import Leave
from idp.app.second_factors import Factors, factors
from idp.credentials.attempts import AttemptLimits, network
from idp.house import House
from idp.links.tell_agencies import TellLinkedAgencies
from idp.mail.post import Post
from idp.members.inform import Inform
from idp.sessions.device import Device, family
from idp.sessions.sessions import Sessions
from idp.signin.desk import SignInDesk
from idp.signin.farewell import Farewells
from idp.signin.means import MeansOf
from idp.signin.password import CheckPassword
from idp.signin.pending import PendingSignIns
from idp.signin.pending_sign_out import PendingSignOuts
from idp.signin.routes.good_bye import GoodBye
from idp.signin.sign_out import SignOut
from idp.signin.tell_ended import TellEnded
from idp.signin.visitor import Visitors
from idp.verification.certificates.configured import certificate_methods
from idp.verification.desk import VerificationDesk
from idp.verification.kept import RenewKept
from idp.verification.offers import in_order
from idp.verification.one_time_code.limits import SendLimits
from idp.verification.one_time_code.method import ByPhoneCode
from idp.verification.providers.configured import configured_methods, means_of
from idp.verification.simulated.methods import simulated_methods
from idp.verification.simulated.provider import SimulatedProvider
from idp.verification.transactions import Transactions
from idp.web.browser import Browser, address
from idp.web.translations import language


def leave(house: House) -> Leave:
    """What leaving needs of `house`."""
    parts = (house.settings, house.database, house.clock, house.randomness)
    return Leave(*parts, house.catalogue, house.cipher, house.digester)


@dataclass(frozen=True, slots=True)
class Shared:
    """The desks and the browser's cookies."""

    sessions: Sessions
    pending: PendingSignIns
    desk: SignInDesk
    visitors: Visitors
    limits: AttemptLimits
    post: Post
    inform: Inform
    tell_agencies: TellLinkedAgencies
    check_password: CheckPassword
    sign_out: SignOut
    pending_sign_outs: PendingSignOuts
    good_bye: GoodBye
    browser: Browser
    verification: VerificationDesk
    renew_kept: RenewKept
    factors: Factors
    means: MeansOf
    simulator: SimulatedProvider | None


def share(house: House) -> Shared:
    """The shared things of `house`."""
    settings = house.settings
    sessions = Sessions(
        house.store,
        house.clock,
        house.randomness,
        house.digester,
        settings.sessions.idle,
        settings.sessions.absolute,
        house.database,
        _device,
    )
    pending = PendingSignIns(
        house.store,
        house.randomness,
        settings.sign_in.pending,
        lambda: house.digester.digest("sign_ins_begun", network(address(request))) if has_request_context() else "",
        settings.sign_in.begun_per_address,
    )
    simulator = _simulator(house)
    post = Post(house.clock, house.randomness, house.cipher, language)
    inform = Inform(post, house.directory)
    limits = AttemptLimits(house.store, house.digester, settings.sign_in, house.clock)
    verification, second = _verification(house, simulator, post), factors(house, limits, inform)
    tell_agencies = TellLinkedAgencies(house.randomness, house.catalogue)
    browser = Browser(house.randomness, settings.secure, settings.second_step.device)
    means = MeansOf(house.directory, verification, second.ceremonies.offered)
    return Shared(
        sessions=sessions,
        pending=pending,
        desk=SignInDesk(house.database, house.clock, house.catalogue, sessions, pending, house.terms, means),
        visitors=Visitors(house.database, sessions, house.directory),
        limits=limits,
        post=post,
        inform=inform,
        tell_agencies=tell_agencies,
        check_password=CheckPassword(house.database, house.clock, house.directory, house.hasher, limits, inform),
        sign_out=SignOut(sessions, _tell_ended(house, sessions)),
        pending_sign_outs=PendingSignOuts(house.store, house.randomness, settings.sign_in.pending),
        good_bye=GoodBye(Farewells(house.database, house.store, house.randomness), browser),
        browser=browser,
        verification=verification,
        renew_kept=RenewKept(house.database, house.clock, house.directory, tell_agencies),
        factors=second,
        means=means,
        simulator=simulator,
    )


def _tell_ended(house: House, sessions: Sessions) -> TellEnded:
    parts = (house.database, house.clock, house.randomness, house.catalogue, sessions)
    return TellEnded(*parts, house.settings.issuer, house.settings.tokens.code)


def _device() -> Device:
    """Where the present request comes from; unknown where a session is begun without one."""
    if not has_request_context():
        return Device()
    return Device(address(request), family(request.headers.get("User-Agent", "")[:400]))


def _simulator(house: House) -> SimulatedProvider | None:
    if not house.settings.verification.simulated:
        return None
    return SimulatedProvider(house.store, house.clock, house.randomness, house.digester)


def _verification(house: House, simulator: SimulatedProvider | None, post: Post) -> VerificationDesk:
    settings = house.settings.verification
    means = means_of(house.settings, house.store, house.clock, house.randomness, house.digester)
    configured = configured_methods(settings.methods, settings.providers, means)
    certificates = certificate_methods(house.settings, house.store, house.clock, house.randomness)
    served = {method.code for method in (*configured, *certificates)}
    rest = [code for code in settings.methods if code not in served]
    stand_ins = simulated_methods(rest, simulator) if simulator is not None else ()
    methods = in_order((*configured, *certificates, *stand_ins))
    transactions = Transactions(house.store, house.clock, house.randomness, house.cipher, settings.lifetime)
    return VerificationDesk(house.database, house.clock, transactions, methods, (_by_phone_code(house, post),))


def _by_phone_code(house: House, post: Post) -> ByPhoneCode:
    limits = house.settings.phone_code
    may_send = SendLimits(house.store, house.digester, limits)
    return ByPhoneCode(house.database, house.clock, house.randomness, house.digester, post, limits, may_send)
