"""An account that was asked for otherwise than by SCIM is there when its member has signed in."""

from __future__ import annotations

from idp.links.provisionings import Progress, progress
from tests.protocol.saml.lab import Provider, read_form
from tests.protocol.scim.kit import choose


def test_is_there_once_the_member_has_signed_in(idp: Provider) -> None:
    """첫 로그인 때 가입 becomes 가입 완료 with the first Response."""
    house = idp.house
    with house.database.reading() as connection:
        member_id = house.directory.member_id(connection, "honggildong")
    assert member_id is not None
    choose(house, member_id, party_id="smtech-saml")
    browser = idp.browser()
    assert read_form(browser.sign_in(browser.ask_plainly())).codes
    with house.database.reading() as connection:
        assert progress(connection, member_id) == {"smtech": Progress.CREATED}
