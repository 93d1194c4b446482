"""Converting for somebody who is a member already: the account joins the membership they have (REQ-06, REQ-36)."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.crypto.digests import same
from idp.enrolment.draft import Draft
from idp.enrolment.drafts import Drafts
from idp.enrolment.outcome import Finished
from idp.enrolment.receipts import Receipts
from idp.errors import BadRequest, Conflict
from idp.links.attach import AttachAccount
from idp.links.offered_account import OfferedAccount
from idp.signals.catalogue import LinkReason


class NothingToConvert(BadRequest):
    """Nobody in this draft is a member who converts, or the relying party is registered no more."""

    code = "nothing_to_convert"


class NotThisMember(Conflict):
    """Who is signed in is not whom verification showed to be a member."""

    code = "conversion_of_another_member"


@dataclass(frozen=True, slots=True)
class ConvertMember:
    """Spends the draft and attaches the account that the relying party's request named."""

    catalogue: Catalogue
    drafts: Drafts
    receipts: Receipts
    attach: AttachAccount

    def party(self, draft: Draft) -> RelyingParty:
        """Who sent the member.

        Raises:
            NothingToConvert: it says of nobody that they are a member, or the relying party is registered no more.
        """
        party_id = draft.conversion.relying_party_id if draft.conversion is not None else None
        party = self.catalogue.relying_party(party_id) if party_id is not None else None
        if party is None or draft.member is None:
            raise NothingToConvert("nothing to be converted for a member")
        return party

    def __call__(self, draft: Draft, member_id: str, *, address: str) -> Finished:
        """What came of it. `member_id` is whose session it is; what was proven in this draft must say the same.

        Raises:
            NotThisMember: it does not.
            UnderWay: another submission was first.
            NotFound: the member has withdrawn meanwhile.
            NoSuchStep: the link is suspended.
            EndedSince: the link ended after the conversion was begun.
            AccountTaken: the account stands behind another member's link.
        """
        party, conversion = self.party(draft), draft.conversion
        if conversion is None or draft.member is None or not same(draft.member, member_id):
            raise NotThisMember("signed in as somebody else")
        account = OfferedAccount(conversion.account, conversion.display_name, conversion.role)
        with self.receipts.claimed(draft):
            self.attach(
                member_id,
                party,
                account,
                reason=LinkReason.CONVERSION,
                address=address,
                begun_at=conversion.begun(draft.started_at),
            )
        finished = Finished(member_id, draft.journey, draft.kind or conversion.expected, None, party.id)
        # Before the draft goes, so that there is always one of the two.
        self.receipts.keep(draft, finished)
        self.drafts.forget(draft)
        return finished
