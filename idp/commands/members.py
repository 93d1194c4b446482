"""`idp members`: make a member from the command line, look one up."""

from __future__ import annotations

import sys
from contextlib import closing

import click

from idp import settings
from idp.commands.told import told
from idp.commands.vouch import agree_on_paper
from idp.errors import BadRequest
from idp.house import House, build
from idp.members import store
from idp.members.join import Join
from idp.members.profile import EnterpriseProfile, PersonProfile

_ACTOR = "command"


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
@click.argument("login_id")
def show(login_id: str) -> None:
    """The id, kind and status of the member behind a 아이디; nothing that names them."""
    with told(), closing(build(settings.load())) as house:
        row = _row(house, login_id)
    if row is None:
        raise click.ClickException("no member has this 아이디")
    click.echo(f"{row.id}  {row.kind}  {row.status}")


def _row(house: House, login_id: str) -> store.MemberRow | None:
    with house.database.reading() as connection:
        member_id = house.directory.member_id(connection, login_id)
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
