"""Our levels and SAML's classes."""

from __future__ import annotations

import pytest

from idp.saml.authn_context import acr_values, stated
from idp.saml.authn_request import Comparison, RequestedContext
from idp.saml.names import PASSWORD_PROTECTED_TRANSPORT as PPT, UNSPECIFIED_CLASS

ONE, TWO, THREE = (f"urn:onepass:acr:{level}" for level in (1, 2, 3))


@pytest.mark.parametrize(
    ("comparison", "classes", "wanted"),
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
        ("maximum", (TWO,), ()),
        ("maximum", ("urn:x",), None),
    ],
)
def test_turns_a_request_into_levels(comparison: Comparison, classes: tuple[str, ...], wanted: tuple[str, ...] | None):
    """In the order asked; None where nothing of ours can do (core §3.3.2.2.1)."""
    assert acr_values(RequestedContext(comparison, classes)) == wanted


def test_asks_for_nothing_where_nothing_was_asked():
    """No context requested must never end in NoAuthnContext (swedenconnect #149)."""
    assert acr_values(None) == ()
    assert [stated(None, acr) for acr in (ONE, TWO, THREE)] == [PPT, TWO, THREE]


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
        ("exact", (PPT,), "urn:unknown", None),
    ],
)
def test_states_what_was_asked_where_it_holds(
    comparison: Comparison, classes: tuple[str, ...], acr: str, answer: str | None
):
    """A claim the sign-in does not bear out is never made (core §3.3.2.2.1)."""
    assert stated(RequestedContext(comparison, classes), acr) == answer
