"""The keys of clients: those they registered, and those they host."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from idp.agencies.oidc_registration import ClientKeys
from idp.agencies.registered_url import RegisteredUrl
from idp.crypto.foreign_jwt import ForeignJwt
from idp.fetch import FetchFailed
from idp.oidc.client_keys import ClientKeySets, ClientSignatures
from tests.protocol.oidc.assertions import Signer
from tests.races import race

ADDRESS = "https://rp.example/keys"


@dataclass
class Hosted:
    """A Web server of a client's, without the Web."""

    value: Any
    asked: int = 0
    patience: timedelta = timedelta(seconds=2)
    before: Callable[[], object] = lambda: None

    def __call__(self, url: str, *, kinds: Collection[str], longest: int) -> bytes:  # noqa: ARG002  # as Fetch
        assert url == ADDRESS
        self.asked += 1
        self.before()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


@dataclass
class Hands:
    """A clock that only grows, by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class OfClient:
    keys: ClientKeys = field(default_factory=lambda: ClientKeys(jwks_uri=RegisteredUrl(ADDRESS)))


CLIENT = OfClient()


@pytest.fixture(scope="module")
def old() -> Signer:
    return Signer.ec("old")


@pytest.fixture(scope="module")
def new() -> Signer:
    return Signer.ec("new")


@pytest.fixture
def hands() -> Hands:
    return Hands()


def key_sets(hosted: Hosted, hands: Hands) -> ClientKeySets:
    return ClientKeySets(hosted, hands)  # type: ignore[arg-type]


def kids(keys: Any) -> list[str]:
    return [key.kid for key in keys]


def signed(keys: ClientKeySets, signer: Signer) -> bool:
    return ClientSignatures(keys)(CLIENT, ForeignJwt.read(signer.sign({"iss": "x"})))


def test_reads_a_hosted_set_once(old: Signer, hands: Hands) -> None:
    """OpenID Connect Registration §2, `jwks_uri`: cached, and read again after ten minutes."""
    hosted = Hosted(old.jwks)
    keys = key_sets(hosted, hands)
    assert kids(keys(CLIENT)) == ["old"]
    hands.now += 599
    assert kids(keys(CLIENT)) == ["old"]
    assert hosted.asked == 1
    hands.now += 1
    assert kids(keys(CLIENT)) == ["old"]
    assert hosted.asked == 2


def test_reads_again_for_a_key_it_does_not_know(old: Signer, new: Signer, hands: Hands) -> None:
    """oidcc-refresh-token-rp-key-rotation: the suite swaps its keys, waits 60 s and signs with the new ones."""
    hosted = Hosted(old.jwks)
    keys = key_sets(hosted, hands)
    assert signed(keys, old)
    hosted.value = new.jwks
    hands.now += 60
    assert signed(keys, new)
    assert hosted.asked == 2
    assert not signed(keys, old)


def test_reads_again_where_tokens_name_no_key(hands: Hands) -> None:
    """OpenID Connect Core §10.1.1: a set of one key needs no `kid`, and is rotated all the same."""
    first, second = Signer.ec(None), Signer.ec(None)
    hosted = Hosted(first.jwks)
    keys = key_sets(hosted, hands)
    assert signed(keys, first)
    hosted.value = second.jwks
    hands.now += 60
    assert signed(keys, second)


def test_is_not_made_to_read_by_made_up_keys(old: Signer, new: Signer, hands: Hands) -> None:
    """Anybody can send tokens with any `kid`: ten seconds lie between two readings."""
    hosted = Hosted(old.jwks)
    keys = key_sets(hosted, hands)
    for _ in range(100):
        assert not signed(keys, new)
        hands.now += 0.3
    assert hosted.asked <= 4
    assert signed(keys, old)


def test_uses_what_is_at_hand_while_the_host_is_down(old: Signer, hands: Hands) -> None:
    """An outage at the client's does not lock it out; after an hour its keys are nobody's word any more."""
    hosted = Hosted(old.jwks)
    keys = key_sets(hosted, hands)
    assert signed(keys, old)
    hosted.value = FetchFailed("timeout")
    hands.now += 3599
    assert signed(keys, old)
    hands.now += 1
    assert not signed(keys, old)
    hosted.value = old.jwks
    hands.now += 60
    assert signed(keys, old)


def test_rests_longer_the_longer_a_host_is_down(old: Signer, hands: Hands) -> None:
    """A dead host is asked every ten seconds, then less often, then once a minute; all others refuse at once."""
    hosted = Hosted(FetchFailed("timeout"))
    keys = key_sets(hosted, hands)
    for _ in range(600):
        assert kids(keys(CLIENT)) == []
        hands.now += 1
    assert 10 <= hosted.asked <= 13


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"[]", b"null", b'"keys"', {"keys": {}}, {"keys": [1]}, {}, {"keys": [{"kty": "RSA"}] * 21}, b"\xff"],
)
def test_believes_no_set_that_is_none(value: Any, hands: Hands) -> None:
    """RFC 7517 §5; what was there before stays in use."""
    assert kids(key_sets(Hosted(value), hands)(CLIENT)) == []


def test_believes_no_set_with_a_secret_in_it(old: Signer, hands: Hands) -> None:
    """Whoever published a private key has lost it, and a shared key published is nobody's secret."""
    for bad in (
        {**old.jwk, "d": "AA"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "n": "AQ", "e": "AQAB", "p": "x"},
    ):
        assert kids(key_sets(Hosted({"keys": [old.jwk, bad]}), hands)(CLIENT)) == []


