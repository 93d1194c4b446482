"""Browsers a member was never seen with (issue 4)."""

from __future__ import annotations

from idp.mail.letters import NewSignIn
from tests.protocol.second_factors.lab import Browser, Scene

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


def arrives(scene: Scene) -> Browser:
    """From a Chrome elsewhere."""
    browser = scene.browser()
    browser.client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    browser.client.environ_base["HTTP_USER_AGENT"] = CHROME
    return browser.signed_in()


def letter(scene: Scene) -> NewSignIn:
    (found,) = scene.letters("new_sign_in")
    assert isinstance(found, NewSignIn)
    return found


def test_writes_about_a_new_browser_and_no_other(scene: Scene, browser: Browser) -> None:
    """Issue 4: not at the first sign-in after joining, not for one seen before; time, masked address, device."""
    browser.signed_in()
    assert scene.letters("new_sign_in") == []
    browser.client.delete_cookie("idp_session")
    browser.signed_in()
    assert scene.letters("new_sign_in") == []
    there = arrives(scene)
    said = letter(scene)
    assert (said.at, said.device, said.address) == (scene.clock.now(), "Chrome · Windows", "203.0.***.77")
    there.client.delete_cookie("idp_session")
    there.signed_in()
    assert len(scene.letters("new_sign_in")) == 1


def test_writes_about_a_browser_that_is_spared_at_once(scene: Scene, browser: Browser) -> None:
    """Whoever asks not to be asked again is told about first."""
    codes = scene.turn_on()
    browser.send(browser.password(browser.open("/account/")), "/code", code=codes[0])
    thief = scene.browser()
    thief.send(thief.password(thief.open("/account/")), "/code", code=codes[1], spare="y")
    assert len(scene.letters("new_sign_in")) == 1


def test_writes_nothing_before_the_second_step(scene: Scene, browser: Browser) -> None:
    """Who knows the password and no more has not signed in."""
    scene.turn_on()
    browser.send(browser.password(browser.open("/account/")), "/code", code=scene.code())
    other = scene.browser()
    other.password(other.open("/account/"))
    assert scene.letters("new_sign_in") == []


def test_ends_everything_where_it_was_not_them(scene: Scene, browser: Browser) -> None:
    """Issue 4: the link is good once and in any browser; looking changes nothing; pressing ends every session and
    every spared browser, and leads to a new password. The second step stays."""
    codes = scene.turn_on()
    browser.send(browser.password(browser.open("/account/")), "/code", code=codes[0], spare="y")
    thief = scene.browser()
    thief.send(thief.password(thief.open("/account/")), "/code", code=codes[1], spare="y")
    path = letter(scene).path
    reader = scene.browser()
    for _ in range(2):
        page = reader.open(path)
        assert page.status_code == 200
        assert thief.is_signed_in()
    done = reader.send(page, path)
    assert 'href="/recovery/password"' in done.text
    assert not thief.is_signed_in()
    assert not browser.is_signed_in()
    for each in (browser, thief):
        assert "/code" in each.password(each.open("/account/")).text
    assert reader.client.get(path).status_code == 404
    assert [action for action, _ in scene.actions()].count("device.disowned") == 1


def test_takes_no_other_link(scene: Scene, browser: Browser) -> None:
    """A link made for something else, or by nobody, opens nothing."""
    browser.signed_in()
    for token in ("x", "A" * 43, "%00", "é"):
        assert browser.client.get(f"/recovery/not-me/{token}").status_code == 404
