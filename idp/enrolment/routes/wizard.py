"""What every step's page shares: its draft, its place in the order, its frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock
from idp.enrolment.draft import Draft, Journey
from idp.enrolment.drafts import Drafts
from idp.enrolment.steps import COUNT, Step, first_open, may_show, title
from idp.terms.current_terms import CurrentTerms
from idp.web.browser import Browser
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class Wizard:
    """Finds drafts, keeps the order of the steps and draws their frame."""

    drafts: Drafts
    terms: CurrentTerms
    catalogue: Catalogue
    browser: Browser
    clock: Clock

    def draft(self, draft_id: str) -> Draft:
        """The draft of this id in this browser.

        Raises:
            DraftExpired: there is none.
        """
        return self.drafts.get(draft_id, self.browser.marked())

    def elsewhere(self, draft: Draft, step: Step) -> ResponseReturnValue | None:
        """Where the browser goes instead when `step` is not open yet (REQ-09)."""
        edition = self.terms().edition
        return None if may_show(draft, step, edition) else self.to(draft, first_open(draft, edition))

    def to(self, draft: Draft, step: Step) -> Response:
        """On to a step."""
        return see_other(url_for("enrolment.step", draft_id=draft.id, number=int(step)))

    def changed(self, draft: Draft, **values: Any) -> Draft:
        """The draft with other values, kept."""
        new = replace(draft, **values)
        self.drafts.keep(new)
        return new

    def origin(self, draft: Draft) -> RelyingParty | None:
        """The relying party that the member came from."""
        party_id = draft.conversion.relying_party_id if draft.conversion is not None else draft.origin
        return self.catalogue.relying_party(party_id) if party_id is not None else None

    def resume_page(self, draft: Draft, form_action: str) -> str:
        """The question whether to go on with `draft` or to begin afresh."""
        step = first_open(draft, self.terms().edition)
        return render_template(
            "enrolment/resume.html",
            draft=draft,
            form_action=form_action,
            converting=draft.journey is Journey.CONVERT,
            step=int(step),
            step_count=COUNT,
            step_title=_step_title(draft, step),
        )

    def page(self, template: str, draft: Draft, step: Step, **context: Any) -> str:
        """A step's page in its frame: heading by journey (C2), step name, `n단계`, `n / 6` (REQ-08)."""
        return render_template(
            f"enrolment/{template}",
            draft=draft,
            converting=draft.journey is Journey.CONVERT,
            step=int(step),
            step_count=COUNT,
            step_title=_step_title(draft, step),
            step_titles=[_step_title(draft, each) for each in Step],
            previous=url_for("enrolment.step", draft_id=draft.id, number=step - 1) if step > 1 else None,
            form_action=url_for("enrolment.step", draft_id=draft.id, number=int(step)),
            **context,
        )


def _step_title(draft: Draft, step: Step) -> str:
    if step is Step.DONE:
        done: str = _("전환완료") if draft.journey is Journey.CONVERT else _("회원가입 완료")
        return done
    named: str = _(title(step, draft.kind))
    return named
