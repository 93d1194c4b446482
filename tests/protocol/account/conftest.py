"""A provider with two agencies, a person and an enterprise."""

from __future__ import annotations

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import a_person, an_enterprise, link, register
from tests.protocol.account.lab import CI, Site, Visit
from tests.protocol.oidc.lab import AGENCIES


@pytest.fixture
def site(house: House) -> Site:
    register(house, *AGENCIES)
    return Site(house, create_app(house.settings, instead=house))


@pytest.fixture
def person(site: Site) -> Visit:
    """홍길동, verified, linked to two agencies."""
    member_id = a_person(site.house, ci=CI, identity_verified=True, birth_date="1990-05-17")
    for party in ("voucher", "kamp"):
        link(site.house, member_id, party, "openid", "email")
    return site.signed_in(member_id)


@pytest.fixture
def enterprise(site: Site) -> Visit:
    return site.signed_in(an_enterprise(site.house))
