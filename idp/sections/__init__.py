"""The sections of the settings. Owns what each part of the house may be told, a file each; hands on their classes,
which `idp.settings` reads. May not know any room.
"""

from idp.sections.agency_api import AgencyApi
from idp.sections.authorization import Authorization
from idp.sections.certificates import Certificates
from idp.sections.client_certificates import ClientCertificates
from idp.sections.house import Brand, BrandWords, Events, Sessions, SignIn, Tokens
from idp.sections.joining import Enrolment, Recovery
from idp.sections.leaving import Leaving
from idp.sections.mail import Mail, Sms
from idp.sections.registration import Registration
from idp.sections.second_step import Passkeys, SecondStep
from idp.sections.verification import AppPush, PhoneCode, Verification

__all__ = [
    "AgencyApi",
    "AppPush",
    "Authorization",
    "Brand",
    "BrandWords",
    "Certificates",
    "ClientCertificates",
    "Enrolment",
    "Events",
    "Leaving",
    "Mail",
    "Passkeys",
    "PhoneCode",
    "Recovery",
    "Registration",
    "SecondStep",
    "Sessions",
    "SignIn",
    "Sms",
    "Tokens",
    "Verification",
]
