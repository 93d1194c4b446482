"""What an agency's relying parties are told of a change to a link. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from idp.agencies.relying_party import RelyingParty
from idp.links.former_subjects import wants_previous_subject
from idp.links.logout_notices import logout_notices
from idp.links.state import LinkState
from idp.links.tenant import Tenant, hears_of_tenants
from idp.signals.catalogue import PREVIOUS_SUBJECT, EventType, LinkChange
from idp.signals.outbox import Notice
from idp.signals.security_events import Ended, Initiator, session_revoked


def notices(
    change: LinkChange,
    subject: str,
    parties: Iterable[RelyingParty],
    *,
    purged: bool = False,
    accounts: Mapping[str, Sequence[str]] = MappingProxyType({}),
    tenant: Tenant | None = None,
    previous_subject: str | None = None,
    open_sessions: Sequence[str] = (),
) -> Iterator[Notice]:
    """One message for each relying party and kind it asked for; where a link ends, its sessions there end too.

    `accounts`: by relying party, the ids it gave accounts of its own; nobody else is told them. `purged`: the
    account here is gone for good, so the subject never comes back (RISC account-purged is then true). `tenant`: the
    enterprise behind the link; whoever hears of tenants gets its end as one message about all accounts under it.
    `previous_subject`: under which the agency knew the member before they left, told to whoever asks for it.
    `open_sessions`: the member's, where somebody among `parties` must be told of each (`logout_notices`).
    """
    for party in parties:
        if party.requests(EventType.ACCOUNT_LINK_CHANGED):
            changed = _link_changed(change, subject, party, accounts.get(party.id, ()), tenant)
            if previous_subject is not None and wants_previous_subject(party):
                changed = replace(changed, payload={**changed.payload, PREVIOUS_SUBJECT: previous_subject})
            yield changed
        if purged and party.requests(EventType.ACCOUNT_PURGED):
            yield _notice(change, subject, party, EventType.ACCOUNT_PURGED, {})
        ends = change.current_status != LinkState.LINKED
        if ends and party.requests(EventType.SESSION_REVOKED):
            revoked = session_revoked(change.at, Ended.LINK_ENDED, Initiator(change.initiating_entity))
            yield Notice(party.id, revoked.event_type, subject, revoked.said, change.at)
        if ends:
            yield from logout_notices(party, subject, change.at, open_sessions, (change.link_id, change.version))


def _link_changed(
    change: LinkChange, subject: str, party: RelyingParty, own: Sequence[str], tenant: Tenant | None
) -> Notice:
    if tenant is None or not hears_of_tenants(party):
        return _notice(change, subject, party, EventType.ACCOUNT_LINK_CHANGED, dict(change.claims(own)))
    if change.current_status == LinkState.UNLINKED:
        # Under the link's own subject and id, so that it stays in order with, and takes the place of, what was said.
        about_all = dict(change.tenant_claims(tenant.known.get(party.id, 0)))
        about_one = _notice(change, subject, party, EventType.ACCOUNT_LINK_CHANGED, about_all)
        return replace(about_one, sub_id=tenant.sub_id)
    said = {**change.claims(own), "tenant": tenant.identifier, "epoch": change.version}
    return _notice(change, subject, party, EventType.ACCOUNT_LINK_CHANGED, said)


def _notice(
    change: LinkChange, subject: str, party: RelyingParty, event_type: EventType, payload: dict[str, object]
) -> Notice:
    return Notice(party.id, event_type, subject, payload, change.at, change.link_id, change.version)
