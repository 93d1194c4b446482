"""Distinguished names, written and in certificates."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given, strategies

from idp.crypto.distinguished_name import NotAName, subject_of, written
from tests.certificates import KR_AGENCY, a_name, made
from tests.programs import needs

_UID = x509.ObjectIdentifier("0.9.2342.19200300.100.1.1")


@pytest.fixture(scope="module")
def certificate() -> x509.Certificate:
    return made().x509


@pytest.mark.parametrize(
    "name",
    [
        "CN=client 1,O=Voucher\\, Agency,C=KR",
        "cn=Client  1, o=VOUCHER\\2C Agency , c=kr",
        "2.5.4.3=client 1,2.5.4.10=Voucher\\, Agency,2.5.4.6=KR",
        "CN=#0c08636c69656e742031,O=Voucher\\2c Agency,C=KR",
        "CN=client\\ 1,O=Voucher\\, Agency,C=KR",
    ],
)
def test_finds_a_name_however_it_is_written(certificate: x509.Certificate, name: str) -> None:
    """RFC 4514 §2 and §3; RFC 4518 §2: neither case nor blanks make a difference."""
    assert written(name) == subject_of(certificate)


@pytest.mark.parametrize(
    "name",
    [
        "C=KR,O=Voucher\\, Agency,CN=client 1",
        "CN=client 1",
        "CN=client 1,O=Voucher\\, Agency",
        "CN=client 1,O=Voucher\\, Agency,C=KR,C=KR",
        "CN=client 1+O=Voucher\\, Agency,C=KR",
        "CN=client 11,O=Voucher\\, Agency,C=KR",
        "OU=client 1,O=Voucher\\, Agency,C=KR",
    ],
)
def test_takes_no_other_name(certificate: x509.Certificate, name: str) -> None:
    """Order and number of the relative names count."""
    assert written(name) != subject_of(certificate)


@pytest.mark.parametrize(
    "name",
    ["", "CN", "=x", "CN=", "CN= ", "XX=1", "CN=a,", "CN=a\\", "CN=a\\z", 'CN=a"b', "CN=a<b", "CN=#zz", "CN=#0c",
     "CN=\\ff", "1=a", "01.2=a", "CN=a;;O=b"],
)  # fmt: skip
def test_refuses_what_is_no_name(name: str) -> None:
    """RFC 4514 §3."""
    with pytest.raises(NotAName):
        written(name)


def test_does_not_mind_how_a_certificate_keeps_its_words() -> None:
    """RFC 5280 §7.1: PrintableString and UTF8String of the same letters are the same."""
    kinds = (_ASN1Type.UTF8String, _ASN1Type.PrintableString)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Client", kind)]) for kind in kinds]
    assert [subject_of(made(name).x509) for name in names] == [written("CN=client")] * 2


def test_reads_names_of_several_values_and_of_others_letters() -> None:
    """RFC 4514 §2.2, §4: UTF-8, as it is or escaped."""
    relative = x509.RelativeDistinguishedName(
        [x509.NameAttribute(NameOID.COMMON_NAME, "바우처"), x509.NameAttribute(_UID, "1+1=2")]
    )
    subject = subject_of(made(x509.Name([relative])).x509)
    assert written("UID=1\\+1\\=2+CN=바우처") == subject
    assert written("CN=\\EB\\B0\\94우처+UID=1\\2B1=2") == subject


@needs("openssl")
@pytest.mark.parametrize(
    "subject",
    [
        "/C=KR/O=Voucher, Agency/OU=Platform+CN=client #1",
        "/DC=example/DC=rp/CN= two  blanks /emailAddress=ops@rp.example",
        '/C=KR/serialNumber=123-45-67890/CN=바우처 "서버"/UID=rp',
    ],
)
def test_reads_what_openssl_writes(subject: str, tmp_path: Path) -> None:
    """An operator registers what `openssl x509 -subject -nameopt RFC2253` prints, with UTF-8 or escaped."""
    made_of = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8"]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "crt")]
    subprocess.run([*made_of, "-multivalue-rdn", "-subj", subject, *files], check=True, capture_output=True)
    certificate = x509.load_pem_x509_certificate((tmp_path / "crt").read_bytes())
    for options in ("RFC2253", "RFC2253,utf8,-esc_msb"):
        shown = ["openssl", "x509", "-in", str(tmp_path / "crt"), "-noout", "-subject", "-nameopt", options]
        said = subprocess.run(shown, check=True, capture_output=True, encoding="utf-8").stdout
        assert written(said.removeprefix("subject=").strip("\n")) == subject_of(certificate)


@given(strategies.lists(strategies.text('aB ,+"\\<>;=#가\u0301', min_size=1, max_size=8).filter(str.strip), max_size=3))
def test_reads_back_what_cryptography_writes(values: list[str]) -> None:
    """Whatever is in it: another library's writing of a name is that name."""
    name = a_name((NameOID.COUNTRY_NAME, "KR"), *((NameOID.ORGANIZATIONAL_UNIT_NAME, value) for value in values))
    expected = (frozenset({("2.5.4.6", "kr")}),)
    found = written(name.rfc4514_string())
    assert found[:1] == expected
    assert len(found) == len(values) + 1


@given(strategies.text(max_size=40))
def test_fails_in_one_way(name: str) -> None:
    """Whatever an operator wrote."""
    try:
        written(name)
    except NotAName:
        return


def test_reads_the_subject_of_the_example() -> None:
    """The same order as in the certificate."""
    assert subject_of(made(KR_AGENCY).x509)[0] == frozenset({("2.5.4.6", "kr")})
