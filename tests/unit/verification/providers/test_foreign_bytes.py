"""Whatever a provider, or somebody in its place, sends: a leaf of the failures, never evidence or a surprise."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from idp.verification.evidence import Holder
from idp.verification.failures import Forged, ProviderFailed, VerificationFailure
from idp.verification.method import Context, Turn
from idp.verification.providers import nice, reading
from idp.verification.providers.configured import configured_methods
from idp.verification.providers.signed_results import ResultKey
from idp.verification.providers.wire import Reply, Wire
from simulator.keys import Keys
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.verification.lab import ALL, BUSINESS, PERSON
from tests.unit.verification.providers.lab import METHODS, means_on, told

_MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_KNOWN = """
OACX_SUCCESS OACX_NOT_COMPLETED 0 0000 1 10 200 nonce tx 홍길동 19900101 01000000001 20260302180000 1772442000
a.b.c 1237894566
"""
_KEYS = """
oacxCode resultCode result_code errno token txId cxId signedData state receiptID completeDT ci name access_token
id_token keys sub issuer authorization_endpoint token_endpoint jwks_uri userinfo_endpoint iterators enc_data
integrity_value encData hmac ticket iat transaction_id auth_url pageUrl transactionId session_token code error
response expires_in
"""
_NAMES = st.sampled_from(_KEYS.split())
_TEXT = st.one_of(
    st.sampled_from([*_KNOWN.split(), "A" * 86 + "==", "\x00", "x" * 5000]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
"""What a browser can carry: its octets were decoded before anything of ours reads them."""
_WORDS = st.one_of(_TEXT, st.just("\ud800"), st.text(max_size=40))
"""What JSON can hold, lone surrogates among it."""
_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), _WORDS, st.lists(_WORDS, max_size=2)
)
_OBJECTS = st.dictionaries(_NAMES, st.one_of(_VALUES, st.dictionaries(_NAMES, _VALUES, max_size=4)), max_size=14)
_OCTETS = st.one_of(st.binary(max_size=200), _OBJECTS.map(lambda each: json.dumps(each).encode()))
_HEADERS = st.dictionaries(st.just("x-ez-signature"), st.text(st.characters(codec="latin-1"), max_size=50), max_size=1)
_REPLIES = st.builds(Reply, st.sampled_from([200, 201, 400, 401, 404]), _OCTETS, _HEADERS)
_MEMORY: Mapping[str, str | int] = {
    "brand": "KAKAO", "token": "t", "tx_id": "tx", "cx_id": "cx", "receipt": "r", "session": "s", "name": "홍길동",
    "birth_date": "1990-01-01", "phone": "01000000001", "transaction": "tx", "access": "a", "ticket": "t", "rounds": 3,
    "state": "s", "verifier": "v", "issuer": "http://127.0.0.1:1/openid", "keys": "http://127.0.0.1:1/openid/jwks",
    "userinfo": "http://127.0.0.1:1/openid/userinfo", "nonce": "nonce",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Answering(Wire):
    """Says, in turn, what it was given."""

    replies: tuple[Reply, ...] = ()

    def _ask(self, _verb: str, target: str, _body: bytes | None, _headers: Mapping[str, str]) -> Reply:
        return self.replies[len(target) % len(self.replies)]


@pytest.fixture
def methods(
    database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness, keys: Keys
) -> Mapping[str, Any]:
    store = DatabaseExpiringStore(database, frozen_clock)
    means = means_on(store, frozen_clock, fixed_randomness)
    made = configured_methods(ALL, told("http://127.0.0.1:1", keys), means)
    return {method.code: method for method in made}


@pytest.mark.parametrize("shape", METHODS)
@_MANY
@given(replies=st.lists(_REPLIES, min_size=1, max_size=4), answer=st.dictionaries(_NAMES, _TEXT, max_size=4))
def test_makes_no_evidence_of_arbitrary_answers(
    methods: Mapping[str, Any], shape: str, replies: list[Reply], answer: dict[str, str]
) -> None:
    """Issue: hypothesis over every parser of foreign bytes. What is not sealed or signed never becomes evidence."""
    method = methods[METHODS[shape]]
    wire = _Answering(method.wire.provider, method.wire.base_url, method.wire.hosts, 1, replies=tuple(replies))
    method = replace(method, wire=wire)
    request = BUSINESS if method.holder is Holder.BUSINESS else PERSON
    ends_at = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
    context = Context("t" * 22, "nonce", f"/verification/{'t' * 22}", request, ends_at)
    brought = {"state": "s", "iss": str(_MEMORY["issuer"]), **answer}
    for act, given_to_it in ((method.begin, ()), (method.poll, (_MEMORY,)), (method.finish, (_MEMORY, brought))):
        try:
            found = act(context, *given_to_it)
        except VerificationFailure:
            continue
        if shape == "profile" and found is not None and not isinstance(found, Turn):
            # Nothing seals this one but TLS: what comes over it is the provider's word.
            assert found.name
            continue
        assert found is None or found == {} or isinstance(found, Turn)


@_MANY
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
@example("[" * 100_000)
@example('{"a":' * 50_000)
@example(b"\xff\xfe{")
@example("1" * 5000)
@example('{"a": 1e999}')
def test_reads_an_object_or_says_that_there_is_none(content: str | bytes) -> None:
    """No crash, no hang, whatever the nesting."""
    try:
        said = reading.json_object(content)
    except ProviderFailed:
        return
    assert isinstance(said.values, dict)


@_MANY
@given(_OBJECTS, _NAMES)
def test_hands_on_only_text_that_a_store_can_hold(values: dict[str, Any], name: str) -> None:
    """A lone surrogate or NUL would fail somewhere later, as a failure of ours."""
    said = reading.Said(values)
    try:
        text = said.maybe(name, 100)
    except ProviderFailed:
        return
    if text is not None:
        assert text.encode()
        assert "\x00" not in text
        assert 0 < len(text) <= 100


@_MANY
@given(_WORDS)
def test_takes_or_refuses_every_word_as_anything(word: str) -> None:
    """Names, days, numbers, instants, 연계정보."""
    readers = (
        *(reading.person_name, reading.birth_date, reading.gender, reading.mobile, reading.ci, reading.di),
        *(reading.business_number, partial(reading.instant, name="at"), partial(reading.base64_octets, name="x")),
    )
    for read in readers:
        try:
            read(word)
        except ProviderFailed:
            continue


def test_composes_no_endless_name() -> None:
    """Combining marks are put in order in time by the square of their number (CWE-407)."""
    began = time.process_time()
    with pytest.raises(ProviderFailed):
        reading.person_name("a" + "\u0301\u0323" * 10_000)
    assert time.process_time() - began < 0.2


@_MANY
@given(_TEXT, _TEXT)
def test_opens_no_sealed_result_of_anybody_else(enc_data: str, seal: str) -> None:
    """NICE's result: HMAC first, then the tag of AES-GCM."""
    with pytest.raises((Forged, ProviderFailed)):
        nice.opened(nice.Keys.of("ticket", "transaction", 3), enc_data, seal)


@_MANY
@given(st.text(max_size=200))
@example("eyJhbGciOiJub25lIn0.e30.")
@example("." * 70_000)
def test_opens_no_signed_result_of_anybody_else(keys: Keys, compact: str) -> None:
    """RFC 8725 §3.1: the algorithm is the key's, `none` among the refused."""
    with pytest.raises(Forged):
        ResultKey(keys.public_pem).opened(compact)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1772442000", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("1772442000000", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("20260302180000", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("2026-03-02T18:00:00+09:00", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
    ],
)
def test_knows_the_ways_in_which_providers_write_an_instant(text: str, instant: datetime) -> None:
    """Seconds, milliseconds, Korean time without an offset, ISO 8601 with one."""
    assert reading.instant(text, "at") - instant == timedelta(0)


@pytest.mark.parametrize("text", ["2026-03-02T18:00:00", "20261302180000", "9" * 40, "soon", "", "-1"])
def test_knows_no_instant_where_there_is_none(text: str) -> None:
    """One without an offset could be nine hours off, which is longer than a result may live."""
    with pytest.raises(ProviderFailed):
        reading.instant(text, "at")
