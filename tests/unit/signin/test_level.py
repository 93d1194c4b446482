"""A level that is asked for: request × session × means → what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.links.state import LinkState
from idp.links.store import Link, Standing
from idp.sessions.assurance import Authentication, assurance, by_one_time_code, by_passkey, by_password
from idp.sessions.session import Session
from idp.signin.level import Means, told
from idp.signin.next_step import Ask, Conclude, Next, Page, Progress, next_step
from idp.signin.outcome import Reason
from idp.signin.request import SignInRequest

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STARTED = NOW - timedelta(seconds=30)
ONE, TWO, THREE = (f"urn:onepass:acr:{level}" for level in (1, 2, 3))
STANDS = Standing(True, 0, "person", None, Link("l", "subject", LinkState.LINKED, 1), frozenset({"openid"}), 0)
NOTHING, FACTOR, CERTIFICATE, BOTH = Means(), Means(has_factor=True), Means(verifiable=3), Means(True, 3)
SECOND_STEP, STEP_UP_2, STEP_UP_3 = Ask(Page.SECOND_STEP, 2), Ask(Page.STEP_UP, 2), Ask(Page.STEP_UP, 3)
GO, UNMET, LOGIN = Conclude(), Conclude(Reason.UNMET), Conclude(Reason.LOGIN_REQUIRED)

PASSWORD = (by_password(NOW - timedelta(minutes=5)),)
TWO_FACTORS = (*PASSWORD, by_one_time_code(NOW - timedelta(minutes=4)))
SIMULATED = (Authentication("joint_certificate", NOW - timedelta(minutes=5), 3, ("swk",), simulated=True),)


def session(held: tuple[Authentication, ...], **fields: object) -> Session:
    made = Session("s", "m", 0, held[-1].at, held, NOW + timedelta(hours=1))
    return replace(made, **fields)  # type: ignore[arg-type]


def request(*values: str, essential: bool = False, **fields: object) -> SignInRequest:
    scopes = frozenset({"openid"})
    given = {
        "relying_party_id": "voucher",
        "acr_values": values,
        "acr_essential": essential,
        "scopes": scopes,
        **fields,
    }
    return SignInRequest(answer_path="/", **given)  # type: ignore[arg-type]


def step(
    asked: SignInRequest, held: tuple[Authentication, ...], means: Means, *, skipped: bool = False, **fields: object
) -> Next:
    return next_step(asked, Progress(STARTED, skipped=skipped), session(held, **fields), STANDS, NOW, 0, means)


@pytest.mark.parametrize(
    ("values", "held", "means", "wish", "demand"),
    [
        ((ONE,), PASSWORD, NOTHING, GO, GO),
        ((TWO,), PASSWORD, NOTHING, GO, UNMET),
        ((TWO,), PASSWORD, FACTOR, SECOND_STEP, SECOND_STEP),
        ((TWO,), PASSWORD, CERTIFICATE, STEP_UP_2, STEP_UP_2),
        ((TWO,), PASSWORD, BOTH, SECOND_STEP, SECOND_STEP),
        ((TWO,), TWO_FACTORS, FACTOR, GO, GO),
        ((THREE,), PASSWORD, FACTOR, GO, UNMET),
        ((THREE,), TWO_FACTORS, CERTIFICATE, STEP_UP_3, STEP_UP_3),
        ((THREE, TWO), PASSWORD, FACTOR, SECOND_STEP, SECOND_STEP),
        ((THREE, TWO), TWO_FACTORS, FACTOR, GO, GO),
        ((THREE, TWO), TWO_FACTORS, BOTH, STEP_UP_3, STEP_UP_3),
        ((TWO, THREE), TWO_FACTORS, BOTH, GO, GO),
        ((THREE,), SIMULATED, NOTHING, GO, GO),
        ((TWO,), SIMULATED, NOTHING, GO, GO),
        (("urn:x", TWO), PASSWORD, FACTOR, SECOND_STEP, SECOND_STEP),
        (("urn:x",), TWO_FACTORS, BOTH, GO, UNMET),
        ((), PASSWORD, BOTH, GO, UNMET),
    ],
)
def test_asks_for_what_is_lacking_and_can_be_had(
    values: tuple[str, ...], held: tuple[Authentication, ...], means: Means, wish: Next, demand: Next
) -> None:
    """OpenID Connect Core §3.1.2.1 (`acr_values`, in order of preference), §5.5.1.1 (essential)."""
    assert step(request(*values), held, means) == wish
    assert step(request(*values, essential=True), held, means) == demand


@pytest.mark.parametrize(
    ("held", "means", "wish", "demand"),
    [
        (PASSWORD, FACTOR, GO, LOGIN),
        (PASSWORD, CERTIFICATE, GO, LOGIN),
        (PASSWORD, NOTHING, GO, UNMET),
        (TWO_FACTORS, FACTOR, GO, GO),
    ],
)
def test_shows_no_page_where_none_may_be(
    held: tuple[Authentication, ...], means: Means, wish: Next, demand: Next
) -> None:
    """OpenID Connect Core §3.1.2.6: prompt=none is answered with what there is, or with what is lacking."""
    assert step(request(TWO, may_interact=False), held, means) == wish
    assert step(request(TWO, essential=True, may_interact=False), held, means) == demand


def test_asks_once() -> None:
    """Never a loop: who passes by is answered, or refused where it is not enough; proving it ends the question."""
    assert step(request(THREE), PASSWORD, BOTH, skipped=True) == GO
    assert step(request(THREE, essential=True), PASSWORD, BOTH, skipped=True) == UNMET
    assert step(request(THREE, TWO, essential=True), TWO_FACTORS, BOTH, skipped=True) == GO
    for level, means in ((2, FACTOR), (3, CERTIFICATE)):
        proven = (*PASSWORD, Authentication("anything", NOW, level, ("mfa",)))
        assert step(request(f"urn:onepass:acr:{level}", essential=True), proven, means) == GO


def test_does_not_pass_by_what_members_ask_of_themselves() -> None:
    """Issue 4: the second step a member turned on comes first; only what relying parties wish for can be passed by."""
    assert step(request(), PASSWORD, FACTOR, awaits_second_step=True) == SECOND_STEP
    assert step(request(), PASSWORD, FACTOR, skipped=True, awaits_second_step=True) == SECOND_STEP
    assert step(request(may_interact=False), PASSWORD, FACTOR, awaits_second_step=True) == LOGIN
    ours = request(relying_party_id=None)
    assert step(ours, PASSWORD, FACTOR, awaits_second_step=True) == SECOND_STEP


def test_wants_every_proof_as_fresh_as_it_was_asked() -> None:
    """OpenID Connect Core §3.1.2.1: with prompt=login or max_age a factor of before does not count."""
    identify, fresh = Ask(Page.IDENTIFY), by_password(NOW)
    assert step(request(TWO, must_reauthenticate=True), TWO_FACTORS, FACTOR) == identify
    assert step(request(TWO, must_reauthenticate=True), (TWO_FACTORS[1], fresh), FACTOR) == SECOND_STEP
    assert step(request(TWO, max_age=250), TWO_FACTORS, FACTOR) == identify
    assert step(request(TWO, max_age=300), TWO_FACTORS, FACTOR) == GO
    passkey = by_passkey(NOW, synchronised=True)
    assert step(request(TWO, must_reauthenticate=True, essential=True), (passkey,), FACTOR) == GO


@pytest.mark.parametrize(
    ("values", "essential", "held", "said"),
    [
        ((TWO,), False, SIMULATED, f"{THREE}:sim"),
        ((TWO,), True, SIMULATED, f"{TWO}:sim"),
        ((ONE, TWO), True, TWO_FACTORS, TWO),
        ((ONE,), True, TWO_FACTORS, ONE),
        ((ONE,), False, TWO_FACTORS, TWO),
        ((THREE,), False, PASSWORD, ONE),
        ((), False, TWO_FACTORS, TWO),
    ],
)
def test_tells_an_essential_level_by_the_name_it_was_asked_by(
    values: tuple[str, ...], essential: bool, held: tuple[Authentication, ...], said: str
) -> None:
    """OpenID Connect Core §5.5.1.1: an essential `acr` is one of those requested; a wish is answered with the truth."""
    reached = assurance(held)
    assert reached is not None
    assert told(request(*values, essential=essential), reached) == said
