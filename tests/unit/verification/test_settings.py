"""What production refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from idp.errors import ConfigurationError
from idp.settings import Settings, Verification, load, refuse_unsafe
from idp.verification.offers import OFFERS
from tests.unit.verification.lab import ALL

PRODUCTION = {
    "IDP_ENVIRONMENT": "production",
    "IDP_ISSUER": "https://id.example.test",
    "IDP_SECRET_KEY": "0123456789abcdef" * 2,
    "IDP_MAIL__DELIVERY": "smtp",
    "IDP_MAIL__SMTP_HOST": "127.0.0.1",
    "IDP_SMS__DELIVERY": "gateway",
    "IDP_SMS__GATEWAY_URL": "https://sms.example.test/",
}
"""All that production needs besides, so that only verification is in question."""


@pytest.fixture(autouse=True)
def _no_file_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def production(**more: str) -> Settings:
    return load({**PRODUCTION, **more})


def test_production_refuses_to_start_with_stand_ins() -> None:
    """REQ-16."""
    settings = production(IDP_VERIFICATION__SIMULATED="false")
    assert settings.verification.simulated is False
    with pytest.raises(ConfigurationError, match=r"verification\.simulated"):
        production(IDP_VERIFICATION__SIMULATED="true")
    with pytest.raises(ConfigurationError, match=r"verification\.simulated"):
        production()


def test_a_demonstration_may_have_them() -> None:
    """REQ-16: outside production they are the default."""
    assert Settings().verification.simulated
    refuse_unsafe(Settings())


def test_lets_no_evidence_live_longer_than_ten_minutes() -> None:
    """korean-identity §3.6."""
    for wrong in (timedelta(minutes=10, seconds=1), timedelta(0), timedelta(seconds=-1)):
        with pytest.raises(ValidationError):
            Verification(lifetime=wrong)


def test_enables_every_method_there_is_and_knows_no_other() -> None:
    """The codes of settings and of the room are one list."""
    assert tuple(Verification().methods) == tuple(offer.code for offer in OFFERS) == ALL
    with pytest.raises(ValidationError):
        Verification(methods=["carrier_pigeon"])  # type: ignore[list-item]
