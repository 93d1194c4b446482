"""What second factors may be told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from idp.sections.section import Section


class Passkeys(Section):
    """Passkeys (WebAuthn). They belong to the host name of `issuer` and work nowhere else; at an IP address never."""

    enabled: bool = True
    """Whether members may register and use them."""
    attestation: Literal["none", "direct"] = "none"
    """`none` takes any authenticator; `direct` only those in `trusted_aaguids` whose maker vouches for them."""
    trusted_aaguids: list[str] = Field(default_factory=list)
    """The models that `direct` takes, each as a UUID; the FIDO Metadata Service lists them."""
    attestation_roots: Path | None = None
    """A PEM file of the makers' root certificates that `direct` believes."""
    most: int = Field(default=10, ge=1, le=50)
    """Passkeys of one member."""
    challenge: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0), le=timedelta(minutes=30))
    """How long a page's challenge is good; it is used once."""

    @model_validator(mode="after")
    def _names_whom_it_trusts(self) -> Passkeys:
        if self.attestation == "direct" and not (self.trusted_aaguids and self.attestation_roots):
            raise ValueError("attestation direct needs trusted_aaguids and attestation_roots")
        return self


class SecondStep(Section):
    """The second step that members may turn on for themselves, and browsers that they know."""

    spared: timedelta = Field(default=timedelta(days=30), gt=timedelta(0), le=timedelta(days=365))
    """How long 이 기기에서는 다시 묻지 않기 lasts. It never answers a relying party that asks for a second factor."""
    wrong_codes_per_day: int = Field(default=30, ge=5, le=100)
    """Wrong codes of one member in a day; then none is taken before the next, unless they prove in another way who they
    are. Of those who have the password, 30 let 3 in 100 guess a code within a year."""
    device: timedelta = Field(default=timedelta(days=400), gt=timedelta(0), le=timedelta(days=400))
    """How long a browser keeps the cookie by which it is known again; browsers keep none longer."""
    new_device_letter: bool = True
    """Whether members are written to when they sign in with a browser not seen before."""
    not_me_link: timedelta = Field(default=timedelta(days=7), gt=timedelta(0), le=timedelta(days=30))
    """How long the link in that letter is good that ends every session."""
