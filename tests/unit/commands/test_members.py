from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.commands.members import members
from idp.house import House
from idp.members import store
from idp.members.models import members as table
from idp.terms.models import terms_answers
from tests.builders import a_person, agency, an_enterprise, link, party, register
from tests.unit.terms.documents import apply, document

PERSON = ["create", "--kind", "person", "--login-id", "gildong.h", "--name", "홍길동", "--password-stdin"]
REACH = ["--email", "hong@example.kr", "--phone", "010-1234-5678"]


@pytest.fixture
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Somebody at the command line of this house, where terms are in force."""
    apply(house, document("service"), document("marketing", required=False, position=2))
    monkeypatch.setenv("IDP_DATABASE_URL", house.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(house.settings.keys_dir))
    return CliRunner()


def answers(house: House) -> list[tuple[str, bool, str]]:
    with house.database.reading() as connection:
        rows = connection.execute(select(terms_answers).order_by(terms_answers.c.seq))
        return [(row.document_id, row.agreed, row.channel) for row in rows]


def test_keeps_what_an_operator_vouches_for(operator: CliRunner, house: House) -> None:
    """REQ-13: by its channel; what is optional nobody but the member can agree to."""
    made = operator.invoke(
        members, [*PERSON, *REACH, "--agreed-to-terms"], input="Onepass!2026", catch_exceptions=False
    )
    assert made.exit_code == 0, made.output
    assert answers(house) == [("service", True, "operator"), ("marketing", False, "operator")]
    with house.database.reading() as connection:
        assert connection.execute(select(table.c.terms_edition)).scalar_one() == house.terms().edition


def test_leaves_it_to_the_member_otherwise(operator: CliRunner, house: House) -> None:
    """REQ-13: they are asked at their first sign-in."""
    made = operator.invoke(members, [*PERSON, *REACH], input="Onepass!2026", catch_exceptions=False)
    assert made.exit_code == 0, made.output
    assert answers(house) == []


def test_suspends_and_restores_whom_it_is_told(operator: CliRunner, house: House) -> None:
    """By 아이디 or 사업자등록번호; the reason is a code, for the audit is no place for words about people."""
    a_person(house, "gildong.h")
    an_enterprise(house)
    for who in ("gildong.h", "123-45-67891"):
        for verb, status in (("suspend", "suspended"), ("restore", "active")):
            done = operator.invoke(members, [verb, who, "--reason", "case-17"], catch_exceptions=False)
            assert done.exit_code == 0, done.output
            assert operator.invoke(members, ["show", who]).output.rstrip().endswith(status)
    assert operator.invoke(members, ["restore", "gildong.h", "--reason", "case-17"]).exit_code == 1
    assert operator.invoke(members, ["suspend", "nobody", "--reason", "case-17"]).exit_code == 1
    wordy = operator.invoke(members, ["suspend", "gildong.h", "--reason", "홍길동 씨가 요청"])
    assert wordy.exit_code == 2


def test_signs_out_whom_it_is_told(operator: CliRunner, house: House) -> None:
    """REQ-68: every session ends and every relying party hears, as an act of the operator's; offline access goes on."""
    member_id = a_person(house, "gildong.h")
    register(house, agency("voucher", party("voucher", backchannel_logout_uri="https://voucher.example/out")))
    link(house, member_id, "voucher")
    done = operator.invoke(members, ["sign-out", "gildong.h", "--reason", "case-17"], catch_exceptions=False)
    assert (done.exit_code, done.output) == (0, "signed out; 1 messages to relying parties\n")
    with house.database.reading() as connection:
        row = store.find(connection, member_id)
        entry = connection.execute(select(audit_records).where(audit_records.c.action == "sessions.ended")).one()
    assert row is not None
    assert (row.session_epoch, row.status) == (1, "active")
    assert (entry.actor, entry.detail) == ("operator:command", {"reason": "case-17", "told": 1})
    assert operator.invoke(members, ["sign-out", "nobody", "--reason", "case-17"]).exit_code == 1


def test_requires_a_new_password(operator: CliRunner, house: House) -> None:
    """Of somebody who has a way back."""
    a_person(house, "gildong.h", email_verified=True)
    asked = [*("require-new-password", "gildong.h", "--reason", "leak-3", "--leaked")]
    done = operator.invoke(members, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert operator.invoke(members, asked).exit_code == 1
