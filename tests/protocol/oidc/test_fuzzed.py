"""Schemathesis, which knows our endpoints by their description alone, finds no answer that the description lacks."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode

from tests.protocol.oidc import described
from tests.protocol.oidc.described import Operation
from tests.protocol.oidc.lab import VOUCHER
from tests.protocol.oidc.registrar import Registrar

_SCHEMA = schemathesis.openapi.from_dict(described.document())
_BOUNDED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
# Of requests that need nothing and whose parameters may be any text, none is malformed.
CASES = [
    pytest.param(each, mode, id=f"{each.method} {each.path} {mode.value}")
    for each in described.operations()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or each.needs_something
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_is_never_at_a_loss(registrar: Registrar, operation: Operation, mode: GenerationMode) -> None:
    """Issue 6: well-formed or malformed, no 5xx and nothing that the description lacks (RFC 6749 §5.2)."""
    app: Any = registrar.app
    # Past the door, where there is more to trip over.
    scheme = next(iter(operation.said["security"][0]), "") if operation.said["security"] else ""
    known = {"basic": str(VOUCHER.basic), "initial": f"Bearer {registrar.token}"}
    headers = {"Authorization": known[scheme]} if scheme in known else {}

    @_BOUNDED
    @given(case=_SCHEMA[operation.path][operation.method].as_strategy(generation_mode=mode))
    def try_it(case: Case[Any]) -> None:
        answered = case.call(app=app, headers=headers)
        assert answered.status_code < 500, answered.text
        declared = answered.status_code in {405, 415} or str(answered.status_code) in operation.said["responses"]
        assert declared, (answered.status_code, answered.text)

    try_it()
