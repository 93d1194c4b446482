"""Who issued a certificate, as a page says it."""

from __future__ import annotations

import pytest

from idp.web.issuers import issuer_name


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("CN=LABsignCA Class 1,OU=AccreditedCA,O=LABsign,C=KR", "LABsign (LABsignCA Class 1)"),
        (r"CN=A\,B,C=kr", "A,B"),
        ("O=LABsign,C=KR", "LABsign"),
        ("OU=Nobody,C=KR", "OU=Nobody,C=KR"),
        ("카카오 인증서", "카카오 인증서"),
        ("", ""),
        (None, ""),
    ],
)
def test_names_organisation_and_authority(written: str | None, shown: str) -> None:
    """Issue 4, 인증서 관리: names people know, not the form of a directory; what is no such form is shown as it is."""
    assert issuer_name(written) == shown
