"""Query strings are read once, from the raw octets."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from idp.saml import redirect_binding
from idp.saml.certificates import SigningCertificate
from idp.saml.names import ECDSA_SHA256, ECDSA_SHA512, RSA_SHA256, RSA_SHA384, RSA_SHA512
from idp.saml.redirect_binding import inflate, read
from idp.saml.refusals import UnreadableMessage, UntrustedSignature
from idp.saml.toolkit import MESSAGE_LIMIT
from tests.vectors.saml.forge import Signatory, deflated, redirect

XML = b"<x/>"


def test_reads_the_message_and_the_relay_state():
    """Both come back as sent, whatever else the query holds (bindings §3.4.4.1)."""
    message = read(b"lang=ko&" + redirect(XML, relay_state="https://smtech.example/?a=1&b=가 나+다") + b"&utm=1")
    assert (message.xml, message.relay_state) == (XML, "https://smtech.example/?a=1&b=가 나+다")
    assert message.signature is None


def test_takes_plus_for_a_blank_in_the_relay_state_and_for_itself_in_base64():
    """Form encoders write a blank as plus; base64 has no blank."""
    some = (f"<x>{number}</x>".encode() for number in range(1000))
    xml, encoded = next((xml, text) for xml in some if "+" in (text := base64.b64encode(deflated(xml)).decode()))
    message = read(f"SAMLRequest={quote(encoded, safe='+')}&RelayState=a+b".encode())
    assert message.xml == xml
    assert message.relay_state == "a b"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [(RSA_SHA256, 0), (RSA_SHA384, 0), (RSA_SHA512, 0), (ECDSA_SHA256, 1), (ECDSA_SHA512, 1)],
)
@pytest.mark.parametrize("lower", [False, True])
def test_verifies_the_octets_that_came(
    algorithm: str,
    key: int,
    lower: bool,
    provider_key: Signatory,
    second_key: Signatory,
    certificates: Sequence[SigningCertificate],
):
    """Escapes in either case, either kind of key, every registered key tried (bindings §3.4.4.1, IIP-MD07)."""
    signer = (provider_key, second_key)[key]
    query = redirect(XML, relay_state="상태/=", signer=signer, algorithm=algorithm, lower=lower)
    signature = read(query).signature
    assert signature is not None
    assert signature.holds(certificates)


def test_covers_an_empty_relay_state(provider_key: Signatory, certificates: Sequence[SigningCertificate]):
    """An empty parameter is still a parameter, and is signed as one."""
    message = read(redirect(XML, relay_state="", signer=provider_key))
    assert message.relay_state == ""
    assert message.signature is not None
    assert message.signature.holds(certificates)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [(b"RelayState=here", b"RelayState=there"), (b"&RelayState=here", b""), (b"RelayState=here", b"RelayState=%68ere")],
)
def test_does_not_hold_once_a_signed_octet_changed(
    was: bytes, becomes: bytes, provider_key: Signatory, certificates: Sequence[SigningCertificate]
):
    """The RelayState too, and even its spelling."""
    query = redirect(XML, relay_state="here", signer=provider_key)
    assert was in query
    signature = read(query.replace(was, becomes)).signature
    assert signature is not None
    assert not signature.holds(certificates)


def test_does_not_hold_for_an_unregistered_key(rival_key: Signatory, certificates: Sequence[SigningCertificate]):
    """A signature that is present must be the provider's (saml2int SDP-IDP05)."""
    signature = read(redirect(XML, signer=rival_key)).signature
    assert signature is not None
    assert not signature.holds(certificates)


@pytest.mark.parametrize(
    "algorithm",
    [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "none",
        "",
    ],
)
def test_refuses_an_algorithm_that_is_not_on_the_list(algorithm: str, provider_key: Signatory):
    """python3-saml verifies an unknown algorithm as if it were rsa-sha256."""
    query = redirect(XML, signer=provider_key).replace(
        quote(RSA_SHA256, safe="").encode(), quote(algorithm, safe="").encode()
    )
    with pytest.raises(UntrustedSignature):
        read(query)


