"""Password hashes."""

from __future__ import annotations

import threading
import time
import unicodedata

import nacl.pwhash.argon2id
import pytest

from idp.credentials.password import CHEAPEST, OWASP, Cost, Overloaded, PasswordHasher


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(CHEAPEST)


def test_accepts_the_password_and_no_other(hasher: PasswordHasher):
    """REQ-39."""
    stored = hasher.hash("Onepass!2026")
    assert hasher.verify(stored, "Onepass!2026")
    for other in ("onepass!2026", "Onepass!2026 ", "Onepass!202", ""):
        assert not hasher.verify(stored, other)


def test_salts_every_hash(hasher: PasswordHasher):
    """Two members with one password must not look alike."""
    assert hasher.hash("Onepass!2026") != hasher.hash("Onepass!2026")


def test_hashes_at_the_recommended_cost():
    """19 MiB, two passes, one lane, as a PHC string other programs read. OWASP Password Storage Cheat Sheet."""
    stored = PasswordHasher(OWASP).hash("Onepass!2026")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PasswordHasher(CHEAPEST).verify(stored, "Onepass!2026")


def test_accepts_one_spelling_for_what_looks_the_same(hasher: PasswordHasher):
    """macOS may send Hangul in parts. RFC 8265 §4.2.1."""
    password = "비밀번호Aa1!"
    assert hasher.verify(hasher.hash(password), unicodedata.normalize("NFD", password))


def test_works_as_hard_for_nobody_as_for_a_member(hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch):
    """An unknown 아이디, one without a password and a wrong password take one hash of one cost each (REQ-39)."""
    hashed: list[bytes] = []
    real = nacl.pwhash.argon2id.verify

    def noted(against: bytes, password: bytes) -> bool:
        hashed.append(against[: against.index(b"p=1$") + 4])
        return real(against, password)

    stored = hasher.hash("Onepass!2026")
    monkeypatch.setattr(nacl.pwhash.argon2id, "verify", noted)
    assert not hasher.verify(stored, "wrong")
    assert not hasher.verify(None, "wrong")
    assert not hasher.verify(stored, "x" * 100_000)
    assert hashed == [CHEAPEST.prefix.encode()] * 3


def test_never_accepts_the_decoy(hasher: PasswordHasher):
    """With nothing stored no password is right, whatever the decoy was made from."""
    assert not hasher.verify(None, "")


@pytest.mark.parametrize("stored", ["", "x", "$argon2id$v=19$m=8,t=1,p=1$AAAA", "x" * 500, "가"])
def test_accepts_nothing_for_a_broken_hash(hasher: PasswordHasher, stored: str):
    """A damaged row is a wrong password, not a crash."""
    assert not hasher.verify(stored, "Onepass!2026")


@pytest.mark.parametrize("password", ["\ud800", "a\x00b", "é" * 200_000])
def test_survives_any_text(hasher: PasswordHasher, password: str):
    """A form may carry anything."""
    assert not hasher.verify(hasher.hash("Onepass!2026"), password)


def test_keeps_what_follows_a_null_character(hasher: PasswordHasher):
    """Hashing C strings would make all of these one password."""
    assert not hasher.verify(hasher.hash("a\x00b"), "a\x00c")


def test_knows_a_hash_of_another_cost(hasher: PasswordHasher):
    """Then the password is hashed anew at the next sign-in."""
    assert not hasher.outdated(hasher.hash("Onepass!2026"))
    assert PasswordHasher(Cost(16, 1)).outdated(hasher.hash("Onepass!2026"))
    assert PasswordHasher(Cost(8, 2)).outdated(hasher.hash("Onepass!2026"))


@pytest.mark.parametrize("cost", [(7, 1), (8, 0)])
def test_refuses_a_cost_that_is_none(cost):
    """Checked once, where it is set. RFC 9106 §3.1."""
    with pytest.raises(ValueError, match="8 KiB"):
        Cost(*cost)


def test_checks_only_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch):
    """A login storm takes two hashes' memory here, however many threads come; and each gets its answer."""
    hasher = PasswordHasher(CHEAPEST, at_once=2)
    counting = threading.Lock()
    running = highest = 0

    def slow(_against: bytes, _password: bytes) -> bool:
        nonlocal running, highest
        with counting:
            running += 1
            highest = max(highest, running)
        time.sleep(0.01)
        with counting:
            running -= 1
        return True

    monkeypatch.setattr(nacl.pwhash.argon2id, "verify", slow)
    stored = hasher.hash("Onepass!2026")
    answers: list[bool] = []
    storm = [threading.Thread(target=lambda: answers.append(hasher.verify(stored, "x"))) for _ in range(16)]
    for thread in storm:
        thread.start()
    for thread in storm:
        thread.join()
    assert highest == 2
    assert answers == [True] * 16


def test_gives_up_when_no_turn_comes(hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch):
    """A queue without end would hold every request thread; and turns are given back afterwards."""
    monkeypatch.setattr(PasswordHasher, "patience", 0.01)
    stored = hasher.hash("Onepass!2026")
    with hasher._turn(), hasher._turn(), hasher._turn(), hasher._turn(), pytest.raises(Overloaded) as refused:
        hasher.verify(stored, "Onepass!2026")
    assert refused.value.retry_after == 5
    assert hasher.verify(stored, "Onepass!2026")


def test_gives_its_turn_back_after_a_failure(monkeypatch: pytest.MonkeyPatch):
    """An error inside must not shrink the room for ever."""
    hasher = PasswordHasher(CHEAPEST, at_once=1)
    monkeypatch.setattr(PasswordHasher, "patience", 0.01)

    def failing(*_: object) -> bytes:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(nacl.pwhash.argon2id, "str", failing)
        with pytest.raises(RuntimeError):
            hasher.hash("Onepass!2026")
    assert hasher.hash("Onepass!2026")
