"""Rotating the key-encryption key (threats: backups from before a withdrawal)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp.crypto.fields import FieldCipher, Undecipherable
from idp.crypto.kek_files import drop_kek, list_keks, make_kek, use_kek
from idp.crypto.symmetric import LivingKeys, ensure_symmetric, load_kek
from idp.errors import ConfigurationError
from idp.randomness import SystemRandomness
from tests.fakes import FrozenClock

RANDOM = SystemRandomness()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    ensure_symmetric(tmp_path, RANDOM)
    return tmp_path


def cipher(directory: Path) -> FieldCipher:
    return FieldCipher(load_kek(directory), RANDOM)


def test_opens_what_either_wrapped_until_the_old_one_is_dropped(directory: Path) -> None:
    """make → use → drop: at no step is anything unreadable that nobody meant to lose."""
    (first,) = list_keks(directory)
    old = cipher(directory).new_data_key("m")
    made = make_kek(directory, RANDOM)
    assert cipher(directory).rewrap(old, "m")[1:9].hex() == first.id
    use_kek(directory, made.id, RANDOM)
    assert [(key.id, key.current) for key in list_keks(directory)] == [(made.id, True), (first.id, False)]
    moved = cipher(directory).rewrap(old, "m")
    assert moved[1:9].hex() == made.id
    drop_kek(directory, first.id)
    assert cipher(directory).rewrap(moved, "m")
    with pytest.raises(Undecipherable):
        cipher(directory).rewrap(old, "m")


def test_keeps_its_files_to_itself(directory: Path) -> None:
    """Architecture §11.7: a key file is its owner's alone, at every step."""
    use_kek(directory, make_kek(directory, RANDOM).id, RANDOM)
    assert {path.stat().st_mode & 0o777 for path in directory.glob("kek*")} == {0o600}


def test_uses_again_what_is_in_use_already(directory: Path) -> None:
    """A command repeated after a power cut does no harm."""
    made = make_kek(directory, RANDOM)
    use_kek(directory, made.id, RANDOM)
    before = list_keks(directory)
    use_kek(directory, made.id, RANDOM)
    assert list_keks(directory) == before


def test_never_destroys_the_key_in_use(directory: Path) -> None:
    """Everything would be unreadable for good."""
    (current,) = list_keks(directory)
    with pytest.raises(ConfigurationError, match="in use"):
        drop_kek(directory, current.id)
    assert list_keks(directory) == (current,)


@pytest.mark.parametrize("name", ["", "0" * 16, "../kek", "가"])
def test_knows_no_other_names(directory: Path, name: str) -> None:
    """A name is looked for among the files, never made a path of."""
    for verb in (lambda: use_kek(directory, name, RANDOM), lambda: drop_kek(directory, name)):
        with pytest.raises(ConfigurationError, match="no key-encryption key"):
            verb()


def test_notices_a_rotation_without_a_restart(directory: Path) -> None:
    """Architecture §11.9: within three seconds, in a process that runs."""
    clock = FrozenClock()
    running = FieldCipher(LivingKeys(directory, clock), RANDOM)
    old = running.new_data_key("m")
    made = make_kek(directory, RANDOM)
    use_kek(directory, made.id, RANDOM)
    assert running.rewrap(old, "m")[1:9].hex() != made.id
    clock.advance(timedelta(seconds=3))
    assert running.rewrap(old, "m")[1:9].hex() == made.id


def test_goes_on_with_good_keys_when_the_files_go_bad(directory: Path) -> None:
    """A directory that went bad stops nobody who holds good keys."""
    clock = FrozenClock()
    running = FieldCipher(LivingKeys(directory, clock), RANDOM)
    old = running.new_data_key("m")
    (directory / "kek").write_bytes(b"short")
    clock.advance(timedelta(seconds=3))
    assert running.rewrap(old, "m")
    (directory / "kek").unlink()
    clock.advance(timedelta(seconds=3))
    assert running.rewrap(old, "m")
