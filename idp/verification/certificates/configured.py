"""What the settings make of this room: the verdict over the operator's authorities, and the methods that ask for it."""

from __future__ import annotations

from collections.abc import Callable

from idp.clock import Clock
from idp.errors import ConfigurationError
from idp.randomness import Randomness
from idp.settings import Settings
from idp.storage.expiring.protocol import ExpiringStore
from idp.verification.certificates.authorities import Authorities, read_authorities
from idp.verification.certificates.challenge import Challenges
from idp.verification.certificates.fetch import Fetch, read_hosts
from idp.verification.certificates.method import CertificateMethod
from idp.verification.certificates.mirror import Mirror
from idp.verification.certificates.ocsp import Ocsp
from idp.verification.certificates.policies import read_policies
from idp.verification.certificates.revocation import Revocation
from idp.verification.certificates.shelf import Shelf
from idp.verification.certificates.verdict import Verdict
from idp.verification.offers import OFFERS, Offer


def authorities_of(settings: Settings) -> Authorities:
    """The operator's authorities.

    Raises:
        ConfigurationError: none are configured, or they cannot be used.
    """
    if settings.certificates.roots is None:
        raise ConfigurationError("certificates.roots is not set: no authority is trusted")
    return read_authorities(settings.certificates.roots, production=settings.environment == "production")


def verdict_of(settings: Settings, randomness: Randomness) -> Verdict:
    """The verdict.

    Raises:
        ConfigurationError: a setting, or a file it names, cannot be used.
    """
    told = settings.certificates
    fetch = Fetch(read_hosts(told.revocation_hosts), told.revocation_timeout)
    shelf = Shelf(told.crls_dir)
    revocation = Revocation(
        sources=(Ocsp(fetch, randomness), shelf, Mirror(fetch, told.crl_mirrors)),
        of_authorities=(shelf,),
        fails_closed=told.revocation_required,
    )
    return Verdict(authorities_of(settings), read_policies(told.policies_file), revocation)


def method_by(
    settings: Settings, store: ExpiringStore, clock: Clock, randomness: Randomness
) -> Callable[[Offer], CertificateMethod]:
    """What makes the method of an offer, with one verdict for all.

    Raises:
        ConfigurationError: a setting, or a file it names, cannot be used.
    """
    verdict = verdict_of(settings, randomness)

    def method(offer: Offer) -> CertificateMethod:
        accepted = verdict.policies.accepted(offer.holder)
        return CertificateMethod(offer, Challenges(store, clock, randomness, accepted), verdict)

    return method


def certificate_methods(
    settings: Settings, store: ExpiringStore, clock: Clock, randomness: Randomness
) -> tuple[CertificateMethod, ...]:
    """The methods that are real; none while no authority is configured.

    Raises:
        ConfigurationError: a setting, or a file it names, cannot be used.
    """
    if settings.certificates.roots is None or not settings.certificates.methods:
        return ()
    method = method_by(settings, store, clock, randomness)
    real = set(settings.certificates.methods) & set(settings.verification.methods)
    twice = real & {told.method for told in settings.verification.providers}
    if twice:
        raise ConfigurationError(f"certificates.methods and verification.providers both serve {sorted(twice)[0]}")
    return tuple(method(offer) for offer in OFFERS if offer.code in real)