def test_leaves_out_what_it_cannot_use(old: Signer, hands: Hands) -> None:
    """RFC 7517 §5: kinds that are not known are ignored; RFC 8725 §3.5: so are RSA keys below 2048 bits."""
    weak = {"kty": "RSA", "kid": "weak", "n": "wA" + "A" * 168 + "Q", "e": "AQAB"}
    odd = [
        weak,
        {"kty": "AKP", "kid": "later", "alg": "ML-DSA-44", "pub": "x"},
        {"kty": "EC", "crv": "secp256k1", "kid": "coin", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "kid": "off-curve", "x": "AA", "y": "AA"},
        {"kty": "RSA", "kid": "huge", "n": "_" * 100_000, "e": "AQAB"},
        {"kty": "RSA", "kid": "slow", "n": Signer.rsa().jwk["n"], "e": "_" * 300},
        {"kty": "RSA", "kid": "none"},
        {"kty": 1},
        {},
    ]
    assert kids(key_sets(Hosted({"keys": [*odd, old.jwk]}), hands)(CLIENT)) == ["old"]


def test_reads_once_for_all_who_ask_at_the_same_moment(old: Signer, hands: Hands) -> None:
    """One reading a client at a time; a few wait for the first, the others are refused and may come again."""
    hosted = Hosted(old.jwks, before=lambda: time.sleep(0.2))
    keys = key_sets(hosted, hands)
    found = race(lambda _: len(kids(keys(CLIENT))), 5)
    assert found == [1] * 5
    assert hosted.asked == 1


def test_does_not_let_a_dead_host_hold_every_thread(hands: Hands) -> None:
    """Sixteen ask, one reads, four wait: eleven have their answer at once."""
    over = threading.Event()
    hosted = Hosted(FetchFailed("timeout"), before=lambda: over.wait(5))
    keys = key_sets(hosted, hands)
    at_once: list[int] = []

    def ask(_: int) -> None:
        keys(CLIENT)
        if not over.is_set():
            at_once.append(1)
            if len(at_once) == 11:
                over.set()

    race(ask, 16)
    assert hosted.asked == 1
    assert len(at_once) >= 11


def test_gives_the_old_keys_while_another_reads_anew(old: Signer, hands: Hands) -> None:
    """Ten minutes are over: one reads, the others do not wait."""
    hosted = Hosted(old.jwks)
    keys = key_sets(hosted, hands)
    assert signed(keys, old)
    hands.now += 601
    reading, over = threading.Event(), threading.Event()

    def slowly() -> None:
        reading.set()
        over.wait(5)

    hosted.before = slowly
    thread = threading.Thread(target=keys, args=(CLIENT,))
    thread.start()
    assert reading.wait(5)
    assert signed(keys, old)
    over.set()
    thread.join()
    assert hosted.asked == 2


def test_keeps_registered_sets_as_long_as_they_are_registered(old: Signer, new: Signer, hands: Hands) -> None:
    """By value: read once, and another registration is another set."""
    keys = key_sets(Hosted(b""), hands)
    first = OfClient(ClientKeys(jwks=old.jwks))
    assert keys(first) is keys(first)
    assert keys.anew(first) is keys(first)
    assert kids(keys(OfClient(ClientKeys(jwks=new.jwks)))) == ["new"]
    assert kids(keys(OfClient(ClientKeys()))) == []
