"""What relying parties' servers are known by, wired."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.registration_secrets import ClientSecrets
from idp.egress import Egress
from idp.fetch import Fetch
from idp.house import House
from idp.oidc.client_authentication import ClientAuthentication
from idp.oidc.client_authentication.assertion import ClientAssertions
from idp.oidc.client_authentication.certificate import CertificateProof
from idp.oidc.client_keys import ClientKeySets, ClientSignatures
from idp.web.client_certificate import ShownCertificate, shown_certificate


@dataclass(frozen=True, slots=True)
class Clients:
    """Made once: what clients host is read once for all who ask."""

    fetch: Fetch
    keys: ClientKeySets
    authenticate: ClientAuthentication
    certificate: ShownCertificate


def known_clients(house: House) -> Clients:
    """Those of `house`.

    Raises:
        ConfigurationError: a network to which we may go is none.
    """
    issuer = house.settings.issuer
    fetch = Fetch(Egress.of(house.settings))
    keys = ClientKeySets(fetch)
    assertions = ClientAssertions(issuer, ClientSignatures(keys), ClientSecrets(house.cipher), house.store, house.clock)
    proof = CertificateProof(keys, house.clock)
    told = house.settings.client_certificates
    addresses = (issuer,) if told.address is None else (issuer, told.address)
    authenticate = ClientAuthentication(house.catalogue, assertions, proof, addresses)
    return Clients(fetch, keys, authenticate, shown_certificate(told))
