"""The certificates of a demonstration: a lab made once, and a company that can sign in with one of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from idp.clock import SystemClock
from idp.commands.certificates import own_certificates
from idp.commands.vouch import agree_on_paper
from idp.credentials.certificates import AlreadyRegistered
from idp.house import House
from idp.members.join import Join
from idp.members.profile import EnterpriseProfile
from idp.randomness import SystemRandomness
from idp.settings import Settings
from idp.verification.certificates.configured import authorities_of, verdict_of
from idp.verification.certificates.shelf import Shelf
from idp.verification.certificates.x509_values import read
from idp.verification.evidence import Holder
from idp.verification.lab.make import make_lab, open_lab, renew
from idp.verification.lab.members import PASSWORD
from idp.verification.simulated.people import COMPANIES, people

_ACTOR = "demo"
_MEMBER = "business"
_COMPANY = COMPANIES[0]


def told_of_lab(directory: Path) -> Mapping[str, str]:
    """The settings by which the provider trusts the lab. A person's certificate alone makes no member (it has no CI),
    so that persons' stays with the stand-in."""
    return {
        "IDP_CERTIFICATES__ROOTS": str(_lab(directory) / "authorities"),
        "IDP_CERTIFICATES__CRLS_DIR": str(directory / "crls"),
        "IDP_CERTIFICATES__METHODS": '["business_certificate"]',
    }


def prepare_lab(directory: Path, told: Settings) -> None:
    """The lab is there, and its revocation lists are current. A deployment that trusts others is left alone.

    Raises:
        ConfigurationError: its directory holds something else.
    """
    clock, folder = SystemClock(), _lab(directory)
    if not _trusts(told, folder):
        return
    if folder.exists():
        lab = open_lab(folder)
        renew(lab, clock.now())
    else:
        lab = make_lab(folder, clock.now(), SystemRandomness())
    shelf, authorities = Shelf(told.certificates.crls_dir), authorities_of(told)
    for path in lab.lists:
        shelf.take(path.read_bytes(), authorities, clock.now())


def ensure_enterprise(directory: Path, house: House) -> None:
    """길동상사 is a member with its certificate registered: at the first start, and again after a withdrawal."""
    folder = _lab(directory)
    if not _trusts(house.settings, folder):
        return
    with house.database.reading() as connection:
        found = house.directory.enterprise_id(connection, _COMPANY.business_number)
    member_id = found or _join(house)
    certificate = read(open_lab(folder).certificate(_MEMBER))
    verdict = verdict_of(house.settings, house.randomness)
    path, policy = verdict.certificate(certificate, Holder.BUSINESS, house.clock.now())
    with suppress(AlreadyRegistered):
        own_certificates(house).vouched(member_id, path.leaf.kept(policy), name="체험용 기업인증서", actor=_ACTOR)


def words(directory: Path) -> str:
    """What to print about it."""
    folder = _lab(directory) / "members"
    return f"""\
  Sample enterprise          {_COMPANY.name} {_COMPANY.business_number}, with a certificate:
                             {folder / _MEMBER}
                             signCert.der and signPri.key, or certificate.pfx; password {PASSWORD}
                             Beside it: another company's, expired, revoked ones, and persons'."""


def _join(house: House) -> str:
    representative = people(house.clock.now().date())[_COMPANY.representative]
    join = Join(house.database, house.clock, house.randomness, house.directory, house.hasher)
    profile = EnterpriseProfile(
        join.admit.new_enterprise_uuid(),
        _COMPANY.business_number,
        _COMPANY.name,
        representative.name,
        "2010-03-02",
        "gildong@example.com",
        None,
    )
    member_id = join.enterprise(profile, actor=_ACTOR)
    agree_on_paper(house, member_id, "enterprise", _ACTOR)
    return member_id


def _trusts(told: Settings, folder: Path) -> bool:
    return bool(told.certificates.methods) and told.certificates.roots == folder / "authorities"


def _lab(directory: Path) -> Path:
    return directory / "certificates"
