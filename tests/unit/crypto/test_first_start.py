"""What a first start makes in the key directory, and what it never makes again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from idp.crypto.key_files import write_file
from idp.crypto.keyring import FIRST, Algorithm, Keyring, Use, ensure_keys, list_keys, load_symmetric
from idp.errors import ConfigurationError
from idp.randomness import SystemRandomness
from tests.fakes import FixedRandomness, FrozenClock

SMALL: tuple[tuple[Use, Algorithm], ...] = (("oidc", "ES256"), ("events", "ES256"))


@pytest.fixture
def start(tmp_path: Path, frozen_clock: FrozenClock):
    """Starts on a directory not made yet."""
    directory = tmp_path / "keys"
    return directory, lambda: ensure_keys(directory, clock=frozen_clock, randomness=SystemRandomness(), first=SMALL)


def test_makes_everything_that_signs_and_encrypts(tmp_path, frozen_clock):
    """RS256 is what every relying party can verify, ES256 what costs a tenth; SAML wants RSA."""
    ensure_keys(tmp_path / "keys", clock=frozen_clock, randomness=SystemRandomness())
    keyring = Keyring(tmp_path / "keys", frozen_clock)
    for use, alg in FIRST:
        assert keyring.signing_key(use, alg).use == use
    assert {(key.use, key.alg) for key in list_keys(tmp_path / "keys")} == set(FIRST)


def test_changes_nothing_on_a_second_start(start):
    """A restart must neither rotate nor re-encrypt."""
    directory, go = start
    go()
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    go()
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


def test_makes_three_different_keys_only_the_owner_may_read(start):
    """One key, one job."""
    directory, go = start
    go()
    contents = [(directory / name).read_bytes() for name in ("kek", "digest.key", "secret_key")]
    assert len(set(contents)) == 3
    assert {len(content) for content in contents} == {32}
    assert {(directory / name).stat().st_mode & 0o777 for name in ("kek", "digest.key", "secret_key")} == {0o600}
    assert directory.stat().st_mode & 0o777 == 0o700


def test_makes_one_set_when_processes_start_together(tmp_path):
    """Server and worker start at once; two key-encryption keys would lose what the first of them wrapped."""
    program = (
        "import sys; from pathlib import Path; from idp.clock import SystemClock; "
        "from idp.crypto.keyring import ensure_keys, load_symmetric; from idp.randomness import SystemRandomness; "
        "directory = Path(sys.argv[1]); print('ready', flush=True); sys.stdin.read(1); "
        "ensure_keys(directory, clock=SystemClock(), randomness=SystemRandomness(), "
        "first=(('oidc', 'ES256'), ('events', 'ES256'))); "
        "keys = load_symmetric(directory); print((keys.digest_key + keys.secret_key).hex(), keys.kek)"
    )
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "keys")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in starting:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in starting:
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
    seen = {process.communicate(timeout=60)[0] for process in starting}
    assert [process.returncode for process in starting] == [0, 0, 0]
    assert len(seen) == 1
    assert len(list_keys(tmp_path / "keys")) == 2


def test_never_covers_a_file_that_came_first(tmp_path):
    """The link, not the look before it, decides; sixteen racers, one winner."""
    won = []
    barrier = threading.Barrier(16)

    def race(number: int) -> None:
        barrier.wait()
        if write_file(tmp_path / "kek", bytes([number]) * 32, 0o600, FixedRandomness(str(number)), replace=False):
            won.append(number)

    racers = [threading.Thread(target=race, args=(number,)) for number in range(16)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 1
    assert (tmp_path / "kek").read_bytes() == bytes(won) * 32
    assert [path.name for path in tmp_path.iterdir()] == ["kek"]


@pytest.mark.parametrize("lost", ["kek", "digest.key"])
def test_refuses_to_replace_a_lost_key(start, lost):
    """A new one in its place would make every member unreadable or unfindable without a word."""
    directory, go = start
    go()
    (directory / lost).unlink()
    with pytest.raises(ConfigurationError, match=f"{lost} is gone"):
        go()
    assert not (directory / lost).exists()


def test_finishes_an_interrupted_first_start(start):
    """A crash after the first file must not need an operator."""
    directory, go = start
    directory.mkdir()
    (directory / "kek").write_bytes(b"k" * 32)
    go()
    assert (directory / "kek").read_bytes() == b"k" * 32
    assert load_symmetric(directory).digest_key


def test_loads_former_key_encryption_keys_too(start):
    """`kek.<anything>` is what `kek` was before."""
    directory, go = start
    go()
    (directory / "kek").rename(directory / "kek.2025")
    (directory / "kek").write_bytes(b"k" * 32)
    assert len(load_symmetric(directory).kek.wrapping) == 2


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 32 + b"\n"])
def test_refuses_a_key_of_the_wrong_length(start, content):
    """An editor's line end, a cut copy: the operator is told which file, never what is in it."""
    directory, go = start
    go()
    (directory / "digest.key").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"digest\.key must hold exactly 32 bytes"):
        load_symmetric(directory)


def test_says_so_when_keys_are_missing(tmp_path):
    """A wrong `keys_dir` is the usual reason."""
    with pytest.raises(ConfigurationError, match="kek"):
        load_symmetric(tmp_path)


def test_says_so_when_the_directory_cannot_be_made(tmp_path, frozen_clock):
    """A file in the way."""
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(ConfigurationError, match="keys_dir"):
        ensure_keys(tmp_path / "keys", clock=frozen_clock, randomness=SystemRandomness())


def test_shows_no_key(start):
    """The loaded keys may land in a traceback."""
    directory, go = start
    go()
    shown = repr(load_symmetric(directory))
    for name in ("kek", "digest.key", "secret_key"):
        content = (directory / name).read_bytes()
        assert content.hex() not in shown
        assert repr(content) not in shown


def test_waits_for_no_lock_of_the_dead(start):
    """A process killed while it held the lock leaves the file, not the lock."""
    directory, go = start
    directory.mkdir()
    os.close(os.open(directory / ".lock", os.O_CREAT | os.O_RDWR, 0o600))
    go()
    assert (directory / "kek").exists()
