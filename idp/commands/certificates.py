"""`idp certificates`: authorities that are trusted, revocation lists at hand, a certificate looked at, a lab."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import click

from idp import settings
from idp.account.own_certificates import OwnCertificates
from idp.clock import SystemClock
from idp.commands.told import told
from idp.credentials.certificates import RegisteredCertificates
from idp.errors import BadRequest, NotFound, Refusal
from idp.house import House, build
from idp.links.tell_agencies import TellLinkedAgencies
from idp.mail.post import Post
from idp.members.inform import Inform
from idp.randomness import SystemRandomness
from idp.verification.certificates.configured import authorities_of, verdict_of
from idp.verification.certificates.crl import LONGEST, WHOLE
from idp.verification.certificates.failures import CertificateMalformed
from idp.verification.certificates.policies import read_policies
from idp.verification.certificates.shelf import Shelf
from idp.verification.certificates.verdict import Verdict
from idp.verification.certificates.x509_values import Certified, read
from idp.verification.evidence import Holder
from idp.verification.lab.make import make_lab, open_lab, renew
from idp.verification.lab.members import MEMBERS, PASSWORD
from idp.verification.lab.responder import serve

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.group()
def certificates() -> None:
    """공동인증서 and 기업인증서: authorities, revocation lists, a lab."""


@certificates.command("list")
def list_() -> None:
    """The authorities that are trusted and the revocation lists at hand, with their age."""
    with told():
        loaded, now = settings.load(), SystemClock().now()
        authorities = authorities_of(loaded)
        click.echo("authorities (compare the fingerprints with what their owners publish)")
        for each in authorities.all:
            click.echo(f"  {'root' if each in authorities.anchors else 'below'}  {_name(each)}{_mark(each)}")
            click.echo(f"        until {each.not_after:%Y-%m-%d}  SHA-256 {each.sha256}")
        click.echo(f"revocation lists in {loaded.certificates.crls_dir}")
        shelf = Shelf(loaded.certificates.crls_dir)
        for line in _lists(shelf, now) or ["  none: idp certificates import-crl FILE"]:
            click.echo(line)


@certificates.command("import-crl")
@click.argument("files", type=_FILE, nargs=-1, required=True)
def import_crl(files: tuple[Path, ...]) -> None:
    """Keep the revocation lists of FILES, in DER. Run it from cron where there is no way to the authorities."""
    with told():
        loaded, now = settings.load(), SystemClock().now()
        authorities, shelf = authorities_of(loaded), Shelf(loaded.certificates.crls_dir)
        for path in files:
            if path.stat().st_size > LONGEST:
                raise BadRequest(f"{path}: larger than any revocation list")
            try:
                taken = shelf.take(path.read_bytes(), authorities, now)
            except Refusal as error:
                raise BadRequest(f"{path}: {error.detail}") from error
            click.echo(f"{path}: number {taken.number}, good until {taken.next_update:%Y-%m-%d %H:%M} UTC")


@certificates.command()
@click.argument("file", type=_FILE)
def show(file: Path) -> None:
    """What a certificate says, and whether a member could sign in with it."""
    with told():
        loaded = settings.load()
        certificate = _read(file)
        table = read_policies(loaded.certificates.policies_file)
        click.echo(f"subject      {certificate.certificate.subject.rfc4514_string()}")
        click.echo(f"issuer       {_name(certificate, issuer=True)}")
        click.echo(f"serial       {certificate.serial}")
        click.echo(
            f"valid        {certificate.not_before:%Y-%m-%d %H:%M} to {certificate.not_after:%Y-%m-%d %H:%M} UTC"
        )
        click.echo(f"SHA-256      {certificate.sha256}")
        for oid in sorted(certificate.policies or ()):
            row = table.rows.get(oid)
            known = f"{row.authority} {row.holder.value} {row.use.value}" if row else "not in the table"
            click.echo(f"policy       {oid}  {known}")
        named = certificate.identified
        click.echo(f"realName     {named.real_name if named else '-'}; VID {'yes' if named and named.vid else 'no'}")
        verdict = verdict_of(loaded, SystemRandomness())
        for holder in Holder:
            click.echo(f"{holder.value:<12} {_said(verdict, certificate, holder)}")


@certificates.command()
@click.argument("business_number")
@click.argument("file", type=_FILE)
@click.option("--name", default="", help="What the member sees it called.")
def register(business_number: str, file: Path, name: str) -> None:
    """Register the certificate FILE for an enterprise, whose possession of it you vouch for."""
    with told(), closing(build(settings.load())) as house:
        certificate = _read(file)
        verdict = verdict_of(house.settings, house.randomness)
        path, policy = verdict.certificate(certificate, Holder.BUSINESS, house.clock.now())
        with house.database.reading() as connection:
            member_id = house.directory.enterprise_id(connection, business_number)
        if member_id is None:
            raise NotFound("no enterprise has this 사업자등록번호")
        own_certificates(house).vouched(member_id, path.leaf.kept(policy), name=name, actor="command")
    click.echo(f"registered until {certificate.not_after:%Y-%m-%d}")


@certificates.command()
@click.argument("directory", type=_DIRECTORY)
@click.option("--renew", "again", is_flag=True, help="Sign the lists of the lab in DIRECTORY anew: they last a week.")
@click.option("--responder", default="", help="OCSP address that its certificates name, such as http://127.0.0.1:8112")
def lab(directory: Path, *, again: bool, responder: str) -> None:
    """Make an NPKI-shaped lab in DIRECTORY: authorities, good and bad certificates, key files. For tests only."""
    with told():
        clock = SystemClock()
        if again:
            renew(open_lab(directory), clock.now())
            click.echo("the revocation lists are good for a week")
            return
        made = make_lab(directory, clock.now(), SystemRandomness(), responder=responder)
        click.echo(f"password of every key file: {PASSWORD}")
        for member in MEMBERS:
            click.echo(f"  {directory / 'members' / member.folder}: {member.about}")
        click.echo(f"\nIDP_CERTIFICATES__ROOTS={made.authorities}")
        click.echo(f"idp certificates import-crl {' '.join(map(str, made.lists))}")


@certificates.command("lab-responder")
@click.argument("directory", type=_DIRECTORY)
@click.option("--port", default=8112, show_default=True)
def lab_responder(directory: Path, port: int) -> None:
    """Answer OCSP for the lab in DIRECTORY, on this machine only, until Ctrl-C."""
    with told():
        opened = open_lab(directory)
        click.echo(f"http://127.0.0.1:{port}")
        serve(opened, port, SystemClock())


def own_certificates(house: House) -> OwnCertificates:
    """The acts on members' certificates."""
    kept = RegisteredCertificates(house.cipher, house.randomness)
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    tell_agencies = TellLinkedAgencies(house.randomness, house.catalogue)
    return OwnCertificates(house.database, house.clock, kept, inform, tell_agencies)


