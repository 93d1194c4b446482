"""`idp members`: make a member from the command line, look one up, sign one out, shut one out and let them in again."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from functools import partial

import click

from idp import settings
from idp.account.end_sessions import EndEverySession
from idp.audit.actor import COMMAND
from idp.commands.told import told
from idp.commands.vouch import agree_on_paper
from idp.errors import BadRequest
from idp.house import House, build
from idp.links.tell_agencies import TellLinkedAgencies
from idp.mail.post import Post
from idp.members import store
from idp.members.business_number import is_business_number
from idp.members.inform import Inform
from idp.members.join import Join
from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.members.suspend import Restore, Suspend
from idp.oidc.grants import revoke_of_member
from idp.recovery.require_new_password import RequireNewPassword

_ACTOR = "command"
_CODE = re.compile(r"[A-Za-z0-9_.:#/-]{1,64}")


def _code(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if _CODE.fullmatch(value) is None:
        raise click.BadParameter("a code or a case number of yours, never words about the member")
    return value


_REASON = click.option("--reason", required=True, callback=_code, help="A code or a case number of yours.")


@click.group()
def members() -> None:
    """Persons and enterprises."""


@members.command()
@click.option("--kind", type=click.Choice(["person", "enterprise"]), required=True)
@click.option("--login-id", default="", help="아이디 (person)")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input (person).")
@click.option("--name", default="", help="이름 (person)")
@click.option("--email", required=True)
@click.option("--phone", default="")
@click.option("--business-number", default="", help="사업자등록번호, ten digits (enterprise)")
@click.option("--company-name", default="", help="회사명 (enterprise)")
@click.option("--representative-name", default="", help="대표자명 (enterprise)")
@click.option("--founded-on", default="", help="설립일, YYYY-MM-DD (enterprise)")
@click.option("--agreed-to-terms", is_flag=True, help="The member agreed to the required terms in force on paper.")
def create(*, kind: str, password_stdin: bool, agreed_to_terms: bool, **given: str) -> None:
    """Make a member whose identity somebody else has verified."""
    with told(), closing(build(settings.load())) as house:
        join = Join(house.database, house.clock, house.randomness, house.directory, house.hasher)
        if kind == "person":
            if not password_stdin:
                raise BadRequest("a person needs --password-stdin")
            password = sys.stdin.readline().rstrip("\r\n")
            member_id = join.person(_person(given), password, actor=_ACTOR)
        else:
            member_id = join.enterprise(_enterprise(given, join.admit.new_enterprise_uuid()), actor=_ACTOR)
        if agreed_to_terms:
            agree_on_paper(house, member_id, kind, _ACTOR)
    click.echo(member_id)


@members.command()
@click.argument("who")
def show(who: str) -> None:
    """The id, kind and status of the member behind a 아이디 or 사업자등록번호; nothing that names them."""
    with told(), closing(build(settings.load())) as house:
        row = _known(house, who)
    click.echo(f"{row.id}  {row.kind}  {row.status}")


@members.command()
@click.argument("who")
@_REASON
def suspend(who: str, reason: str) -> None:
    """Shut a member out: sessions and tokens end now, the rest stays. WHO is 아이디 or 사업자등록번호."""
    with told(), closing(build(settings.load())) as house:
        verb = Suspend(
            house.database, house.clock, partial(revoke_of_member, reason="suspended"), _tell(house), _inform(house)
        )
        count = verb(_known(house, who).id, actor=COMMAND, reason=reason)
    click.echo(f"suspended; {count} messages to relying parties")


@members.command()
@click.argument("who")
@_REASON
def restore(who: str, reason: str) -> None:
    """Let a suspended member sign in again. WHO is 아이디 or 사업자등록번호."""
    with told(), closing(build(settings.load())) as house:
        verb = Restore(house.database, house.clock, _tell(house), _inform(house))
        count = verb(_known(house, who).id, actor=COMMAND, reason=reason)
    click.echo(f"restored; {count} messages to relying parties")


@members.command("sign-out")
@click.argument("who")
@_REASON
def sign_out(who: str, reason: str) -> None:
    """Sign a member out everywhere; they may sign in again at once. WHO is 아이디 or 사업자등록번호."""
    with told(), closing(build(settings.load())) as house:
        verb = EndEverySession(house.database, house.clock, _tell(house))
        count = verb(_known(house, who).id, actor=COMMAND, reason=reason)
    click.echo(f"signed out; {count} messages to relying parties")


@members.command()
@click.argument("login_id")
@_REASON
@click.option("--leaked", is_flag=True, help="The password is known to be in wrong hands.")
def require_new_password(login_id: str, reason: str, *, leaked: bool) -> None:
    """Forget a person's password and sign them out everywhere; they set a new one by 비밀번호 재설정."""
    with told(), closing(build(settings.load())) as house:
        end_grants = partial(revoke_of_member, reason="new_password_required")
        verb = RequireNewPassword(
            house.database, house.clock, house.directory, end_grants, _tell(house), _inform(house)
        )
        count = verb(_known(house, login_id).id, actor=COMMAND, reason=reason, leaked=leaked)
    click.echo(f"a new password is required; {count} messages to relying parties")


def _tell(house: House) -> TellLinkedAgencies:
    return TellLinkedAgencies(house.randomness, house.catalogue)


def _inform(house: House) -> Inform:
    return Inform(Post(house.clock, house.randomness, house.cipher), house.directory)


def _known(house: House, who: str) -> store.MemberRow:
    row = _row(house, who)
    if row is None:
        raise click.ClickException("no member has this 아이디 or 사업자등록번호")
    return row


def _row(house: House, who: str) -> store.MemberRow | None:
    with house.database.reading() as connection:
        member_id = house.directory.member_id(connection, who)
        if member_id is None and is_business_number(_digits(who)):
            member_id = house.directory.enterprise_id(connection, _digits(who))
        return store.find(connection, member_id) if member_id is not None else None


def _person(given: dict[str, str]) -> PersonProfile:
    if not given["name"] or not given["login_id"]:
        raise BadRequest("a person needs --login-id and --name")
    return PersonProfile(given["login_id"], given["name"], given["email"], _digits(given["phone"]))


def _enterprise(given: dict[str, str], enterprise_uuid: str) -> EnterpriseProfile:
    if not given["company_name"]:
        raise BadRequest("an enterprise needs --company-name")
    return EnterpriseProfile(
        enterprise_uuid,
        _digits(given["business_number"]),
        given["company_name"],
        given["representative_name"],
        given["founded_on"],
        given["email"],
        _digits(given["phone"]) or None,
    )


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
