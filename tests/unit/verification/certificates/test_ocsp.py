"""Asking responders, and believing them within their authority (§1.6 step 5; RFC 6960, RFC 9654)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp

from idp.verification.certificates.fetch import NoAnswer
from idp.verification.certificates.ocsp import AnswerRefused, Ocsp, question, read_answer
from idp.verification.certificates.revocation import Standing
from idp.verification.certificates.x509_values import read
from idp.verification.lab.issue import lab_name, rsa_key
from idp.verification.lab.make import Lab
from idp.verification.lab.members import MEMBERS
from idp.verification.lab.responder import answer as lab_answer
from tests.fakes import FixedRandomness
from tests.unit.verification.certificates.authority import CA, MEMBER, NOW, YEAR, Made, der, flipped, randomness
from tests.unit.verification.certificates.responders import (
    HOUR,
    NONCE,
    Asked,
    Reply,
    asked,
    fetching,
    responder,
    serving,
)
from tests.unit.verification.certificates.strangers import OpenSsl, needs_openssl

KEY = rsa_key()


@pytest.fixture(scope="module")
def about() -> Asked:
    return asked(Made(member=replace(MEMBER, responder="http://127.0.0.1:1/")).world())


GOOD_ANSWERS: dict[str, Callable[[Asked], bytes]] = {
    "by the authority itself": Reply(),
    "by a responder it named": lambda a: Reply(by=KEY, responder=responder(a, KEY))(a),
    "without a nonce": Reply(nonce=None),
    "without saying until when": Reply(from_=-timedelta(minutes=5), until=None),
}
BAD_ANSWERS: dict[str, Callable[[Asked], bytes]] = {
    "whose signature does not fit": lambda a: flipped(Reply()(a)),
    "by a responder nobody named": lambda a: Reply(by=KEY, responder=responder(a, KEY, by=rsa_key()))(a),
    "by a certificate not made for it": lambda a: Reply(by=KEY, responder=responder(a, KEY, usage=False))(a),
    "by a responder that expired": lambda a: Reply(by=KEY, responder=responder(a, KEY, ends=-HOUR))(a),
    "with another nonce": Reply(nonce=bytes(32)),
    "too old": Reply(from_=-3 * HOUR, until=-HOUR),
    "too old, without saying until when": Reply(from_=-HOUR, until=None),
    "from the future": Reply(from_=HOUR, until=2 * HOUR),
    "about another certificate": Reply(of=Made().world().leaf),
    "that it tries later": lambda _a: ocsp.OCSPResponseBuilder.build_unsuccessful(
        ocsp.OCSPResponseStatus.TRY_LATER
    ).public_bytes(Encoding.DER),
}


@pytest.mark.parametrize("reply", GOOD_ANSWERS)
def test_believes_a_responder(about: Asked, reply: str) -> None:
    """RFC 6960 §3.2, §4.2.2.2; RFC 9654 §2.1: the nonce where the responder knows it."""
    assert read_answer(GOOD_ANSWERS[reply](about), about.leaf, about.ca, NONCE, NOW).standing is Standing.GOOD


@pytest.mark.parametrize("reply", BAD_ANSWERS)
def test_believes_no_answer(about: Asked, reply: str) -> None:
    """RFC 6960 §3.2: each of its conditions."""
    with pytest.raises(AnswerRefused):
        read_answer(BAD_ANSWERS[reply](about), about.leaf, about.ca, NONCE, NOW)


def test_hears_that_a_certificate_was_revoked_or_is_unknown(about: Asked) -> None:
    """RFC 6960 §2.2. What a responder does not know, a list may."""
    revoked = Reply(ocsp.OCSPCertStatus.REVOKED)(about)
    assert read_answer(revoked, about.leaf, about.ca, NONCE, NOW).standing is Standing.REVOKED
    unknown = Reply(ocsp.OCSPCertStatus.UNKNOWN)(about)
    assert read_answer(unknown, about.leaf, about.ca, NONCE, NOW).standing is None


def test_asks_a_responder_once_until_its_answer_is_old(about: Asked) -> None:
    """§1.6 step 5: signed responses are cached until nextUpdate."""
    with serving(lambda _request: Reply(nonce=None)(named)) as server:
        leaf = Made(member=replace(MEMBER, responder=server.address)).world()
        named = asked(leaf)
        source = Ocsp(fetching(server.host), FixedRandomness())
        assert [source(named.leaf, named.ca, NOW) for _ in range(3)] == [Standing.GOOD] * 3
        assert len(server.asked) == 1
        source(named.leaf, named.ca, NOW + HOUR)
        assert len(server.asked) == 2


def test_hears_what_the_responder_of_a_lab_says(lab: Lab) -> None:
    """Issue: a lab's own responder; good, revoked, and nothing about a stranger's certificate."""
    issuer = read(der(lab.ca.certificate))
    for member in MEMBERS:
        leaf = read(lab.certificate(member.folder))
        reply = lab_answer(lab, question(leaf, issuer, NONCE), NOW)
        expected = Standing.REVOKED if member.revoked else Standing.GOOD
        assert read_answer(reply, leaf, issuer, NONCE, NOW).standing is expected
    stranger = read(der(lab.ca.issue(lab_name("Stranger", "T"), KEY, MEMBER, randomness)))
    for request in (question(stranger, issuer, NONCE), b"no request"):
        with pytest.raises(AnswerRefused, match="status"):
            read_answer(lab_answer(lab, request, NOW), stranger, issuer, NONCE, NOW)


@needs_openssl
@pytest.mark.parametrize(("flag", "standing"), [("V", Standing.GOOD), ("R", Standing.REVOKED)])
@pytest.mark.parametrize("delegated", [False, True])
def test_understands_the_responder_of_openssl(
    about: Asked, flag: str, standing: Standing, delegated: bool, tmp_path: Path
) -> None:
    """A responder that is none of ours, by itself and by a certificate it was given for it."""
    openssl, key = OpenSsl(tmp_path), KEY if delegated else CA
    ca = openssl.bundle("ca.pem", [about.ca.der])
    signer = openssl.bundle("signer.pem", [der(responder(about, KEY, ends=100 * YEAR))]) if delegated else ca
    openssl.write("key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    revoked_on = "260101000000Z" if flag == "R" else ""
    openssl.write(
        "index.txt", f"{flag}\t270101000000Z\t{revoked_on}\t{about.leaf.serial:030X}\tunknown\t/CN=M\n".encode()
    )
    openssl.write("request.der", question(about.leaf, about.ca, NONCE))
    openssl.run(
        *("ocsp", "-index", "index.txt", "-CA", ca, "-rsigner", signer, "-rkey", "key.pem", "-nmin", "60"),
        *("-reqin", "request.der", "-respout", "response.der", "-rmd", "sha256"),
    )
    octets = (tmp_path / "response.der").read_bytes()
    # OpenSSL answers by the machine's clock.
    moment = ocsp.load_der_ocsp_response(octets).this_update_utc
    assert read_answer(octets, about.leaf, about.ca, NONCE, moment + timedelta(minutes=1)).standing is standing


def test_asks_nobody_whom_the_operator_did_not_list(about: Asked) -> None:
    """A member brings the certificate, and with it the address: it would be a way into our network."""
    with serving(lambda _request: b"") as server:
        named = asked(Made(member=replace(MEMBER, responder=server.address)).world())
        assert Ocsp(fetching("127.0.0.1:1"), FixedRandomness())(named.leaf, named.ca, NOW) is None
        for address in (
            f"{server.address}@evil.example/",
            f"ftp://{server.host}/",
            "http://[",
            f"http://{server.host} /",
        ):
            with pytest.raises(NoAnswer):
                fetching(server.host)(address.replace("@", "%40@"), 10)
        assert server.asked == []


def test_asks_as_responders_expect(about: Asked) -> None:
    """RFC 6960 §4.1: serial, issuer, nonce."""
    request = ocsp.load_der_ocsp_request(question(about.leaf, about.ca, NONCE))
    assert request.serial_number == about.leaf.serial
    assert request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
