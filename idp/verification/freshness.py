"""How old a provider's result may be."""

from __future__ import annotations

from datetime import timedelta

FRESH = timedelta(minutes=10)
"""The oldest that is taken (korean-identity rules: ten minutes)."""
SKEW = timedelta(minutes=1)
"""How far a provider's clock may run before ours."""
