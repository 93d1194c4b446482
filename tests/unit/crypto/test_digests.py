"""Keyed digests and plain ones."""

from __future__ import annotations

import pytest

from idp.crypto.digests import Digester, same, secret_digest
from idp.errors import ConfigurationError

KEY = bytes(range(32))


def test_gives_one_value_for_one_thing():
    """Lookups depend on it: the same key, purpose and value give the same digest in every process."""
    assert Digester(KEY).digest("members.phone", "01012345678") == Digester(KEY).digest("members.phone", "01012345678")
    assert len(Digester(KEY).digest("members.phone", "01012345678")) == 64


@pytest.mark.parametrize(
    ("purpose", "value"),
    [("members.phone", "01012345679"), ("members.login_id", "01012345678"), ("members.phone0", "1012345678")],
)
def test_keeps_purposes_and_values_apart(purpose: str, value: str):
    """Neither another purpose, nor another value, nor the same letters divided otherwise."""
    assert Digester(KEY).digest(purpose, value) != Digester(KEY).digest("members.phone", "01012345678")


def test_depends_on_the_key():
    """Without the key a digest of personal data cannot be recomputed."""
    assert Digester(KEY).digest("p", "v") != Digester(KEY[::-1]).digest("p", "v")


def test_refuses_a_short_key():
    """A key one can guess protects nothing."""
    with pytest.raises(ConfigurationError):
        Digester(b"short")


def test_never_shows_its_key():
    """A digester may land in a traceback."""
    assert KEY.hex() not in repr(Digester(KEY))
    assert repr(KEY) not in repr(Digester(KEY))


def test_digests_a_secret_as_sha256():
    """FIPS 180-4's own example, so that another program can compute it too."""
    assert secret_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(("a", "b", "equal"), [("가나", "가나", True), ("가나", "가다", False), ("a", "ab", False)])
def test_compares_any_text(a: str, b: str, equal: bool):
    """`hmac.compare_digest` alone raises on Korean text."""
    assert same(a, b) is equal
