"""Who may use an access token, wired: for members' tokens and for those of relying parties' servers."""

from __future__ import annotations

from idp.house import House
from idp.oidc.dpop.nonces import Nonces
from idp.oidc.dpop.proven_keys import ProvenKeys
from idp.oidc.machine_callers import MachineCallers
from idp.oidc.machine_tokens import MachineTokens
from idp.oidc.possession import Possession
from idp.web.client_certificate import shown_certificate


def proven_keys(house: House) -> ProvenKeys:
    """Reads DPoP proofs."""
    nonces = Nonces(house.digester, house.clock) if house.settings.tokens.dpop_nonces else None
    alias = house.settings.client_certificates.address
    addresses = (house.settings.issuer,) if alias is None else (house.settings.issuer, alias)
    return ProvenKeys(addresses, house.store, house.clock, nonces)


def possession(house: House) -> Possession:
    """Asks for the keys that an access token is bound to."""
    return Possession(proven_keys(house), shown_certificate(house.settings.client_certificates))


def machine_callers(house: House) -> MachineCallers:
    """Authenticates relying parties' servers."""
    tokens = MachineTokens(house.store, house.randomness, house.settings.tokens.machine)
    return MachineCallers(house.catalogue, tokens, possession(house))
