from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp.commands.members import members
from idp.house import House
from idp.members.models import members as table
from idp.terms.models import terms_answers
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
