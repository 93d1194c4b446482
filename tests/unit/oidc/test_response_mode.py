"""How an answer travels, from the request alone."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from idp.oidc.response_mode import SUPPORTED, ResponseMode, response_mode, why_not

TYPES = ["code", "id_token", "id_token token", "code id_token", "token", "none", "", "x"]


@pytest.mark.parametrize(
    ("response_type", "named", "must_sign", "expected"),
    [
        ("code", None, False, "query"),
        ("code", "fragment", False, "fragment"),
        ("code", "unheard_of", False, "query"),
        ("code", "jwt", False, "query.jwt"),
        ("code", None, True, "query.jwt"),
        ("code", "form_post", True, "form_post.jwt"),
        ("id_token", None, False, "fragment"),
        ("id_token", "query", False, "fragment"),
        ("id_token", "jwt", False, "fragment.jwt"),
        ("id_token", "query.jwt", False, "fragment.jwt"),
        ("id_token", "form_post", False, "form_post"),
        (None, "form_post.jwt", False, "form_post.jwt"),
        (None, None, False, "query"),
    ],
)
def test_finds_the_way(response_type: str | None, named: str | None, must_sign: bool, expected: str) -> None:
    """Multiple Response Types §2.1, §5; JARM §2.3; FAPI 2.0 Message Signing §5.4."""
    sent = {"response_type": response_type, "response_mode": named}
    mode = response_mode({name: value for name, value in sent.items() if value is not None}, must_sign=must_sign)
    assert mode.name == expected


@given(st.sampled_from(TYPES), st.one_of(st.sampled_from(SUPPORTED), st.text(max_size=8)), st.booleans())
def test_shows_no_token_to_a_server_whatever_is_asked(response_type: str, named: str, must_sign: bool) -> None:
    """RFC 9700 §4.3.1: what stands in a query is in logs and Referer headers; and what must be signed always is."""
    parameters = {"response_type": response_type, "response_mode": named}
    mode = response_mode(parameters, must_sign=must_sign)
    if {"token", "id_token"} & set(response_type.split()):
        assert mode.by != "query"
    assert mode.signed or not must_sign
    assert ResponseMode.named(mode.name) == mode
    if why_not(parameters, must_sign=must_sign) is None and named != "jwt":
        assert mode.name == named


@pytest.mark.parametrize(
    ("named", "must_sign", "refused"),
    [("query", True, True), ("form_post", True, True), ("jwt", True, False), ("query.jwt", True, False)],
)
def test_refuses_an_unsigned_way_where_answers_must_be_signed(named: str, must_sign: bool, refused: bool) -> None:
    """FAPI 2.0 Message Signing §5.4."""
    parameters = {"response_type": "code", "response_mode": named}
    assert (why_not(parameters, must_sign=must_sign) is not None) is refused
