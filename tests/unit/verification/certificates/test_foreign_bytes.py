"""Whatever bytes come, each parser answers with a leaf of its own, soon and within bounds (issue: hostile DER)."""

from __future__ import annotations

import base64
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings, strategies as st

from idp.verification.certificates.cms import read_cms
from idp.verification.certificates.crl import ListRefused, read_list
from idp.verification.certificates.der import LONGEST, NotDer, check
from idp.verification.certificates.failures import CertificateFailure, CertificateMalformed
from idp.verification.certificates.npki import identified
from idp.verification.certificates.ocsp import AnswerRefused, read_answer as read_ocsp
from idp.verification.certificates.signed_answer import LONGEST_FIELD, read_answer
from idp.verification.certificates.x509_values import read
from idp.verification.lab.issue import Authority, Identity, identify_data
from tests.unit.verification.certificates.authority import CA, NOW, RANDOM, Made, World
from tests.unit.verification.certificates.signing import Signer, signed_data

TEXT = b"text|nonce|1237894566|time"
NONCE = bytes(32)
MANY = settings(max_examples=300, deadline=None)
SECONDS = 2.0


@cache
def world() -> World:
    return Made().world()


@cache
def good_cms() -> bytes:
    return signed_data(Signer(x509.load_der_x509_certificate(world().leaf), world().key, RANDOM), TEXT)


@cache
def good_ocsp() -> bytes:
    leaf, ca = (x509.load_der_x509_certificate(each) for each in (world().leaf, world().authorities[0]))
    by = Authority(ca, CA)
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf,
        ca,
        hashes.SHA256(),
        ocsp.OCSPCertStatus.GOOD,
        NOW,
        NOW + timedelta(hours=1),
        None,
        None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, ca)
    builder = builder.add_extension(x509.OCSPNonce(NONCE), critical=False)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


def ask_ocsp(octets: bytes) -> object:
    return read_ocsp(octets, read(world().leaf), read(world().authorities[0]), NONCE, NOW)


def ask_answer(octets: bytes) -> object:
    return read_answer({"cms": base64.b64encode(octets).decode(), "r": ""}, TEXT)


def ask_raw(octets: bytes) -> object:
    return read_answer({"certificate": base64.b64encode(octets).decode(), "signature": "AAAA"}, TEXT)


PARSERS: dict[str, tuple[Callable[[bytes], object], Callable[[], bytes], tuple[type[Exception], ...]]] = {
    "der": (check, good_cms, (NotDer,)),
    "cms": (lambda octets: read_cms(octets, TEXT), good_cms, (CertificateFailure,)),
    "certificate": (read, lambda: world().leaf, (CertificateMalformed,)),
    "revocation list": (read_list, lambda: world().lists[0], (ListRefused,)),
    "ocsp": (ask_ocsp, good_ocsp, (AnswerRefused,)),
    "identify data": (identified, lambda: identify_data(Identity("길동상사", "1237894566", RANDOM)).value, ()),
    "answer": (ask_answer, good_cms, (CertificateFailure,)),
    "raw answer": (ask_raw, lambda: world().leaf, (CertificateFailure,)),
}


each_parser = pytest.mark.parametrize("parser", PARSERS)


def parsed(name: str, octets: bytes) -> object:
    """What the parser made of it, or which of its own leaves it raised; another exception fails the test."""
    act, _good, leaves = PARSERS[name]
    try:
        return act(octets)
    except leaves as refused:
        return refused


@each_parser
def test_reads_what_is_good(parser: str) -> None:
    """Without this the tests below could pass by refusing everything."""
    _act, good, _leaves = PARSERS[parser]
    assert not isinstance(parsed(parser, good()), Exception)


@each_parser
@MANY
@given(data=st.data())
def test_survives_any_change(parser: str, data: st.DataObject) -> None:
    """Octets replaced, taken out, put in, and the end cut off."""
    octets = bytearray(PARSERS[parser][1]())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(octets) - 1))
        how = data.draw(st.sampled_from(["replace", "remove", "insert", "cut"]))
        if how == "replace":
            octets[at] = data.draw(st.integers(0, 255))
        elif how == "remove":
            del octets[at : at + data.draw(st.integers(1, 8))]
        elif how == "insert":
            octets[at:at] = data.draw(st.binary(min_size=1, max_size=8))
        else:
            del octets[at:]
        if not octets:
            break
    parsed(parser, bytes(octets))


@each_parser
@MANY
@given(octets=st.binary(max_size=200))
def test_survives_anything(parser: str, octets: bytes) -> None:
    """Any octets at all, alone and inside what announces itself as DER."""
    parsed(parser, octets)
    parsed(parser, b"\x30\x81" + bytes([len(octets)]) + octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x30\x80" * 20_000,
        b"".join(b"\x30\x82" + (4 * n).to_bytes(2, "big") for n in range(10_000, 0, -1)),
        b"\x30\x84\xff\xff\xff\xff" + bytes(60_000),
        b"\x30\x82\xbb\x00" + b"\x05\x00" * 23_936,
        b"\x30\x82\xbb\x00\x06\x82\xba\xfc" + b"\xff" * 47_868,
        b"\x30\x82\xbb\x00\x02\x82\xba\xfc" + b"\x7f" * 47_868,
        bytes(50_000_000),
    ],
    ids=["indefinite", "nested", "length of gigabytes", "many values", "endless OID", "endless integer", "50 MB"],
)
@each_parser
def test_gives_up_soon_and_keeps_within_bounds(parser: str, octets: bytes) -> None:
    """Nesting, lengths and numbers meant to keep a parser busy, or to make it ask for memory."""
    tracemalloc.start()
    started = time.monotonic()
    result = parsed(parser, octets)
    elapsed, (_now, peak) = time.monotonic() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result is None or isinstance(result, Exception)
    assert elapsed < SECONDS
    # Base64 of the octets, made by the test itself, is not the parser's.
    assert peak < 16 * 1024 * 1024 + (4 * len(octets) if "answer" in parser else 0)


def test_refuses_versions_that_do_not_exist() -> None:
    """What the library raises over them is no ValueError."""
    version = world().leaf.index(b"\xa0\x03\x02\x01\x02") + 4
    assert isinstance(parsed("certificate", world().leaf[:version] + b"\x4a" + world().leaf[version + 1 :]), Exception)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"cms": ""},
        {"cms": "====", "r": ""},
        {"cms": "한글", "r": ""},
        {"cms": "A" * (LONGEST_FIELD + 1)},
        {"certificate": "AAAA"},
        {"signature": "AAAA"},
        {"certificate": "AAAA", "signature": "B" * LONGEST_FIELD},
        {"cms": base64.b64encode(bytes(LONGEST + 1)).decode()},
    ],
)
def test_refuses_an_answer_that_is_none(answer: dict[str, str]) -> None:
    """Missing, empty, too long and unreadable fields."""
    with pytest.raises(CertificateFailure):
        read_answer(answer, TEXT)


@MANY
@given(random=st.text(max_size=200))
def test_reads_any_r_without_repeating_it(random: str) -> None:
    """§1.3: what is wrong with R is not said, for the words could hold it."""
    posted = {"cms": base64.b64encode(good_cms()).decode(), "r": random}
    try:
        read = read_answer(posted, TEXT)
    except CertificateFailure as failure:
        said = (failure.detail, failure.public, failure.__cause__)
    else:
        said = ("r", "", None)
        assert read.random is None or bytes.fromhex(random) == read.random
        assert read.random is None or repr(read.random) not in repr(read)
    assert said == ("r", "", None)
