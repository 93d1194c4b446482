"""The agency API's doors, put together."""

from __future__ import annotations

from flask import Blueprint

from idp.agency_api.caller import LINKS_MANAGE, LINKS_READ, ROSTER_MANAGE, Uploads
from idp.agency_api.confirm import ConfirmLinks
from idp.agency_api.cursor import Cursors
from idp.agency_api.digest import Digests
from idp.agency_api.link_document import Links
from idp.agency_api.replay import AskAgain
from idp.agency_api.routes.document import publish
from idp.agency_api.routes.events import EventDoor
from idp.agency_api.routes.link_acts import LinkActDoor
from idp.agency_api.routes.links import LinkDoor
from idp.agency_api.routes.problems import answer_problems
from idp.agency_api.routes.reconciliation import ReconciliationDoor
from idp.agency_api.routes.roster import RosterDoor
from idp.agency_api.routes.table import Operation, Table
from idp.agency_api.undelivered import Undelivered
from idp.app.machine_callers import machine_callers
from idp.house import House
from idp.links.accounts import AgencyAccounts
from idp.links.agency_side import AgencySide
from idp.links.replace_roster import ReplaceRoster
from idp.links.report_accounts import ReportAccounts
from idp.links.stop import StopLink
from idp.oidc.call_limit import CallLimit
from idp.transmitter.replay import Replay
from idp.web import exempt


def agency_api(house: House) -> Blueprint:
    """Everything below `/agency/v1`."""
    doors = Blueprint("agency_api", __name__)
    publish(doors, house.settings.issuer)
    table(house).open(doors)
    answer_problems(doors, house.randomness)
    exempt(doors)
    return doors


def table(house: House) -> Table:
    """What is asked where, and by whom."""
    settings = house.settings.agency_api
    return Table(
        machine_callers(house),
        CallLimit(house.store, settings.calls_per_minute),
        Uploads(settings.uploads),
        (
            *_link_operations(house),
            *_reconciliation_operations(house),
            *_link_acts(house),
            *_event_operations(house),
            *_roster_operations(house),
        ),
    )


def _link_operations(house: House) -> tuple[Operation, ...]:
    links = LinkDoor(_links(house))
    return (
        Operation("/links", "GET", LINKS_READ, links.every),
        Operation("/links/<link_id>", "GET", LINKS_READ, links.one),
    )


def _accounts(house: House) -> AgencyAccounts:
    return AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)


def _links(house: House) -> Links:
    return Links(house.database, house.clock, _accounts(house), Cursors(house.digester))


def _link_acts(house: House) -> tuple[Operation, ...]:
    stop = StopLink(house.database, house.clock, house.randomness, house.catalogue)
    report = ReportAccounts(house.database, house.clock, house.randomness, house.catalogue, _accounts(house))
    door = LinkActDoor(_links(house), AgencySide(stop, house.settings.leaving.agency_relink), report)
    return (
        Operation("/links/<link_id>/unlink", "POST", LINKS_MANAGE, door.unlink),
        Operation("/links/<link_id>/relink", "POST", LINKS_MANAGE, door.relink),
        Operation("/links/<link_id>/accounts", "PUT", LINKS_MANAGE, door.accounts),
    )


def _reconciliation_operations(house: House) -> tuple[Operation, ...]:
    door = ReconciliationDoor(
        house.database,
        Digests(house.database, house.store, house.clock),
        ConfirmLinks(house.database, house.clock),
        house.settings.agency_api.upload_lines,
    )
    return (
        Operation("/links/digest", "GET", LINKS_READ, door.digest),
        Operation("/links/digest", "POST", LINKS_MANAGE, door.compare),
        Operation("/links/confirm", "POST", LINKS_MANAGE, door.confirmations),
        Operation("/links/diff", "POST", LINKS_READ, door.difference, is_upload=True),
    )


def _event_operations(house: House) -> tuple[Operation, ...]:
    replay = Replay(house.database, house.clock, house.randomness)
    door = EventDoor(
        Undelivered(house.database, Cursors(house.digester), house.settings.events.schema_base),
        AskAgain(replay, house.store, house.settings.agency_api.replay_per_minute),
    )
    return (
        Operation("/events", "GET", LINKS_READ, door.every),
        Operation("/events/replay", "POST", LINKS_MANAGE, door.replay),
    )


def _roster_operations(house: House) -> tuple[Operation, ...]:
    settings = house.settings.agency_api
    replace = ReplaceRoster(house.database, house.clock, house.randomness, _accounts(house), settings.roster_undo)
    door = RosterDoor(house.database, replace, settings.upload_lines, settings.roster_undo)
    return (
        Operation("/roster", "GET", ROSTER_MANAGE, door.show),
        Operation("/roster", "PUT", ROSTER_MANAGE, door.put, is_upload=True),
        Operation("/roster/undo", "POST", ROSTER_MANAGE, door.undo),
    )
