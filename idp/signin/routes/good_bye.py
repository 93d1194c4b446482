"""Sending a browser on whose session has just ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from idp.signin.farewell import Farewells, Onward
from idp.signin.hearer import Hearer
from idp.web.browser import Browser
from idp.web.redirects import see_other

SIGNED_OUT = "/signed-out"


@dataclass(frozen=True, slots=True)
class GoodBye:
    """Takes the session cookie away. Straight on to who asked, unless another relying party's page must be opened."""

    farewells: Farewells
    browser: Browser

    def __call__(self, hearers: Sequence[Hearer] = (), onward: Onward | None = None) -> Response:
        """To `onward`, or to the page that says who hears of the end."""
        response = see_other(self._where(hearers, onward))
        self.browser.signed_out(response)
        return response

    def _where(self, hearers: Sequence[Hearer], onward: Onward | None) -> str:
        if onward is not None and onward.by_itself and all(each.frame is None for each in hearers):
            return onward.url
        if not hearers and onward is None:
            return SIGNED_OUT
        return f"{SIGNED_OUT}/{self.farewells.put(hearers, onward, self.browser.mark())}"
