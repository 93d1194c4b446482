"""What comes next in a sign-in, over every combination of what is weighed."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from idp.links.state import LinkState
from idp.links.store import Link, Standing
from idp.sessions.assurance import by_password
from idp.sessions.session import Session
from idp.signin.next_step import Ask, Conclude, Next, Page, Progress, next_step
from idp.signin.outcome import Reason
from idp.signin.request import SignInRequest

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STARTED = NOW - timedelta(seconds=30)
BOOLEANS = (False, True)


def session(seconds_before: int = 60, epoch: int = 0) -> Session:
    at = NOW - timedelta(seconds=seconds_before)
    return Session("s", "m", epoch, at, (by_password(at),), NOW + timedelta(hours=1))


def standing(
    state: LinkState | None = LinkState.LINKED, consented: str = "openid", *, active: bool = True, epoch: int = 0
) -> Standing:
    link = Link("l", "subject", state, 1) if state is not None else None
    return Standing(active, epoch, "person", None, link, frozenset(consented.split()), 1)


def request(**fields: object) -> SignInRequest:
    values = {"relying_party_id": "voucher", "answer_path": "/", "scopes": frozenset({"openid"}), **fields}
    return SignInRequest(**values)  # type: ignore[arg-type]


def step(asked: SignInRequest, held: Session | None, stands: Standing | None, progress: Progress | None = None) -> Next:
    return next_step(asked, progress or Progress(STARTED), held, stands, NOW)


def in_words(  # noqa: PLR0911  # the rules, one after the other, as a reader would say them
    *,
    declined: bool,
    signed_in: bool,
    active: bool,
    fresh: bool,
    must_reauthenticate: bool,
    outdated: bool,
    ours: bool,
    linked: bool,
    covers: bool,
    must_consent: bool,
    consented: bool,
    may_interact: bool,
) -> Next:
    """The same decision, told as a list of rules."""

    def ask(page: Page, otherwise: Reason) -> Next:
        return Ask(page) if may_interact else Conclude(otherwise)

    if declined:
        return Conclude(Reason.DENIED)
    if not signed_in or not active:
        return ask(Page.IDENTIFY, Reason.LOGIN_REQUIRED)
    if must_reauthenticate and not fresh:
        return ask(Page.IDENTIFY, Reason.LOGIN_REQUIRED)
    if outdated:
        return ask(Page.TERMS, Reason.INTERACTION_REQUIRED)
    if ours:
        return Conclude()
    if not linked or not covers:
        return ask(Page.CONSENT, Reason.CONSENT_REQUIRED)
    if must_consent and not consented:
        return ask(Page.CONSENT, Reason.CONSENT_REQUIRED)
    return Conclude()


def test_decides_every_combination_as_the_rules_say() -> None:
    """OpenID Connect Core §3.1.2.1, §3.1.2.6, REQ-13, over all 2¹² combinations."""
    names = (
        *("declined", "signed_in", "active", "fresh", "must_reauthenticate", "outdated", "ours", "linked", "covers"),
        *("must_consent", "consented", "may_interact"),
    )
    seen = set()
    for values in itertools.product(BOOLEANS, repeat=len(names)):
        is_ = dict(zip(names, values, strict=True))
        asked = request(
            relying_party_id=None if is_["ours"] else "voucher",
            must_reauthenticate=is_["must_reauthenticate"],
            must_consent=is_["must_consent"],
            may_interact=is_["may_interact"],
        )
        held = session(10 if is_["fresh"] else 60) if is_["signed_in"] else None
        stands = standing(
            LinkState.LINKED if is_["linked"] else LinkState.UNLINKED,
            "openid email" if is_["covers"] else "email",
            active=is_["active"],
        )
        progress = Progress(STARTED, is_["consented"], is_["declined"], by=session().member_id)
        edition = 2 if is_["outdated"] else 1
        decided = next_step(asked, progress, held, stands if held is not None else None, NOW, edition)
        assert decided == in_words(**is_), is_
        seen.add(decided)
    assert len(seen) == 8


@pytest.mark.parametrize(
    ("max_age", "age", "again"),
    [
        (None, 10_000, False),
        (60, 60, False),
        (59, 60, True),
        (0, 60, True),
        (0, 31, True),
        (0, 30, False),
        (0, 5, False),
    ],
)
def test_asks_again_when_a_sign_in_is_older_than_max_age(max_age: int | None, age: int, again: bool) -> None:
    """OpenID Connect Core §3.1.2.1: max_age; what came after the question always counts, or 0 would never end."""
    decided = step(request(max_age=max_age), session(age), standing())
    assert decided == (Ask(Page.IDENTIFY) if again else Conclude())


def test_takes_no_session_of_an_earlier_epoch() -> None:
    """Architecture §6: whoever is signed out everywhere is asked, also where their session looks alive."""
    assert step(request(), session(epoch=0), standing(epoch=1)) == Ask(Page.IDENTIFY)
    assert step(request(), session(), None) == Ask(Page.IDENTIFY)


@pytest.mark.parametrize("may_interact", BOOLEANS)
def test_refuses_a_suspended_link(may_interact: bool) -> None:
    """Architecture §6: only whoever suspended it may restore it; no page would help."""
    decided = step(request(may_interact=may_interact), session(), standing(LinkState.SUSPENDED))
    assert decided == Conclude(Reason.SUSPENDED)


@pytest.mark.parametrize("stands", [standing(None), standing(LinkState.UNLINKED), standing(LinkState.LINKED, "")])
def test_asks_consent_before_a_link(stands: Standing) -> None:
    """PIPA §17: nothing is given to anybody without consent."""
    assert step(request(), session(), stands) == Ask(Page.CONSENT)


@pytest.mark.parametrize("stands", [standing(), standing(None), standing(LinkState.SUSPENDED)])
@pytest.mark.parametrize("seconds_before", [60, 10])
@pytest.mark.parametrize("may_interact", BOOLEANS)
def test_lets_nobody_stand_in_for_who_is_expected(stands: Standing, seconds_before: int, may_interact: bool) -> None:
    """OpenID Connect Core §3.1.2.1, id_token_hint: asked once, then answered."""
    asked = request(expected_subject="another", may_interact=may_interact)
    ask = may_interact and seconds_before > 30
    decided = step(asked, session(seconds_before), stands)
    assert decided == (Ask(Page.IDENTIFY) if ask else Conclude(Reason.LOGIN_REQUIRED))


def test_goes_on_with_who_is_expected() -> None:
    """OpenID Connect Core §3.1.2.1, id_token_hint: otherwise nothing changes."""
    assert step(request(expected_subject="subject"), session(), standing()) == Conclude()
