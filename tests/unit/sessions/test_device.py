"""What a session's member is shown of the browser it was begun in."""

from __future__ import annotations

import pytest

from idp.sessions.device import family

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (_CHROME, "Chrome · Windows"),
        (f"{_CHROME} Edg/142.0.0.0", "Edge · Windows"),
        (f"{_CHROME} Whale/4.0", "Whale · Windows"),
        (
            "Mozilla/5.0 (Linux; Android 15; SM-S928N) SamsungBrowser/27.0 Chrome/125.0.0.0 Safari/537.36",
            "Samsung Internet · Android",
        ),
        (_IPHONE, "Safari · iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.1; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox · macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64) something unheard of", "Linux"),
    ],
)
def test_names_browser_and_system_only(header: str, shown: str) -> None:
    """REQ-89 in spirit: enough to know one's own browser again; no version, no model that tells machines apart."""
    assert family(header) == shown


@pytest.mark.parametrize("header", ["", "curl/8.0", "<script>alert(1)</script>", "한글 \u202e", "\x00"])
def test_says_nothing_of_what_it_does_not_know(header: str) -> None:
    """A header is its sender's to write; not a character of it reaches a page."""
    assert family(header) is None
