"""Our levels and SAML's classes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idp.saml.authn_context import meetable, stated, wanted
from idp.saml.authn_request import Comparison, RequestedContext
from idp.saml.names import PASSWORD_PROTECTED_TRANSPORT as PPT, REFEDS_MFA, UNSPECIFIED_CLASS
from idp.sessions.assurance import Assurance, acr_level
from idp.signin.request import WantedLevel

ONE, TWO, THREE = (f"urn:onepass:acr:{level}" for level in (1, 2, 3))


@pytest.mark.parametrize(
    ("comparison", "classes", "levels"),
    [
        ("exact", (PPT,), (ONE,)),
        ("exact", (TWO, PPT), (TWO, ONE)),
        ("exact", ("urn:x", TWO), (TWO,)),
        ("exact", (ONE, PPT), (ONE,)),
        ("exact", ("urn:x",), None),
        ("exact", (), None),
        ("minimum", (TWO,), (TWO,)),
        ("better", (ONE,), (TWO, THREE)),
        ("better", (ONE, TWO), (THREE,)),
        ("better", (THREE,), None),
        ("better", ("urn:x",), None),
        ("minimum", (REFEDS_MFA,), (TWO,)),
        ("exact", ("urn:onepass:acr:3:sim",), (THREE,)),
        ("maximum", (TWO,), (TWO, ONE)),
        ("maximum", ("urn:x",), None),
    ],
)
def test_turns_a_request_into_levels(comparison: Comparison, classes: tuple[str, ...], levels: tuple[str, ...] | None):
    """In the order asked; None where nothing of ours can do. `maximum` wants the strongest allowed, and is content with
    less (core §3.3.2.2.1)."""
    requested = RequestedContext(comparison, classes)
    assert meetable(requested) is (levels is not None)
    assert wanted(requested) == WantedLevel(levels or (), levels is not None and comparison != "maximum")


def test_asks_for_nothing_where_nothing_was_asked():
    """No context requested must never end in NoAuthnContext (swedenconnect #149)."""
    assert wanted(None) == WantedLevel()
    assert meetable(None)
    assert [stated(None, reached(acr)) for acr in (ONE, TWO, THREE)] == [PPT, TWO, THREE]


def reached(acr: str, *, simulated: bool = False) -> Assurance:
    return Assurance(acr_level(acr) or 0, (), datetime(2026, 3, 2, tzinfo=UTC), simulated)


def test_tells_a_simulator_by_no_real_name():
    """Issue 4: `simulated` travels; whatever class was asked, the answer says that nobody real vouched."""
    for requested in (None, RequestedContext("exact", (PPT,)), RequestedContext("minimum", (THREE,))):
        assert stated(requested, reached(THREE, simulated=True)) == "urn:onepass:acr:3:sim"
    assert stated(RequestedContext("better", (THREE,)), reached(THREE, simulated=True)) is None


@pytest.mark.parametrize(
    ("comparison", "classes", "acr", "answer"),
    [
        ("exact", (PPT,), ONE, PPT),
        ("exact", (ONE,), ONE, ONE),
        ("exact", (UNSPECIFIED_CLASS,), ONE, UNSPECIFIED_CLASS),
        ("exact", (PPT,), THREE, PPT),
        ("exact", (TWO,), ONE, None),
        ("exact", (THREE, PPT), TWO, PPT),
        ("minimum", (TWO,), THREE, TWO),
        ("minimum", (THREE,), TWO, None),
        ("better", (ONE,), TWO, TWO),
        ("better", (ONE,), ONE, None),
        ("maximum", (TWO,), ONE, PPT),
        ("maximum", (PPT,), THREE, PPT),
    ],
)
def test_states_what_was_asked_where_it_holds(
    comparison: Comparison, classes: tuple[str, ...], acr: str, answer: str | None
):
    """A claim the sign-in does not bear out is never made (core §3.3.2.2.1)."""
    assert stated(RequestedContext(comparison, classes), reached(acr)) == answer
