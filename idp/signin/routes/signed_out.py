"""The page after signing out: who hears of it, and how that goes. Front-Channel Logout 1.0 §3."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, jsonify, make_response, render_template
from flask.typing import ResponseReturnValue

from idp.errors import NotFound
from idp.signin.farewell import Farewell, Farewells, HearerState
from idp.signin.routes.good_bye import SIGNED_OUT
from idp.web import allow_frames
from idp.web.browser import Browser
from idp.web.get_only import get_only
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class SignedOutPages:
    """The page, and what its script asks until everybody has been told."""

    farewells: Farewells
    browser: Browser

    def blueprint(self) -> Blueprint:
        """The pages under `/signed-out/<id>`."""
        pages = Blueprint("signed_out", __name__, template_folder="../templates", url_prefix=SIGNED_OUT)
        pages.add_url_rule("/<farewell_id>", view_func=self.show)
        pages.add_url_rule("/<farewell_id>/progress", view_func=self.progress)
        get_only(pages)
        return pages

    def show(self, farewell_id: str) -> ResponseReturnValue:
        """로그아웃되었습니다. At the first look the pages of relying parties are opened in it."""
        farewell = self._found(farewell_id)
        if farewell is None:
            return see_other(SIGNED_OUT)
        frames = [each.frame for each in farewell.hearers if each.frame is not None]
        fresh = self.farewells.first_look(farewell)
        if not fresh:
            frames = []
        framed = allow_frames(*frames)
        onward = farewell.onward
        return render_template(
            "signin/signed_out.html",
            services=self._services(farewell, framed),
            onward=onward,
            goes_on=fresh and onward is not None and onward.by_itself,
            progress_url=f"{SIGNED_OUT}/{farewell.id}/progress",
        )

    def progress(self, farewell_id: str) -> ResponseReturnValue:
        """How it goes, as JSON: the state of each relying party in the order of the page.

        Raises:
            NotFound: nothing of this id is known in this browser.
        """
        farewell = self._found(farewell_id)
        if farewell is None:
            raise NotFound("no such farewell")
        states = self.farewells.states(farewell)
        settled = not {HearerState.TELLING, HearerState.RETRYING} & set(states)
        response = make_response(jsonify(services=states, settled=settled))
        response.headers["Cache-Control"] = "no-store"
        return response

    def _found(self, farewell_id: str) -> Farewell | None:
        return self.farewells.find(farewell_id, self.browser.marked())

    def _services(self, farewell: Farewell, framed: frozenset[str]) -> list[tuple[str, HearerState, str | None]]:
        states = self.farewells.states(farewell)
        return [
            (each.name, state, each.frame if each.frame in framed else None)
            for each, state in zip(farewell.hearers, states, strict=True)
        ]