def _lists(shelf: Shelf, now: datetime) -> list[str]:
    """A line for each revocation list at hand."""
    lines = []
    for _path, each in shelf.listed():
        state = (
            f"good for {_span(each.next_update - now)}" if now < each.next_update else "OLD: nothing is believed of it"
        )
        whose = each.crl.issuer.rfc4514_string()
        where = "" if WHOLE in each.places else f"  {' '.join(sorted(each.places))}"
        told_of = f"number {each.number}  {len(each.crl)} entries  {_span(now - each.this_update)} old"
        lines.append(f"  {whose}{where}  {told_of}  {state}")
    return lines


def _read(file: Path) -> Certified:
    try:
        return read(file.read_bytes())
    except CertificateMalformed as error:
        raise BadRequest(f"{file} is not a certificate in DER that can be read") from error


def _span(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} d {hours % 24} h"


def _name(certificate: Certified, *, issuer: bool = False) -> str:
    name = certificate.certificate.issuer if issuer else certificate.certificate.subject
    return name.rfc4514_string()


def _mark(certificate: Certified) -> str:
    return "  LAB" if certificate.lab else ""


def _said(verdict: Verdict, certificate: Certified, holder: Holder) -> str:
    try:
        verdict.certificate(certificate, holder, SystemClock().now())
    except Refusal as error:
        return f"refused: {error.code} {error.detail if error.detail != error.code else ''}".rstrip()
    return "accepted"
