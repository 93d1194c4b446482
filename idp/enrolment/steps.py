"""The six steps and their order. Pure: a step is done when the draft holds what it is for, not when a page was seen."""

from __future__ import annotations

from enum import IntEnum

from idp.enrolment.draft import Draft, Kind
from idp.web.source_words import N_


class Step(IntEnum):
    """`n 단계`."""

    TYPE = 1
    TERMS = 2
    IDENTITY = 3
    DETAILS = 4
    AGENCIES = 5
    DONE = 6


COUNT = len(Step)


def is_done(draft: Draft, step: Step, edition: int) -> bool:
    """Whether the draft holds what `step` is for. Terms count only in the edition that is in force."""
    match step:
        case Step.TYPE:
            return draft.kind is not None and not warns_of_other_kind(draft)
        case Step.TERMS:
            return draft.choices is not None and draft.edition == edition
        case Step.IDENTITY:
            return draft.evidence is not None and (not draft.child or draft.guardian is not None)
        case Step.DETAILS:
            return draft.details is not None and draft.password_hash is not None
        case Step.AGENCIES:
            return draft.agencies is not None
        case Step.DONE:
            return False


def first_open(draft: Draft, edition: int) -> Step:
    """The step that must be dealt with next; nobody gets past it by typing an address (REQ-09)."""
    return next(step for step in Step if not is_done(draft, step, edition))


def may_show(draft: Draft, step: Step, edition: int) -> bool:
    """Whether `step` can be opened: every step before it is done."""
    return step <= first_open(draft, edition)


def warns_of_other_kind(draft: Draft) -> bool:
    """Whether the member chose another kind than the relying party named and has not confirmed it (REQ-07)."""
    conversion = draft.conversion
    if conversion is None or draft.kind is None or draft.kind is conversion.expected:
        return False
    return conversion.strict or not draft.kind_confirmed


def title(step: Step, kind: Kind | None) -> str:
    """The step's name (requirements §1-3); the key of its translation."""
    identity = N_("기업인증 및 등록") if kind is Kind.ENTERPRISE else N_("개인인증 및 등록")
    return {
        Step.TYPE: N_("회원유형"),
        Step.TERMS: N_("약관 동의"),
        Step.IDENTITY: identity,
        Step.DETAILS: N_("정보입력"),
        Step.AGENCIES: N_("유관기관 계정 연결"),
        Step.DONE: N_("완료"),
    }[step]
