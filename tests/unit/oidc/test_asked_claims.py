"""What the parameter `claims` comes to, from its text alone. OpenID Connect Core §5.5."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from idp.oidc.asked_claims import asked_claims, covered, met
from idp.oidc.errors import InvalidRequest

SCOPES = frozenset({"profile", "email"})
NAMES = st.sampled_from(["name", "email", "phone_number", "sub", "acr", "verified_claims", "unheard_of", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
WISHES = st.dictionaries(st.sampled_from(["essential", "value", "values"]), JSON, max_size=3)
REQUESTS = st.dictionaries(
    st.sampled_from(["userinfo", "id_token", "x"]), st.dictionaries(NAMES, JSON | WISHES, max_size=4) | JSON
)


@given(REQUESTS)
def test_makes_something_bounded_of_anything_or_refuses_it(request: Any) -> None:
    """Bad input: no other end than these two; what is kept is JSON, of registered scopes, no longer than it came."""
    text = json.dumps(request)
    with contextlib.suppress(InvalidRequest):
        asked = asked_claims(text, SCOPES)
        kept = json.dumps(asked.packed(), allow_nan=False)
        assert json.loads(kept) == asked.packed()
        assert len(kept) <= len(text) + 60
        assert asked.essential_scopes <= SCOPES
        assert {name for place in (asked.packed() or {}).values() for name in place} <= {
            *("name", "email", "email_verified"),
        }


@given(st.text(max_size=60))
def test_reads_no_text_for_more_than_it_is(text: str) -> None:
    """Bad input: what is no JSON object asks for nothing."""
    with contextlib.suppress(InvalidRequest):
        assert asked_claims(text, SCOPES).packed() is None


@pytest.mark.parametrize(
    ("consented", "kept"),
    [
        (frozenset(), {"userinfo": {}, "id_token": {}}),
        (frozenset({"profile"}), {"userinfo": {"name": None}, "id_token": {"name": ["x"]}}),
        (frozenset({"email", "phone"}), {"userinfo": {"email": None}, "id_token": {}}),
    ],
)
def test_keeps_what_a_consent_covers(consented: frozenset[str], kept: Any) -> None:
    """REQ-85: claim by claim, at each place."""
    text = json.dumps({"userinfo": {"name": None, "email": {}}, "id_token": {"name": {"value": "x"}}})
    assert covered(asked_claims(text, SCOPES).packed(), consented) == kept


def test_leaves_out_what_is_unknown_or_unwanted() -> None:
    """Core §5.3.2, §5.5.1: never null in place of a value."""
    known = {"name": "a", "email": "b"}
    assert met(known, {"name": None, "email": ["c"], "phone_number": None}) == {"name": "a"}
    assert met(known, {}) == {}
