"""`idp keys kek`, as an operator types it: what a backup held before a withdrawal opens no more (즉시파기)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from idp.commands.keys import keys
from idp.commands.sealed_columns import rewrap
from idp.crypto.fields import FieldCipher, Undecipherable
from idp.crypto.kek_files import list_keks
from idp.crypto.symmetric import load_kek
from idp.house import House
from idp.mail.letters import PasswordChanged
from idp.mail.models import outgoing_messages
from idp.mail.post import Message, Post, opened
from idp.mail.recipients import EmailAddress
from idp.members import store
from idp.members.models import members
from idp.randomness import SystemRandomness
from tests.builders import a_house, a_person, withdrawing
from tests.fakes import FrozenClock


@pytest.fixture
def own_keys(keys_dir: Path, tmp_path: Path) -> Path:
    """Keys that no other test has, and that may be destroyed."""
    return Path(shutil.copytree(keys_dir, tmp_path / "keys"))


@pytest.fixture(params=["sqlite", "postgresql"])
def any_place(request: pytest.FixtureRequest, own_keys: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    name = {"sqlite": "database", "postgresql": "postgres_database"}[request.param]
    url = request.getfixturevalue(name).engine.url.render_as_string(hide_password=False)
    house = a_house(url, own_keys, frozen_clock)
    yield house
    house.close()


@pytest.fixture
def idp(any_place: House, monkeypatch: pytest.MonkeyPatch):
    """Runs `idp keys kek …` for that house."""
    monkeypatch.setenv("IDP_DATABASE_URL", any_place.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("IDP_KEYS_DIR", str(any_place.settings.keys_dir))
    return lambda *arguments: CliRunner().invoke(keys, ["kek", *arguments])


def current(house: House) -> FieldCipher:
    return FieldCipher(load_kek(house.settings.keys_dir), SystemRandomness())


def data_key(house: House, member_id: str) -> bytes | None:
    with house.database.reading() as connection:
        found: bytes | None = connection.execute(select(members.c.data_key).filter_by(id=member_id)).scalar_one()
    return found


def long_ago(directory: Path) -> None:
    """As if the key in use had been so for a month."""
    then = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    os.utime(directory / "kek", (then, then))


def rotate(run, house: House) -> tuple[str, Result]:
    """new, use, rewrap; the former key's name, and what the last step said."""
    (former,) = (key.id for key in list_keks(house.settings.keys_dir))
    made = run("new").output.split()[0]
    assert run("use", made).exit_code == 0
    return former, run("rewrap")


def test_takes_from_a_backup_what_a_member_withdrew(idp, any_place: House) -> None:
    """Architecture §6 (즉시파기, in backups too): the wrapped data key of before opens under no key that is left; who
    stayed is still read."""
    leaver, stayer = a_person(any_place), a_person(any_place, "younghee")
    backup = data_key(any_place, leaver)
    assert backup is not None
    withdrawing(any_place)(leaver)
    former, said = rotate(idp, any_place)
    assert said.output == "1 values brought under the key in use\n"
    long_ago(any_place.settings.keys_dir)
    assert idp("drop", former).exit_code == 0
    with any_place.database.reading() as connection:
        row = store.find(connection, stayer)
    assert row is not None
    assert row.data_key is not None
    assert current(any_place).rewrap(row.data_key, stayer)
    with pytest.raises(Undecipherable):
        current(any_place).rewrap(backup, leaver)


def test_destroys_nothing_that_is_still_needed(idp, any_place: House) -> None:
    """A member admitted by a server that had not noticed yet would be unreadable for good."""
    a_person(any_place)
    former, _said = rotate(idp, any_place)
    a_person(any_place, "younghee")  # time stands still for this house: it still wraps with the former key
    long_ago(any_place.settings.keys_dir)
    refused = idp("drop", former)
    assert refused.exit_code == 1
    assert "1 values are still under it" in refused.output
    assert idp("rewrap").output == "1 values brought under the key in use\n"
    assert idp("drop", former).exit_code == 0


def test_waits_for_what_was_begun(idp, any_place: House) -> None:
    """A guardian asked five days ago may still answer."""
    former, _said = rotate(idp, any_place)
    assert "a moment ago" in idp("drop", former).output
    minutes_ago = datetime.now(UTC).timestamp() - 600
    os.utime(any_place.settings.keys_dir / "kek", (minutes_ago, minutes_ago))
    assert "ends within 5 days" in idp("drop", former).output
    assert idp("drop", former, "--lose-unfinished").exit_code == 0


def test_brings_letters_along(idp, any_place: House) -> None:
    """What waits to be sent is still sent."""
    post = Post(any_place.clock, any_place.randomness, any_place.cipher)
    letter = PasswordChanged(any_place.clock.now(), "/recovery/password")
    with any_place.database.transaction() as connection:
        post(connection, Message(EmailAddress("hong@example.kr"), letter))
    former, _said = rotate(idp, any_place)
    long_ago(any_place.settings.keys_dir)
    assert idp("drop", former).exit_code == 0
    with any_place.database.reading() as connection:
        row = connection.execute(select(outgoing_messages)).one()
    assert opened(current(any_place), row.id, row.letter, row.sealed) == ("hong@example.kr", letter)


def test_gives_no_data_key_back_to_a_member_who_leaves_meanwhile(any_place: House) -> None:
    """Read, withdrawn, written: the write must find nothing to change."""
    member_id = a_person(any_place)

    class LeavesMeanwhile(FieldCipher):
        def rewrap(self, wrapped: bytes, owner: str) -> bytes:
            withdrawing(any_place)(owner)
            return super().rewrap(wrapped, owner)

        def header(self) -> bytes:
            return b"\x01another!"

    cipher = LeavesMeanwhile(load_kek(any_place.settings.keys_dir), SystemRandomness())
    assert rewrap(any_place.database, cipher).renewed == 0
    assert data_key(any_place, member_id) is None


def test_says_what_no_key_opens(idp, any_place: House) -> None:
    """Somebody restored a database without its keys: told, and everything else goes on."""
    a_person(any_place)
    lost = a_person(any_place, "younghee")
    with any_place.database.transaction() as connection:
        changed = members.update().where(members.c.id == lost).values(data_key=b"\x01" + b"\x00" * 68)
        connection.execute(changed)
    _former, said = rotate(idp, any_place)
    assert said.exit_code == 1
    assert "1 values brought" in said.output
    assert "1 values open under no key there is" in said.output


def test_lists_keys_and_what_they_wrap(idp, any_place: House) -> None:
    """The operator sees when a key is no longer needed."""
    a_person(any_place)
    (former,) = list_keks(any_place.settings.keys_dir)
    assert idp("list").output.split()[:4] == [former.id, "in", "use", "1"]
    assert idp("drop", former.id).exit_code == 1
    assert idp("drop", "no such key").exit_code == 1
