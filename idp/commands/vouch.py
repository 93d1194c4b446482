"""What an operator may say in a member's place."""

from __future__ import annotations

from idp.house import House
from idp.signin.renew_terms import RenewTerms


def agree_on_paper(house: House, member_id: str, kind: str, actor: str) -> None:
    """The member has agreed to the required terms in force. What is optional nobody but the member can agree to."""
    renew = RenewTerms(house.database, house.clock, house.terms)
    choices = {document.id: document.required for document in renew.documents(kind)}
    renew(member_id, kind, choices, address=None, language="ko", channel="operator", actor=actor)
