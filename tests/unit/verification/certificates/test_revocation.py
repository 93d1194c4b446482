"""Whether a certificate was revoked: sources in their order, imported lists, mirrors (§1.6 step 5; RFC 5280 §6.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from idp.verification.certificates.authorities import Authorities
from idp.verification.certificates.failures import (
    CertificateRevoked,
    ResponderForeign,
    RevocationByLdapOnly,
    RevocationUnknown,
)
from idp.verification.certificates.mirror import Mirror
from idp.verification.certificates.ocsp import Ocsp
from idp.verification.certificates.revocation import Revocation, Silence, Source, Standing
from idp.verification.certificates.shelf import ListNotImported, Shelf
from idp.verification.certificates.x509_values import Certified
from idp.verification.lab.issue import Authority, rsa_key
from tests.fakes import FixedRandomness
from tests.unit.verification.certificates.authority import CA, MEMBER, NOW, ROOT, YEAR, Made
from tests.unit.verification.certificates.responders import HOUR, Asked, Reply, asked, fetching, responder, serving
from tests.unit.verification.certificates.test_corpus import POINT, partition

KEY = rsa_key()


@pytest.fixture(scope="module")
def about() -> Asked:
    return asked(Made().world())


def test_fails_closed_where_nobody_can_tell(about: Asked) -> None:
    """§1.6 step 5: fail closed, with an operator's switch."""
    with pytest.raises(RevocationUnknown):
        Revocation(())(about.chain, NOW)
    Revocation((), fails_closed=False)(about.chain, NOW)


def test_asks_lists_where_responders_are_silent(about: Asked) -> None:
    """OCSP first, then a list."""
    calls: list[str] = []

    def source(name: str, standing: Standing | None) -> Callable[..., Standing | None]:
        def say(*_: object) -> Standing | None:
            calls.append(name)
            return standing

        return say

    Revocation((source("ocsp", None), source("list", Standing.GOOD)))(about.chain, NOW)
    assert calls == ["ocsp", "list"]
    calls.clear()
    with pytest.raises(CertificateRevoked):
        Revocation((source("ocsp", Standing.REVOKED), source("list", Standing.GOOD)))(about.chain, NOW)
    assert calls == ["ocsp"]


def test_believes_a_list_that_an_authority_was_revoked(about: Asked, tmp_path: Path) -> None:
    """An authority needs no word that it is good: the operator trusts it."""
    by = Authority(about.root.certificate, ROOT)
    shelf, known_to = Shelf(tmp_path), Authorities((about.root,), (about.ca,))

    def good(certificate: Certified, issuer: Certified, now: datetime) -> Standing:
        return Standing.GOOD

    revocation = Revocation((good,), (shelf,))
    revocation(about.chain, NOW)
    shelf.take(by.revocation_list([], NOW - HOUR, NOW + HOUR, 1).public_bytes(Encoding.DER), known_to, NOW)
    revocation(about.chain, NOW)
    shelf.take(by.revocation_list([about.ca.serial], NOW, NOW + HOUR, 2).public_bytes(Encoding.DER), known_to, NOW)
    with pytest.raises(CertificateRevoked):
        revocation(about.chain, NOW)


def test_keeps_imported_lists_and_says_nothing_by_old_ones(tmp_path: Path) -> None:
    """Issue: file-imported CRLs; refused when older than nextUpdate."""
    world = Made(revoked=True).world()
    known = asked(world)
    shelf = Shelf(tmp_path / "crls")
    assert shelf(known.leaf, known.ca, NOW) is None
    shelf.take(world.lists[0], Authorities((known.root,), (known.ca,)), NOW)
    assert shelf(known.leaf, known.ca, NOW) is Standing.REVOKED
    assert shelf(known.leaf, known.ca, NOW + YEAR) is None
    assert [each.number for _path, each in Shelf(tmp_path / "crls").listed()] == [1]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (Made(list_from=NOW - YEAR, list_until=NOW - HOUR), "past its nextUpdate"),
        (Made(list_from=NOW + HOUR), "from the future"),
        (Made(list_key=KEY), "signature does not fit"),
        (Made(list_further=((x509.DeltaCRLIndicator(1), True),)), "not about every reason"),
    ],
)
def test_imports_no_list_that_it_could_not_believe(made: Made, why: str, tmp_path: Path) -> None:
    """What is refused says why, and leaves nothing behind."""
    world = made.world()
    known = asked(world)
    with pytest.raises(ListNotImported, match=why):
        Shelf(tmp_path).take(world.lists[0], Authorities((known.root,), (known.ca,)), NOW)
    with pytest.raises(ListNotImported, match="unreadable"):
        Shelf(tmp_path).take(b"no list", Authorities((known.root,), (known.ca,)), NOW)
    with pytest.raises(ListNotImported, match="not of this authority"):
        Shelf(tmp_path).take(Made().world().lists[0], Authorities((known.root,), ()), NOW)
    assert list(tmp_path.iterdir()) == []


