"""The control for what every journey is held to: each thing it forbids is noticed when it happens."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys.stage import Stage
from tests.journeys.watch import Watch

TRESPASSES = {
    "a request to another host": "() => { document.body.innerHTML = '<img src=http://elsewhere.example/>' }",
    "an inline style": "() => { document.body.innerHTML = '<p style=\"color: red\">' }",
    "an inline script": "() => { document.body.append(Object.assign(document.createElement('script'), {text: '1'})) }",
    "a page's own complaint": "() => console.error('oh')",
    "an uncaught error": "() => { setTimeout(() => { throw Error('oh') }) }",
    "a refused request": "() => fetch('/nowhere')",
}


@pytest.mark.parametrize("what", TRESPASSES)
def test_notices(sqlite_stage: Stage, chromium: Browser, what: str) -> None:
    """REQ-91 (no request leaves the host), CSP3 (no violation), no error in the console."""
    context = chromium.new_context(locale="ko-KR")
    try:
        watch = Watch(context)
        page = context.new_page()
        # Where another host is concerned, outside the policy that would stop the request before it is one.
        page.goto("about:blank" if "another host" in what else sqlite_stage.provider)
        watch.verdict()
        page.evaluate(TRESPASSES[what])
        page.wait_for_timeout(300)
        with pytest.raises(AssertionError):
            watch.verdict()
    finally:
        context.close()
