"""What every page does for whom it has just signed in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from idp.sessions.sessions import Sessions
from idp.signin.greet_device import GreetDevice
from idp.web.browser import Browser


@dataclass(frozen=True, slots=True)
class Arrive:
    """Gives the browser its session and, once that is whole, the cookie it is known again by."""

    browser: Browser
    sessions: Sessions
    greet: GreetDevice

    def __call__(self, response: Response, cookie: str) -> None:
        """Write the cookies."""
        self.browser.signed_in(response, cookie)
        session = self.sessions.find(cookie)
        if session is not None:
            self.browser.know_device(response, self.greet(session.member_id, self.browser.device(), session.device))
