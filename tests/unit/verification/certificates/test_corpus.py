"""Our verdict beside OpenSSL's, over certificates good and bad, by both made (issue, what to show; §1.6 steps 3-5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.verification.certificates.authorities import Authorities
from idp.verification.certificates.crl import ListRefused, read_list
from idp.verification.certificates.policies import PolicyTable, read_policies
from idp.verification.certificates.revocation import Revocation, Standing
from idp.verification.certificates.verdict import Verdict
from idp.verification.certificates.x509_values import Certified, read
from idp.verification.evidence import Holder
from idp.verification.failures import VerificationFailure
from idp.verification.lab.issue import p256_key, rsa_key
from tests.unit.verification.certificates import authority as make
from tests.unit.verification.certificates.authority import AUTHORITY, BUSINESS, MEMBER, NOW, UNKNOWN, YEAR, Made, World
from tests.unit.verification.certificates.strangers import Issue, OpenSsl, made_by_openssl, needs_openssl

TABLE = Path(__file__).parents[4] / "config" / "certificate_policies.toml"
GOOD = "accepted"
NO_WORD = "certificate_revocation_unknown"
PAST = NOW - timedelta(days=1)
POINT = "ldap://ds.example:389/ou=dp1p1,ou=AccreditedCA,o=T,c=KR?certificateRevocationList"
ELSEWHERE = "ldap://ds.example:389/ou=dp2p2,ou=AccreditedCA,o=T,c=KR?certificateRevocationList"
RESPONDER = ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), True),)
CONSTRAINED = ((x509.NameConstraints(None, [x509.DNSName("x.example")]), False),)


@dataclass(frozen=True)
class Case:
    """One certificate. `stricter` says why we refuse what OpenSSL, asked for no NPKI rule, does not."""

    name: str
    make: Callable[[], World]
    ours: str
    stricter: str = ""


def member(**changes: object) -> Callable[[], World]:
    return lambda: Made(member=replace(MEMBER, **changes)).world()  # type: ignore[arg-type]


def ca(**changes: object) -> Callable[[], World]:
    return lambda: Made(ca=replace(AUTHORITY, **changes)).world()  # type: ignore[arg-type]


def made(**changes: object) -> Callable[[], World]:
    return lambda: Made(**changes).world()  # type: ignore[arg-type]


def partition(address: str) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    point = x509.IssuingDistributionPoint(
        [x509.UniformResourceIdentifier(address)], None, False, False, None, False, False
    )
    return ((point, True),)


def about(*, members: bool) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    return ((x509.IssuingDistributionPoint(None, None, members, not members, None, False, False), True),)


CASES = [
    Case("good", made(), GOOD),
    Case("good, P-256", lambda: Made(leaf_key=p256_key()).world(), GOOD),
    Case("good, authority on P-256", lambda: Made(ca_key=p256_key()).world(), GOOD),
    Case("good, RSA 3072", lambda: Made(leaf_key=rsa_key(3072)).world(), GOOD),
    Case("good, straight from the root", make.straight_from_root, GOOD),
    Case("good, with a partitioned list of its own", lambda: Made(
        member=replace(MEMBER, distribution_points=(POINT,)), list_further=partition(POINT)
    ).world(), GOOD),
    Case("good, with a list about members only", made(list_further=about(members=True)), GOOD),
    Case("good, one of two policies", member(policies=("1.3.6.1.4.1.32473.1", BUSINESS)), GOOD),
    Case("good, allowed by its very authority", ca(policies=(BUSINESS,)), GOOD),
    Case("expired", member(not_before=NOW - YEAR, not_after=NOW - timedelta(seconds=1)), "certificate_expired"),
    Case("not yet valid", member(not_before=NOW + timedelta(seconds=1)), "certificate_not_yet_valid"),
    Case("revoked", made(revoked=True), "certificate_revoked"),
    Case("revoked, in its partition", lambda: Made(
        member=replace(MEMBER, distribution_points=(POINT,)), list_further=partition(POINT), revoked=True
    ).world(), "certificate_revoked"),
    Case("no list", made(with_list=False), NO_WORD),
    Case("list past its nextUpdate", made(list_from=NOW - YEAR, list_until=PAST), NO_WORD),
    Case("list from the future", made(list_from=NOW + timedelta(days=1)), NO_WORD),
    Case("list forged", lambda: Made(list_key=rsa_key()).world(), NO_WORD),
    Case("list of another partition", lambda: Made(
        member=replace(MEMBER, distribution_points=(POINT,)), list_further=partition(ELSEWHERE)
    ).world(), NO_WORD),
    Case("list of a partition without a name", made(list_further=partition("ldap://ds.example")), NO_WORD),
    Case("list about authorities only", made(list_further=about(members=False)), NO_WORD),
    Case("list with an unknown critical extension", made(list_further=((UNKNOWN, True),)), NO_WORD),
    Case("list of changes only", made(list_further=((x509.DeltaCRLIndicator(1), True),)), NO_WORD),
    Case("self-made", make.self_made, "certificate_issuer_unknown"),
    Case("by an impostor of the same name", make.impostor, "certificate_issuer_unknown"),
    Case("by an impostor naming the right key", make.impostor_with_its_key_id, "certificate_chain_refused"),
    Case("signature changed", made(spoil=make.flipped), "certificate_chain_refused"),
    Case("two algorithms", made(spoil=make.two_algorithms), "certificate_malformed"),
    Case("endless serial number", made(spoil=make.endless_serial), "certificate_malformed", "RFC 5280: 20 octets"),
    Case("made to answer OCSP", member(further=RESPONDER), "certificate_usage_refused", "asked for no purpose"),
    Case("authority is none", ca(authority=False), "certificate_chain_refused"),
    Case("authority expired", ca(not_after=PAST), "certificate_chain_refused"),
    Case("root expired", lambda: Made(root=replace(AUTHORITY, not_after=PAST)).world(), "certificate_chain_refused"),
    Case("path too long", make.longer_chain, "certificate_chain_refused"),
    Case("authority with an unknown critical extension", ca(further=((UNKNOWN, True),)), "certificate_chain_refused"),
    Case("unknown critical extension", member(further=((UNKNOWN, True),)), "certificate_malformed"),
    Case("policy unknown", member(policies=("1.3.6.1.4.1.32473.1",)), "certificate_policy_unknown"),
    Case("policy not enabled", member(policies=("1.2.410.200005.1.1.6.8",)), "certificate_policy_disabled"),
    Case("policy of a person", member(policies=("1.2.410.200005.1.1.1",)), "verification_holder_mismatch"),
    Case("no policy", member(policies=()), "certificate_policy_unknown"),
    Case("any policy", member(policies=("2.5.29.32.0",)), "certificate_policy_unknown", "anyPolicy names no kind"),
    Case("policy its authority may not assert", ca(policies=("1.3.6.1.4.1.32473.1",)), "certificate_policy_unknown"),
    Case("authority without policies", ca(policies=()), "certificate_policy_unknown"),
    Case("any policy forbidden above", make.inhibited_chain, "certificate_policy_unknown"),
    Case("RSA 1024", lambda: Made(leaf_key=rsa_key(1024)).world(), "certificate_algorithm_weak"),
    Case("authority of RSA 1024", lambda: Made(ca_key=rsa_key(1024)).world(), "certificate_algorithm_weak"),
    Case("P-384", lambda: Made(leaf_key=make.P384).world(), "certificate_algorithm_weak", "§1.6: RSA and P-256 only"),
    Case("of an authority", member(authority=True), "certificate_is_of_authority", "an authority is no member"),
    Case("no digitalSignature", member(digital_signature=False), "certificate_usage_refused", "§1.6 step 4: both bits"),
    Case("no nonRepudiation", member(content_commitment=False), "certificate_usage_refused", "§1.6 step 4: both bits"),
    Case("authority with name constraints", ca(further=CONSTRAINED), "certificate_chain_refused",
         "no authority of NPKI has them; we do not process them"),
]  # fmt: skip
BY_OPENSSL = [
    ("good", Issue(), GOOD),
    ("good, P-256", Issue(key=("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")), GOOD),
    ("expired", Issue(ends=-timedelta(days=1)), "certificate_expired"),
    ("revoked", Issue(revoked=True), "certificate_revoked"),
    ("self-made", Issue(trusted=False), "certificate_issuer_unknown"),
    ("policy unknown", Issue(policy="1.3.6.1.4.1.32473.1"), "certificate_policy_unknown"),
    ("RSA 1024", Issue(key=("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")), "certificate_algorithm_weak"),
    ("SHA-1", Issue(digest="-sha1"), "certificate_algorithm_weak"),
]


@dataclass(frozen=True)
class Lists:
    """The lists of a world, as a source of revocation."""

    octets: tuple[bytes, ...]

    def __call__(self, certificate: Certified, issuer: Certified, now: datetime) -> Standing | None:
        for each in self.octets:
            try:
                listed = read_list(each)
            except ListRefused:
                continue
            if listed.why_not(issuer, now) is None and (standing := listed.standing(certificate)):
                return standing
        return None


@pytest.fixture(scope="module")
def table() -> PolicyTable:
    return read_policies(TABLE)


def verdict_on(world: World, table: PolicyTable) -> str:
    """Ours, by its log code."""
    known = Authorities(tuple(map(read, world.roots)), tuple(map(read, world.authorities)))
    weigh = Verdict(known, table, Revocation((Lists(world.lists),)))
    try:
        weigh.certificate(read(world.leaf), Holder.BUSINESS, NOW)
    except VerificationFailure as failure:
        return failure.code
    return GOOD


@needs_openssl
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_agrees_with_openssl(case: Case, table: PolicyTable, tmp_path: Path) -> None:
    """Both verdicts, and where they part the rule that we are stricter by."""
    world = case.make()
    theirs = OpenSsl(tmp_path).trusts(world, table.accepted(Holder.BUSINESS))
    assert (verdict_on(world, table), theirs) == (case.ours, case.ours == GOOD or bool(case.stricter))


@needs_openssl
@pytest.mark.parametrize(("name", "issue", "ours"), BY_OPENSSL, ids=[name for name, _issue, _ours in BY_OPENSSL])
def test_agrees_over_what_openssl_made(name: str, issue: Issue, ours: str, table: PolicyTable, tmp_path: Path) -> None:
    """No library of ours had a hand in these."""
    openssl = OpenSsl(tmp_path)
    world = made_by_openssl(openssl, issue)
    theirs = openssl.trusts(world, table.accepted(Holder.BUSINESS))
    assert (verdict_on(world, table), theirs) == (ours, ours == GOOD)
