"""What production refuses of the ways out, and what starts none."""

from __future__ import annotations

import pytest

from idp.errors import ConfigurationError
from idp.settings import load

_PRODUCTION = {
    "IDP_ENVIRONMENT": "production",
    "IDP_ISSUER": "https://onepass.example",
    "IDP_SECRET_KEY": "k" * 32,
    "IDP_VERIFICATION__SIMULATED": "false",
    "IDP_MAIL__DELIVERY": "smtp",
    "IDP_MAIL__SMTP_HOST": "relay.example",
    "IDP_SMS__DELIVERY": "gateway",
    "IDP_SMS__GATEWAY_URL": "https://gateway.example/v1",
    "IDP_SMS__SENDER": "0212345678",
}


def test_takes_real_ways_out_in_production():
    """SMTP with STARTTLS and a gateway by https."""
    settings = load(_PRODUCTION)
    assert settings.mail.smtp_security == "starttls"
    assert load(_PRODUCTION | {"IDP_MAIL__SMTP_SECURITY": "none", "IDP_MAIL__SMTP_HOST": "127.0.0.1"})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("IDP_MAIL__DELIVERY", "file", "delivery"),
        ("IDP_SMS__DELIVERY", "file", "delivery"),
        ("IDP_MAIL__SMTP_SECURITY", "none", "smtp_security"),
        ("IDP_SMS__GATEWAY_URL", "http://gateway.example/v1", "gateway_url"),
        ("IDP_MAIL__TIMEOUT", "PT0S", r"mail\.timeout"),
        ("IDP_MAIL__SMTP_PORT", "70000", r"mail\.smtp_port"),
    ],
)
def test_refuses_what_only_a_demonstration_may_have(name: str, value: str, said: str):
    """Files tell nobody; a line in the clear tells everybody."""
    with pytest.raises(ConfigurationError, match=said):
        load(_PRODUCTION | {name: value})


def test_does_not_repeat_a_secret_in_the_wrong_place():
    """A password given as the port is named by its place, not quoted."""
    with pytest.raises(ConfigurationError) as refused:
        load(_PRODUCTION | {"IDP_MAIL__SMTP_PORT": "relay-secret"})
    assert "relay-secret" not in str(refused.value)
