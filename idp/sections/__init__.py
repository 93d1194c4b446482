"""The sections of the settings, a file for each part of the house. `idp.settings` reads them."""

from idp.sections.house import Brand, BrandWords, Events, Sessions, SignIn, Tokens
from idp.sections.joining import Enrolment, Recovery
from idp.sections.mail import Mail, Sms
from idp.sections.verification import Verification

__all__ = [
    "Brand",
    "BrandWords",
    "Enrolment",
    "Events",
    "Mail",
    "Recovery",
    "Sessions",
    "SignIn",
    "Sms",
    "Tokens",
    "Verification",
]
