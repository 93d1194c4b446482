"""What becomes of each code by which a provider says no (issue 4, bad input: each its own log code)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from idp.verification.failures import Mismatch, ResultRefused, VerificationFailure
from idp.verification.providers import any_id, barocert, ezauth, fincert, nice, oacx, upstream
from idp.verification.state import State
from idp.verification.transactions import Transaction
from simulator.outcome import Outcome
from simulator.shapes.ezauth import EzAuth
from tests.unit.verification.providers.lab import METHODS, Lab

TABLES: Mapping[str, Mapping[str, type[VerificationFailure]]] = {
    "oacx": oacx.REFUSALS,
    "barocert": barocert.REFUSALS,
    "ezauth": ezauth.REFUSALS,
    "nice": nice.REFUSALS,
    "any_id": any_id.REFUSALS,
    "openid": upstream.REFUSALS,
    "profile": upstream.REFUSALS,
}
_INNER = (VerificationFailure, Mismatch, ResultRefused)


def ended(lab: Lab, monkeypatch: pytest.MonkeyPatch, shape: str, code: str) -> Transaction:
    """A verification whose provider answers one request with `code`."""

    answers: Mapping[str, tuple[str, Callable[[], Any]]] = {
        "oacx": ("oacx.open", lambda: {"oacxCode": code}),
        "barocert": ("barocert.push", lambda: ({"code": code}, 400)),
        "ezauth": ("ezauth.open", lambda: EzAuth(lab.stage)._answer("/transaction", {"errno": code})),
        "nice": ("nice.token", lambda: {"result_code": code}),
        "any_id": ("any_id.exchange", lambda: {"resultCode": code}),
        "openid": ("openid.openid_token", lambda: ({"error": code}, 400)),
        "profile": ("openid.profile_token", lambda: ({"error": code}, 400)),
    }
    endpoint, answer = answers[shape]
    monkeypatch.setitem(lab.app.view_functions, endpoint, lambda **_: answer())
    begun = lab.begun(shape)
    return lab.answered(shape, begun, Outcome.APPROVE) if begun.state is State.SENT else begun


def test_knows_a_table_for_every_shape() -> None:
    """No shape is left out below but 금융인증서, whose lab is another."""
    assert set(TABLES) == set(METHODS)


@pytest.mark.parametrize("table", [*TABLES.values(), fincert.REFUSALS])
def test_names_only_failures_that_say_what_happened(table: Mapping[str, type[VerificationFailure]]) -> None:
    """Architecture §3: leaves; a branch of the tree has no words of its own."""
    assert table
    assert [code for code, failure in table.items() if failure in _INNER] == []


@pytest.mark.parametrize(("shape", "code"), [(shape, code) for shape, table in TABLES.items() for code in table])
def test_ends_by_the_failure_that_a_code_stands_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, shape: str, code: str
) -> None:
    """Every row, over the wire."""
    assert ended(lab, monkeypatch, shape, code).failure == TABLES[shape][code].code


@pytest.mark.parametrize("shape", METHODS)
@pytest.mark.parametrize(("code", "said"), [("77", "77"), ("홍길동", "unprintable")])
def test_takes_an_unknown_code_for_the_providers_own_failure(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, shape: str, code: str, said: str
) -> None:
    """Operators read which it was; text that could name somebody stays out of the log (architecture §11.7)."""
    with capture_logs() as logs:
        assert ended(lab, monkeypatch, shape, code).failure == "verification_provider_failed"
    assert [each["said"] for each in logs if each["event"] == "verification.provider_refused"] == [said]


def test_refuses_a_means_below_the_level_that_was_asked_for(lab: Lab) -> None:
    """Any-ID `lvl`: the provider vouches, and not strongly enough."""
    method: Any = next(each for each in lab.room.desk.enabled if each.code == "any_id")
    higher = replace(method, told=method.told.model_copy(update={"level": 4}))
    stricter = replace(lab, room=lab.room.with_methods(higher))
    moved = stricter.answered("any_id", stricter.begun("any_id"), Outcome.APPROVE)
    assert (moved.state, moved.failure) == (State.FAILED, "verification_level_too_low")
