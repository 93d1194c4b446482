"""Changing what a member said of themselves (REQ-70)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import Conflict, NotFound
from idp.mail.letters import ContactChanged
from idp.members import store
from idp.members.claims import changed_claims
from idp.members.directory import EMAIL, PHONE, Directory
from idp.members.inform import Inform
from idp.members.profile import EnterpriseProfile, PersonProfile, Profile
from idp.members.store import MemberRow
from idp.signals.security_events import (
    Fact,
    TellAgencies,
    identifier_changed,
    recovery_information_changed,
    token_claims_change,
)
from idp.storage.database import Database
from idp.web.masking import mask_email, mask_phone

_PERSON = ("email", "phone", "landline")
_CHANNELS = ("email", "phone")
_ENTERPRISE = ("company_name", "representative_name", "founded_on", "email", "phone")


class ChangedMeanwhile(Conflict):
    """The profile is not the one that whoever changes it has seen: another window was first."""

    code = "profile_changed_meanwhile"


def edition(row: MemberRow) -> str:
    """Names the profile as it is kept now; any change of it makes another, since each sealing differs."""
    return hashlib.sha256(row.profile or b"").hexdigest()[:22]


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Writes new values. The caller has judged them, and the member has proven lately who they are."""

    database: Database
    clock: Clock
    directory: Directory
    inform: Inform
    way_back: str
    """Where somebody goes who did not change anything; supplied from above."""
    tell_agencies: TellAgencies

    def __call__(
        self, member_id: str, values: Mapping[str, str], *, seen: str, address: str | None = None
    ) -> frozenset[str]:
        """The names of what changed. Everything that is not a member's own to change is left as it is: 사업자등록번호,
        name, 아이디, and a number that verification vouches for. A new address or number is not proven.

        Raises:
            NotFound: there is no such member any more.
            ChangedMeanwhile: the profile is not that of the edition `seen`.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            held = store.lock(connection, member_id)
            row = store.find(connection, member_id)
            profile = self.directory.profile(row) if row is not None else None
            if held is None or held[1] != store.ACTIVE or row is None or row.data_key is None or profile is None:
                raise NotFound("no such member")
            if edition(row) != seen:
                raise ChangedMeanwhile
            changed = _changed(profile, values)
            names = frozenset(name for name in changed if getattr(profile, name) != changed[name])
            if not names:
                return names
            new = replace(profile, **changed)
            sealed = self.directory.sealed(row.data_key, row.id, new)
            store.put_profile(connection, row, sealed, now)
            if isinstance(new, PersonProfile):
                digest = self.directory.digester.digest
                found_by = {"phone_digest": digest(PHONE, new.phone), "email_digest": digest(EMAIL, new.email.lower())}
                store.put_person_digests(connection, row.id, found_by)
            said: dict[str, str | int | bool | None] = {"fields": " ".join(sorted(names))}
            if names & set(_CHANNELS):
                letter = ContactChanged(now, _masked(new, names), self.way_back)
                self.inform.everywhere(connection, row.id, (profile, new), letter)
            identifiers = self._identifiers(row, profile, new, now)
            tell_agencies(connection, row.id, (*_facts(profile, new, names, now), *identifiers))
            record(connection, Record(now, Action.PROFILE_CHANGED, "member", row.id, address=address, detail=said))
        return names

    def _identifiers(self, row: MemberRow, former: Profile, new: Profile, at: datetime) -> Iterator[Fact]:
        """Of each channel that is another now. What was none before, names nobody."""
        for channel, claim in (("email", "email"), ("phone", "phone_number")):
            was = getattr(former, channel)
            if was and was != getattr(new, channel) and row.data_key is not None:
                sealed = self.directory.sealed_identifier(row.data_key, row.id, was)
                yield identifier_changed(at, claim, channel, sealed)


def _facts(former: Profile, new: Profile, names: frozenset[str], at: datetime) -> Iterator[Fact]:
    if claims := changed_claims(former, new):
        yield token_claims_change(at, claims)
    # Links for a new password go to the address, codes to the number.
    if names & set(_CHANNELS):
        yield recovery_information_changed(at)


def _masked(profile: Profile, names: frozenset[str]) -> tuple[str, ...]:
    """The new address and number as a letter may carry them."""
    said = []
    if "email" in names:
        local, _at, domain = mask_email(profile.email).partition("@")
        said.append(f"{local}@{domain[:1].lower()}***")
    if "phone" in names:
        said.append(mask_phone(profile.phone) if profile.phone else "***")
    return tuple(said)


def _changed(profile: Profile, values: Mapping[str, str]) -> dict[str, Any]:
    own = _PERSON if isinstance(profile, PersonProfile) else _ENTERPRISE
    fixed = {"phone"} if isinstance(profile, PersonProfile) and profile.phone_verified else set()
    changed: dict[str, Any] = {name: values[name] for name in own if name in values and name not in fixed}
    for name in ("landline", "phone") if isinstance(profile, EnterpriseProfile) else ("landline",):
        if changed.get(name) == "":
            changed[name] = None
    if changed.get("email", profile.email) != profile.email:
        changed["email_verified"] = False
    if isinstance(profile, PersonProfile) and changed.get("phone", profile.phone) != profile.phone:
        changed["phone_at_hand"] = False
    return changed
