"""The provider as the protocol tests have it."""

from tests.protocol.oidc.conftest import browser, clock, provider

__all__ = ["browser", "clock", "provider"]