def test_does_not_mix_kinds_of_key(provider_key: Signatory, certificates: Sequence[SigningCertificate]):
    """The algorithm must belong to the kind of key (xmldsig-core §6.4)."""
    # A true RSA signature over a query that calls it ECDSA: the label is signed and still must not be believed.
    signature = read(redirect(XML, signer=provider_key, algorithm=ECDSA_SHA256)).signature
    assert signature is not None
    assert not signature.holds(certificates)


@pytest.mark.parametrize("name", ["SigAlg", "Signature"])
def test_refuses_half_a_signature(name: str, provider_key: Signatory):
    """Stripping one of the two must not make a request unsigned."""
    pairs = [
        pair for pair in redirect(XML, signer=provider_key).split(b"&") if not pair.startswith(f"{name}=".encode())
    ]
    with pytest.raises(UntrustedSignature):
        read(b"&".join(pairs))


@pytest.mark.parametrize(
    "extra",
    [
        b"SAMLRequest=AAAA",
        b"SAMLReques%74=AAAA",
        b"%53AMLRequest=AAAA",
        b"SAMLRequest",
        b"SAMLRequest+=AAAA",
        b"SAMLResponse=AAAA",
        b"SAMLRespons%65=AAAA",
        b"RelayState=a&RelayState=a",
        b"Relay%53tate=a",
        b"SAMLEncoding=urn:example:other",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_refuses_a_parameter_that_could_be_read_two_ways(extra: bytes, first: bool):
    """Doubled, escaped or rival parameters (SimpleSAMLphp CVE-2025-27773)."""
    query = redirect(XML)
    with pytest.raises(UnreadableMessage):
        read(extra + b"&" + query if first else query + b"&" + extra)


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"SAMLRequest=",
        b"SAMLRequest=%%%",
        b"SAMLRequest=AA*A",
        b"SAMLRequest=AAA",
        b"SAMLRequest=" + quote(base64.b64encode(XML).decode()).encode(),
        b"SAMLRequest=" + quote(base64.b64encode(zlib.compress(XML)).decode()).encode(),
        b"SAMLRequest=" + quote(base64.b64encode(deflated(XML)[:-1]).decode()).encode(),
        b"SAMLRequest=" + quote(base64.b64encode(deflated(XML) + b"x").decode()).encode(),
        redirect(XML) + b"&RelayState=%ff",
        redirect(XML, relay_state="a" * 2049),
        redirect(XML) + b"&x=" + b"a" * redirect_binding.QUERY_LIMIT,
    ],
    ids=range(12),
)
def test_refuses_what_cannot_be_decoded(query: bytes):
    """Strictly: no guessing, no trailing octets (bindings §3.4.4.1)."""
    with pytest.raises(UnreadableMessage):
        read(query)


def test_stops_inflating_at_the_limit():
    """Four hundred kilobytes that would become three hundred megabytes cost next to nothing."""
    bomb = deflated(b"\0" * 50_000_000)
    began = time.process_time()
    with pytest.raises(UnreadableMessage):
        inflate(bomb)
    assert time.process_time() - began < 0.1


def test_inflates_up_to_the_limit():
    """The limit itself is still allowed."""
    assert len(inflate(deflated(b"x" * MESSAGE_LIMIT))) == MESSAGE_LIMIT


@given(st.binary(max_size=300))
def test_never_fails_in_another_way(query: bytes):
    """Any octets: a message, or a refusal of ours."""
    try:
        read(b"SAMLRequest=" + query)
    except (UnreadableMessage, UntrustedSignature) as refusal:
        assert refusal.public  # noqa: PT017


def _relabelled(query: bytes, algorithm: str) -> bytes:
    return query.replace(quote(RSA_SHA256, safe="").encode(), quote(algorithm, safe="").encode())
