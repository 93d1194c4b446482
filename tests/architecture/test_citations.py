"""What the tables of specifications and requirements are made of, and that they are up to date."""

from __future__ import annotations

import tomllib

import pytest

from tests.architecture.tree import ROOT
from tools import requirements_table, specifications_table
from tools.citations import Citation, Names, Plan

NAMES = Names.of(tomllib.loads(specifications_table.SPECIFICATIONS.read_text("utf-8")))
CORE = "OpenID Connect Core 1.0"


def test_has_an_up_to_date_table_of_specifications() -> None:
    """After a change of docstrings: `python -m tools.specifications_table`."""
    assert specifications_table.TABLE.read_text("utf-8") == specifications_table.table(ROOT)


def test_has_an_up_to_date_table_of_requirements() -> None:
    """After a change of docstrings: `python -m tools.requirements_table`."""
    reasons = tomllib.loads(requirements_table.REASONS.read_text("utf-8"))["open"]
    assert requirements_table.TABLE.read_text("utf-8") == requirements_table.table(ROOT, reasons)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("RFC 6749 §4.1.2: a code is used once.", {("RFC 6749", "4.1.2")}),
        ("RFC 6749 §5.2, RFC 7636 §4.6; §4.4.", {("RFC 6749", "5.2"), ("RFC 7636", "4.6"), ("RFC 7636", "4.4")}),
        ("RFC 7636, RFC 9207.", {("RFC 7636", ""), ("RFC 9207", "")}),
        ("RFC 7636 appendix B.", {("RFC 7636", "B")}),
        ("RFC 5794 §A.3 has it", {("RFC 5794", "A.3")}),
        ("RFC 8935 §2.2–2.4", {("RFC 8935", "2.2"), ("RFC 8935", "2.3"), ("RFC 8935", "2.4")}),
        ("OpenID Connect Core §3.1.2.1 (`acr_values`), §5.5.1.1.", {(CORE, "3.1.2.1"), (CORE, "5.5.1.1")}),
        ("OpenID Connect\nCore 1.0 §2", {(CORE, "2")}),
        ("the RP-Initiated Logout §2", {("OpenID Connect RP-Initiated Logout 1.0", "2")}),
        ("FAPI 2.0 §5.3.2.1", {("FAPI 2.0 Security Profile", "5.3.2.1")}),
        ("SSF 1.0 §8.1", {("OpenID Shared Signals Framework 1.0", "8.1")}),
        ("PIPA §22의2: who", {("개인정보 보호법 (PIPA)", "22의2")}),
        ("Account events §3.4, RFC 8935 §2.4", {("RFC 8935", "2.4")}),
        ("Architecture §11.1 and §11.8: once", set()),
        ("§3.7: of whatever", set()),
    ],
)
def test_reads_what_a_docstring_cites(text: str, cited: set[tuple[str, str]]) -> None:
    """Style 17: the clause comes last; several, ranges, appendices and our own documents occur."""
    assert {*NAMES.cited(text)} == {Citation(*each) for each in cited}


def test_knows_whose_core_it_is() -> None:
    """`Core` is SAML's where SAML is at home, and OpenID Connect's elsewhere."""
    assert {*NAMES.cited("Core §3.4.1.", path="idp/saml/answer.py")} == {Citation("SAML V2.0 Core", "3.4.1")}
    assert {*NAMES.cited("core §5.4", path="tests/unit/saml/test_x.py")} == {Citation("SAML V2.0 Core", "5.4")}
    assert {*NAMES.cited("Core §2.", path="idp/oidc/answer.py")} == {Citation(CORE, "2")}


def test_takes_the_specification_from_the_file() -> None:
    """A clause without a name belongs to what the file names first."""
    usual = NAMES.first("Registering a passkey. WebAuthn §7.1.")
    assert {*NAMES.cited("§14.6.1: no name", usual=usual)} == {Citation("Web Authentication Level 3", "14.6.1")}
    assert NAMES.first("Account events §3, RFC 8935.") is None


def test_knows_the_modules_of_a_plan() -> None:
    """Whole names only; a short name of FAPI's needs its prefix."""
    plan = Plan("basic", ("oidcc-server", "oidcc-server-client-secret-post"))
    assert plan.named("oidcc-server-client-secret-post: works") == {"oidcc-server-client-secret-post"}
    fapi = Plan("fapi", ("happy-flow", "par-ensure-pkce-required"), prefix="fapi2-security-profile-final-")
    assert fapi.named("the happy-flow") == set()
    assert fapi.named("fapi2-happy-flow") == {"happy-flow"}
    assert fapi.named("par-ensure-pkce-required") == {"par-ensure-pkce-required"}
    plan = Plan("dynamic", ("oidcc-uri-query-OK", "oidcc-uri-query-added", "oidcc-other-added"))
    assert plan.named("oidcc-uri-query-OK, -added: exact") == {"oidcc-uri-query-OK", "oidcc-uri-query-added"}
    assert plan.named("-added") == set()
    form_post = Plan("form post", ("oidcc-server",), also="oidcc-formpost-basic")
    assert form_post.named("oidcc-server") == set()
    assert form_post.named("oidcc-formpost-basic: oidcc-server") == {"oidcc-server"}
