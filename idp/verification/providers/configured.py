"""The methods that the settings give a provider."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.errors import ConfigurationError
from idp.randomness import Randomness
from idp.sections.providers import (
    AnyIdProvider,
    AnyProvider,
    BarocertProvider,
    EzAuthProvider,
    FinCertProvider,
    NiceProvider,
    OacxProvider,
    OpenIdProvider,
    ProfileProvider,
)
from idp.settings import Settings
from idp.storage.expiring.protocol import ExpiringStore
from idp.verification.certificates.configured import method_by
from idp.verification.evidence import Assurance, Holder
from idp.verification.first_use import FirstUse
from idp.verification.method import Method
from idp.verification.offers import OFFERS, Offer
from idp.verification.providers.adapter import Means
from idp.verification.providers.any_id import AnyId
from idp.verification.providers.app_push import ByAppPush, Hub
from idp.verification.providers.barocert import BarocertHub
from idp.verification.providers.ezauth import EzAuth
from idp.verification.providers.fincert import FinCert
from idp.verification.providers.nice import Nice
from idp.verification.providers.oacx import OacxHub
from idp.verification.providers.openid import OpenId
from idp.verification.providers.profile import Profile
from idp.verification.providers.push_limit import PushLimit
from idp.verification.providers.signed_results import ResultKey
from idp.verification.providers.wire import Wire

_Parts = tuple[Offer, str, bool, Wire, Means]
_CODES = frozenset(offer.code for offer in OFFERS)


def means_of(
    settings: Settings, store: ExpiringStore, clock: Clock, randomness: Randomness, digester: Digester
) -> Means:
    """What the adapters stand on.

    Raises:
        ConfigurationError: the authorities, or a file that the settings name, cannot be used.
    """
    signing = None
    wanted = any(isinstance(told, FinCertProvider) for told in settings.verification.providers)
    if wanted and settings.certificates.roots is not None:
        signing = method_by(settings, store, clock, randomness)
    return Means(
        clock, randomness, FirstUse(store), PushLimit(store, digester, settings.app_push), settings.issuer, signing
    )


def configured_methods(codes: Collection[str], providers: Sequence[AnyProvider], means: Means) -> tuple[Method, ...]:
    """A method for each provider whose code is among `codes`, and for each with a code of its own.

    Raises:
        ConfigurationError: two providers serve one method, or one of them cannot be used.
    """
    served = [told.method for told in providers]
    twice = {code for code in served if served.count(code) > 1}
    if twice:
        raise ConfigurationError(f"verification.providers: more than one provider of {sorted(twice)[0]}")
    return tuple(_method(told, means) for told in providers if told.method in codes or told.method not in _CODES)


def _method(told: AnyProvider, means: Means) -> Method:
    parts = _offer(told), told.name, told.simulated, Wire.to(told), means
    if isinstance(told, OacxProvider | BarocertProvider):
        return ByAppPush(*parts, _hub(told), told.brands)
    if isinstance(told, FinCertProvider):
        return _signed(told, parts)
    if isinstance(told, OpenIdProvider):
        return OpenId(*parts, told)
    if isinstance(told, ProfileProvider):
        return Profile(*parts, told)
    return _by_window(told, parts)


def _signed(told: FinCertProvider, parts: _Parts) -> Method:
    offer, name, simulated, wire, means = parts
    if means.signing is None:
        raise ConfigurationError(f"verification.providers: {told.name} needs certificates.roots to weigh signatures by")
    signing = means.signing(offer)
    return FinCert(offer, name, simulated or signing.simulated, wire, means, told, signing)


def _by_window(told: EzAuthProvider | NiceProvider | AnyIdProvider, parts: _Parts) -> Method:
    match told:
        case EzAuthProvider():
            return EzAuth(*parts, told)
        case NiceProvider():
            return Nice(*parts, told)
        case AnyIdProvider():
            return AnyId(*parts, told)


def _hub(told: OacxProvider | BarocertProvider) -> Hub:
    if isinstance(told, OacxProvider):
        return OacxHub(told, ResultKey(told.result_key))
    return BarocertHub(told, ResultKey(told.result_key) if told.result_key else None)


def _offer(told: AnyProvider) -> Offer:
    holder = _holder(told)
    by_certificate = isinstance(told, FinCertProvider)
    known = next((offer for offer in OFFERS if offer.code == told.method), None)
    if known is None:
        if not told.label:
            raise ConfigurationError(f"verification.providers: {told.method} is a method of its own and needs a label")
        level = Assurance.L3 if by_certificate else Assurance.L2
        known = Offer(told.method, told.label, told.note, holder, level)
    if known.holder is not holder:
        raise ConfigurationError(f"verification.providers: {told.shape} does not speak for a {known.holder.value}")
    if (known.assurance is Assurance.L3) is not by_certificate:
        which = "needs" if known.assurance is Assurance.L3 else "is not proven by"
        raise ConfigurationError(f"verification.providers: {told.method} {which} a certificate")
    assurance: Assurance = known.assurance
    if isinstance(told, OpenIdProvider | ProfileProvider):
        assurance = Assurance(told.assurance)
    return replace(known, label=told.label or known.label, note=told.note or known.note, assurance=assurance)


def _holder(told: AnyProvider) -> Holder:
    if isinstance(told, FinCertProvider):
        return Holder(told.holder)
    return Holder.BUSINESS if isinstance(told, EzAuthProvider) else Holder.PERSON
