"""What a member's agencies hear of them beyond links, with everything at work."""

from __future__ import annotations

from click.testing import CliRunner

from idp.commands.members import members
from tests.journeys.conftest import OpenBrowser
from tests.journeys.patience import eventually
from tests.journeys.person import Person
from tests.journeys.stage import Stage
from tests.journeys.tab import Sight, Tab


def operate(stage: Stage, verb: str, person: Person) -> None:
    """As an operator at the command line."""
    done = CliRunner(env=dict(stage.told.environment)).invoke(
        members, [verb, person.login_id, "--reason", "case-17"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output


def shown_email(tab: Tab) -> str:
    assert tab.visit("kamp") is Sight.SIGNED_IN
    return tab.page.locator("#signed-in [data-field=email]").inner_text()


def test_shows_a_changed_address_without_another_sign_in(any_stage: Stage, open_browser: OpenBrowser) -> None:
    """CAEP §3.2: changed in 나의 정보, shown at KAMP."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    tab.first_sign_in("kamp", person)
    assert shown_email(tab) == person.email
    tab.page.goto(f"{any_stage.provider}/account/profile")
    tab.page.locator("[name=email_local]").fill("new.address")
    form = tab.page.locator("form", has=tab.page.locator("[name=email_local]"))
    with tab.page.expect_navigation():
        form.locator("button[type=submit]").last.click()
    domain = person.email.partition("@")[2]
    eventually(lambda: shown_email(tab) == f"new.address@{domain}")


def test_shuts_a_suspended_member_out_and_lets_them_back_in(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """RISC §2.3, §2.4: here and at KAMP, which says why."""
    person, tab = sqlite_stage.newcomer(), open_browser(sqlite_stage)
    tab.first_sign_in("kamp", person)
    operate(sqlite_stage, "suspend", person)
    eventually(lambda: tab.visit("kamp") is Sight.SIGNED_OUT and tab.ended_because == "disabled")
    tab.watch.expect(403)
    assert tab.press_sign_in() is Sight.PASSWORD
    tab.page.locator("[name=login_id]").fill(person.login_id)
    tab.page.locator("[name=password]").fill(person.password)
    with tab.page.expect_navigation():
        tab.page.locator("[name=password]").press("Enter")
    assert "이용이 정지된 회원입니다" in tab.page.locator("main").inner_text()
    operate(sqlite_stage, "restore", person)
    tab.visit("kamp")
    assert tab.press_sign_in() is Sight.PASSWORD
    assert tab.give_password(person) is Sight.SIGNED_IN
