"""What is kept of members who left: no more than they were told, apart, and not for longer (REQ-79)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from idp.app.shared import leave as leaving
from idp.audit.models import audit_records
from idp.commands.retained import retained
from idp.commands.sealed_columns import rewrap
from idp.crypto.fields import Undecipherable
from idp.house import House
from idp.links.models import consents, receipt_lines
from idp.mail.post import Post
from idp.members.archive import Archive, DestroyRetained
from idp.members.inform import Inform
from idp.members.models import retained_records
from idp.members.retention import RetentionRow, read
from idp.terms.models import terms_answers
from tests.builders import EMAIL, NAME, PHONE, a_person, agency, link, party, register, unlink
from tests.fakes import FrozenClock
from tests.unit.terms.documents import apply, document

CONFIGURED = read(Path(__file__).parents[3] / "config" / "retention.toml")


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def leave(house: House) -> str:
    """The receipt of a member who agreed to terms and was linked with two agencies."""
    apply(house, document("service"))
    for each in ("kamp", "voucher"):
        register(house, agency(each, party(each, scope="openid profile")))
    member = a_person(house)
    with house.database.transaction() as connection:
        values = {"member_id": member, "document_id": "service", "version": 1, "sha256": "0" * 64, "agreed": True}
        more = {"at": house.clock.now(), "address": "192.0.2.7", "language": "ko", "channel": "join", "detail": {}}
        connection.execute(terms_answers.insert().values(**values, **more))
    link(house, member, "kamp", "openid", "profile")
    link(house, member, "voucher")
    unlink(house, member, "voucher")
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    return leaving(house).by(inform)(member).token


def opened(house: House, receipt: str) -> list[Any]:
    with house.database.transaction() as connection:
        return Archive(house.cipher, house.randomness, ()).opened(connection, receipt)


def test_keeps_consents_apart_and_sealed(any_house: House) -> None:
    """REQ-79: gone from where they lived; nothing in the record can be read, or traced to anybody, without its key."""
    receipt = leave(any_house)
    assert rows(any_house, consents) == rows(any_house, terms_answers) == []
    (kept,) = rows(any_house, retained_records)
    for trace in ("192.0.2.7", "kamp", NAME, EMAIL, PHONE):
        assert trace.encode() not in kept.sealed
    assert (kept.category, kept.legal_basis) == ("consents", "개인정보 보호법 제15조, 제21조")
    ((category, until, content),) = opened(any_house, receipt)
    assert (category, until) == ("consents", any_house.clock.now() + timedelta(days=365))
    assert content["left"]["kind"] == "person"
    assert [each.get("document") or each["agency"] for each in content["records"]] == ["service", "kamp", "voucher"]
    assert opened(any_house, receipt + "x") == []


def test_keeps_nothing_that_no_row_tells_of(house: House) -> None:
    """PIPA §21: what members were not told is kept is destroyed at once."""
    apply(house, document("service"))
    member = a_person(house)
    told = (RetentionRow("회원정보", "즉시파기", "", "", ""), RetentionRow("동의", "즉시", "", "", "", "consents", 0))
    with house.database.transaction() as connection:
        archive = Archive(house.cipher, house.randomness, told, ())
        assert archive.keep(connection, member, "receipt", {}, house.clock.now()) == 0
    assert rows(house, retained_records) == []


def test_destroys_when_due_and_writes_it_down(any_house: House) -> None:
    """REQ-79: record and key go together; what, how many and when stays in the audit."""
    receipt, clock = leave(any_house), any_house.clock
    assert isinstance(clock, FrozenClock)
    destroy = DestroyRetained(any_house.database, clock)
    clock.advance(timedelta(days=365) - timedelta(seconds=1))
    assert destroy() == 0
    clock.advance(timedelta(seconds=1))
    assert destroy() == 1
    assert destroy() == 0
    assert rows(any_house, retained_records) == opened(any_house, receipt) == []
    (written,) = (row for row in rows(any_house, audit_records) if row.action == "retained.destroyed")
    assert (written.actor, written.detail) == ("system", {"category": "consents", "count": 1})


def test_opens_no_record_under_anothers_name(house: House) -> None:
    """Each record has a key of its own, bound to its id."""
    receipt = leave(house)
    with house.database.transaction() as connection:
        connection.execute(update(retained_records).values(id="another"))
    with pytest.raises(Undecipherable):
        opened(house, receipt)


def test_survives_a_rotation_of_the_key_encryption_key(house: House) -> None:
    """`idp keys kek rewrap` knows the archive's keys."""
    receipt = leave(house)
    assert rewrap(house.database, house.cipher).unreadable == 0
    assert len(opened(house, receipt)) == 1


def test_shows_whoever_has_the_receipt_their_record(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """PIPA §35; the look is in the audit."""
    receipt = leave(house)
    monkeypatch.setenv("IDP_DATABASE_URL", house.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(house.settings.keys_dir))
    counted = CliRunner().invoke(retained, ["list"], catch_exceptions=False)
    assert counted.output.split() == ["consents", "1", "2027-03-02"]
    link_of = f"https://login.example.org/receipts/{receipt}\n"
    shown = CliRunner().invoke(retained, ["show"], input=link_of, catch_exceptions=False)
    first, content = shown.output.split("\n", 1)
    assert first == "consents until 2027-03-02"
    assert len(json.loads(content)["records"]) == 3
    assert [row.actor for row in rows(house, audit_records) if row.action == "retained.opened"] == ["operator:command"]
    assert CliRunner().invoke(retained, ["show"], input="nothing\n").exit_code == 1


def test_no_table_leads_from_a_member_to_their_record(house: House) -> None:
    """The receipt's lines name links, and through them members and subjects: a record is not found by their digest."""
    leave(house)
    (kept,) = rows(house, retained_records)
    digests = {row.digest for row in rows(house, receipt_lines)}
    assert digests
    assert kept.receipt_digest not in digests
