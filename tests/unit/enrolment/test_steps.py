from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from idp.enrolment.draft import Conversion, Draft, Journey, Kind
from idp.enrolment.steps import COUNT, Step, first_open, is_done, may_show, title, warns_of_other_kind

NEW = Draft("d" * 22, "b", datetime(2026, 3, 2, tzinfo=UTC))
WHOLE = replace(
    NEW,
    kind=Kind.PERSON,
    choices={"service": True},
    edition=3,
    evidence="{}",
    details={"login_id": "gildong"},
    password_hash="$",
    agencies=(),
)
WITHOUT: dict[Step, dict[str, Any]] = {
    Step.TYPE: {"kind": None},
    Step.TERMS: {"choices": None},
    Step.IDENTITY: {"evidence": None},
    Step.DETAILS: {"details": None},
    Step.AGENCIES: {"agencies": None},
}


def test_counts_six() -> None:
    """REQ-08: `n / 6`."""
    assert COUNT == 6


@pytest.mark.parametrize(("step", "missing"), WITHOUT.items())
def test_goes_no_further_than_the_first_step_that_lacks_something(step: Step, missing: dict[str, Any]) -> None:
    """REQ-09."""
    draft = replace(WHOLE, **missing)
    assert first_open(draft, 3) is step
    assert [each for each in Step if may_show(draft, each, 3)] == [each for each in Step if each <= step]


def test_opens_the_end_when_everything_is_there() -> None:
    """REQ-09."""
    assert first_open(WHOLE, 3) is Step.DONE
    assert first_open(NEW, 3) is Step.TYPE


def test_asks_for_the_terms_again_when_they_changed_on_the_way() -> None:
    """REQ-13: only what is in force can be agreed to."""
    assert first_open(WHOLE, 4) is Step.TERMS


def test_wants_a_password_besides_the_details() -> None:
    """REQ-20."""
    assert not is_done(replace(WHOLE, password_hash=None), Step.DETAILS, 3)


def test_wants_a_guardian_of_a_child() -> None:
    """REQ-83."""
    assert not is_done(replace(WHOLE, child=True), Step.IDENTITY, 3)
    assert is_done(replace(WHOLE, child=True, guardian="{}"), Step.IDENTITY, 3)


@pytest.mark.parametrize(
    ("kind", "confirmed", "strict", "warns"),
    [
        (Kind.ENTERPRISE, False, False, False),
        (Kind.PERSON, False, False, True),
        (Kind.PERSON, True, False, False),
        # Where the relying party refuses the other type, saying so twice does not help.
        (Kind.PERSON, True, True, True),
    ],
)
def test_warns_of_another_type_than_was_named(kind: Kind, confirmed: bool, strict: bool, warns: bool) -> None:
    """REQ-07."""
    said = Conversion("voucher", "a1", "홍길동", "기관 마스터", Kind.ENTERPRISE, strict)
    draft = replace(NEW, journey=Journey.CONVERT, conversion=said, kind=kind, kind_confirmed=confirmed)
    assert warns_of_other_kind(draft) is warns
    assert is_done(draft, Step.TYPE, 0) is not warns


def test_names_the_third_step_by_type() -> None:
    """Requirements §1-3."""
    assert title(Step.IDENTITY, Kind.PERSON) == "개인인증 및 등록"
    assert title(Step.IDENTITY, Kind.ENTERPRISE) == "기업인증 및 등록"


def test_comes_back_from_octets_as_it_was() -> None:
    """A restart loses nothing."""
    said = Conversion("voucher", "a1", "홍길동", "기관 마스터", Kind.ENTERPRISE, False)
    draft = replace(WHOLE, conversion=said, typed={"email_local": "hong"}, accounts=("r1",))
    assert Draft.unpacked(draft.packed()) == draft
