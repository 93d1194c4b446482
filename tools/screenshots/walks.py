"""Every walk by its name, in the order they are made: later ones meet what earlier ones left."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.screenshots.camera import Camera
from tools.screenshots.certificates import sign_with_certificates
from tools.screenshots.contacts import prove_contacts
from tools.screenshots.converting import convert, convert_as_member
from tools.screenshots.joining import join_enterprise, join_person
from tools.screenshots.leaving import leave
from tools.screenshots.letters import read_letters
from tools.screenshots.own_pages import look_at_own_pages
from tools.screenshots.parties import visit_parties
from tools.screenshots.recovering import find_way_back
from tools.screenshots.second_factors import use_second_factors
from tools.screenshots.signing_in import meet_errors, sign_in
from tools.screenshots.under_14 import join_as_child
from tools.screenshots.verifying import be_verified

WALKS: Mapping[str, Callable[[Camera], None]] = {
    "signing-in": sign_in,
    "errors": meet_errors,
    "joining": join_person,
    "joining-enterprise": join_enterprise,
    "verifying": be_verified,
    "under-14": join_as_child,
    "converting-as-member": convert_as_member,
    "converting": convert,
    "recovering": find_way_back,
    "parties": visit_parties,
    "own-pages": look_at_own_pages,
    "certificates": sign_with_certificates,
    "second-factors": use_second_factors,
    "contacts": prove_contacts,
    "letters": read_letters,
    "leaving": leave,
}
