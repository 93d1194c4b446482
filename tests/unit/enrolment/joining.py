"""The ways through the six steps that tests take, step by step or at one go."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from idp.house import House
from idp.members.models import members
from tests.unit.enrolment.walk import ENTERPRISE, PERSON, Site, Walker

NUMBER = "1237894566"
CERTIFICATE = {"person": "공동인증서", "enterprise": "기업인증서"}
HOLDER = {"person": "hong_gildong", "enterprise": "gildong"}


def at_terms(site: Site, kind: str = "person") -> Walker:
    """Before step 2."""
    return site.browser().open("/join/").press("다음", kind=kind)


def at_identity(site: Site, kind: str = "person") -> Walker:
    """Before step 3."""
    return at_terms(site, kind).agree_to_terms("marketing")


def at_details(site: Site, kind: str = "person", holder: str | None = None) -> Walker:
    """Before step 4."""
    walker = at_identity(site, kind)
    typed = {"business_number": NUMBER} if kind == "enterprise" else {}
    walker.press(CERTIFICATE[kind], **typed).choose(holder or HOLDER[kind])
    assert walker.step == 4, walker.words
    return walker


def at_agencies(site: Site, kind: str = "person", holder: str | None = None, login_id: str = "gildong.h") -> Walker:
    """Before step 5."""
    walker = at_details(site, kind, holder).give_details(login_id, ENTERPRISE if kind == "enterprise" else PERSON)
    assert walker.step == 5, walker.words
    return walker


def send_last(walker: Walker, agencies: Sequence[str] = (), accounts: Sequence[str] = ()) -> Walker:
    """Press 다음 at step 5 with these boxes ticked."""
    form = next(form for form in walker.document.forms if form.get("action") == walker.path)
    sent = {
        "csrf_token": form.fields["csrf_token"],
        "agency": [*form.xpath(".//input[@type='hidden' and @name='agency']/@value"), *agencies],
        "account": list(accounts),
    }
    walker.answer = walker.client.post(walker.path, data=sent, follow_redirects=True)
    return walker


def members_of(house: House) -> int:
    """How many there are."""
    with house.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(members)).scalar_one())