def test_never_goes_back_to_an_older_list(tmp_path: Path) -> None:
    """Who was revoked since would be good again."""
    world = Made().world()
    known = asked(world)
    known_to = Authorities((known.root,), (known.ca,))
    by, shelf = Authority(known.ca.certificate, CA), Shelf(tmp_path)
    new = by.revocation_list([known.leaf.serial], NOW, NOW + HOUR, 2).public_bytes(Encoding.DER)
    old = by.revocation_list([], NOW - HOUR, NOW + HOUR, 1).public_bytes(Encoding.DER)
    shelf.take(old, known_to, NOW)
    assert shelf(known.leaf, known.ca, NOW) is Standing.GOOD
    shelf.take(new, known_to, NOW)
    with pytest.raises(ListNotImported, match="older"):
        shelf.take(old, known_to, NOW)
    assert shelf(known.leaf, known.ca, NOW) is Standing.REVOKED


def test_keeps_the_lists_of_an_authority_apart_by_partition(tmp_path: Path) -> None:
    """NPKI's lists are partitioned: each speaks for the certificates that name it."""
    shelf = Shelf(tmp_path)
    mine = Made(member=replace(MEMBER, distribution_points=(POINT,)), list_further=partition(POINT)).world()
    known = asked(mine)
    known_to = Authorities((known.root,), (known.ca,))
    by = Authority(known.ca.certificate, CA)
    elsewhere = partition(POINT.replace("dp1p1", "dp9p9"))
    other = by.revocation_list([known.leaf.serial], NOW, NOW + HOUR, 5, elsewhere).public_bytes(Encoding.DER)
    shelf.take(other, known_to, NOW)
    assert shelf(known.leaf, known.ca, NOW) is None
    shelf.take(mine.lists[0], known_to, NOW)
    assert shelf(known.leaf, known.ca, NOW) is Standing.GOOD
    assert len(list(shelf.listed())) == 2


def test_fetches_a_list_once_from_where_its_ldap_server_is_mirrored() -> None:
    """§1.6 step 5: LDAP or an HTTP mirror; kept until nextUpdate."""
    world = Made(member=replace(MEMBER, distribution_points=(POINT,)), list_further=partition(POINT)).world()
    known = asked(world)
    with serving(lambda _request: world.lists[0]) as server:
        mirror = Mirror(fetching(server.host), {"ds.example": f"{server.address}/lists/"})
        assert [mirror(known.leaf, known.ca, NOW) for _ in range(3)] == [Standing.GOOD] * 3
        assert len(server.asked) == 1
        assert Mirror(fetching(server.host), {})(known.leaf, known.ca, NOW) is Silence.LDAP_ONLY
        assert len(server.asked) == 1


def test_says_that_a_list_lies_where_it_cannot_ask() -> None:
    """Issue 4: refused under a log code of its own, unless somebody else knows; a revoked one is never taken for it."""
    world = Made(member=replace(MEMBER, distribution_points=(POINT,)), list_further=partition(POINT)).world()
    known = asked(world)
    mirror = Mirror(fetching("127.0.0.1:1"), {})

    def says(standing: Standing) -> Source:
        return lambda _certificate, _issuer, _now: standing

    with pytest.raises(RevocationByLdapOnly) as refused:
        Revocation((mirror,))(known.chain, NOW)
    assert refused.value.code == "certificate_revocation_by_ldap_only"
    Revocation((mirror, says(Standing.GOOD)))(known.chain, NOW)
    Revocation((mirror,), fails_closed=False)(known.chain, NOW)
    with pytest.raises(CertificateRevoked):
        Revocation((mirror, says(Standing.REVOKED)))(known.chain, NOW)


def test_says_that_a_responder_is_another_authoritys(about: Asked) -> None:
    """Issue 4, RFC 6960 §4.2.2.2: a responder under another authority is not believed, good answer or bad, and the log
    says why; a list still may know."""
    stranger = rsa_key()

    def answer(_request: bytes) -> bytes:
        return Reply(by=KEY, responder=responder(about, KEY, by=stranger), nonce=None)(named)

    with serving(answer) as server:
        named = asked(Made(member=replace(MEMBER, responder=server.address)).world())
        source = Ocsp(fetching(server.host), FixedRandomness())
        with pytest.raises(ResponderForeign) as refused:
            Revocation((source,))(named.chain, NOW)
        assert refused.value.code == "certificate_responder_foreign"
        Revocation((source, lambda *_: Standing.GOOD))(named.chain, NOW)


def test_matches_a_partition_named_as_an_entry_of_the_directory(tmp_path: Path) -> None:
    """A certificate may name it by ldap and its list by distinguished name (RFC 5280 §4.2.1.13)."""
    name = x509.Name.from_rfc4514_string("OU=dp1p1,OU=AccreditedCA,O=T,C=KR")
    point = x509.IssuingDistributionPoint([x509.DirectoryName(name)], None, False, False, None, False, False)
    world = Made(
        member=replace(MEMBER, distribution_points=(POINT,)), list_further=((point, True),), revoked=True
    ).world()
    known = asked(world)
    shelf = Shelf(tmp_path)
    shelf.take(world.lists[0], Authorities((known.root,), (known.ca,)), NOW)
    assert shelf(known.leaf, known.ca, NOW) is Standing.REVOKED
