"""Whether two addresses are the same one."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from idp.oidc.dpop.address import same_address

OURS = "https://id.example/oidc/token"


@pytest.mark.parametrize(
    "claimed",
    [
        OURS,
        "HTTPS://ID.example/oidc/token",
        "https://id.example:443/oidc/token",
        "https://id.example/oidc/token?a=b",
        "https://id.example/oidc/token#part",
        "https://id.example/oidc/t%6Fken",
    ],
)
def test_takes_every_spelling_of_one_address(claimed: str) -> None:
    """RFC 9449 §4.3 no. 9: without query and fragment, after RFC 3986 §6.2.2 and §6.2.3."""
    assert same_address(claimed, OURS)


@pytest.mark.parametrize(
    "claimed",
    [
        "",
        "/oidc/token",
        "http://id.example/oidc/token",
        "https://id.example:8443/oidc/token",
        "https://id.example/OIDC/token",
        "https://id.example/oidc/token/",
        "https://id.example.evil/oidc/token",
        "https://id.example@evil/oidc/token",
        "https://user@id.example/oidc/token",
        "https://id.example:port/oidc/token",
        "https://[id.example/oidc/token",
    ],
)
def test_takes_no_other(claimed: str) -> None:
    """RFC 9449 §4.3 no. 9."""
    assert not same_address(claimed, OURS)


@given(st.text(max_size=60))
def test_never_fails(claimed: str) -> None:
    """Whatever stands there is an answer, no error."""
    assert same_address(claimed, OURS) in {True, False}
