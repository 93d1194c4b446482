"""An account that was asked for otherwise than by SCIM is there when its member has signed in."""

from __future__ import annotations

from idp.links.provisionings import Progress, progress
from tests.protocol.oidc.lab import VOUCHER, Browser, Provider
from tests.protocol.scim.kit import choose


def test_is_there_once_the_member_has_signed_in(provider: Provider, browser: Browser) -> None:
    """첫 로그인 때 가입 becomes 가입 완료 with the first answer, and stays so."""
    house = provider.house
    with house.database.reading() as connection:
        member_id = house.directory.member_id(connection, "honggildong")
    assert member_id is not None
    choose(house, member_id, "openid", party_id="voucher")

    def how_far() -> dict[str, Progress]:
        with house.database.reading() as connection:
            return progress(connection, member_id)

    assert how_far() == {"voucher": Progress.AT_FIRST_LOGIN}
    for _ in range(2):
        assert browser.code(VOUCHER)
        assert how_far() == {"voucher": Progress.CREATED}
