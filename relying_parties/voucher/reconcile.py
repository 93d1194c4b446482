"""Compare our links with the provider's: `python -m relying_parties.voucher.reconcile`, every night."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping as Environment

import requests

from relying_parties.agency_client import AgencyApiRefused, AgencyClient
from relying_parties.reconciliation import Reconcile
from relying_parties.records import Records
from relying_parties.settings import from_environment
from relying_parties.voucher.mapping import Mapping
from relying_parties.voucher.voucher_site import DEFAULTS

_MACHINE = {
    "VOUCHER_MACHINE_CLIENT_ID": "voucher-machine",
    "VOUCHER_MACHINE_CLIENT_SECRET": "demo-voucher-machine-secret-not-for-production",
}


def open_reconciliation(environment: Environment[str, str]) -> Reconcile:
    """The comparison of this site, ready to be called."""
    settings, machine = from_environment(DEFAULTS, environment), {**_MACHINE, **environment}
    records = Records(settings.database_path)
    mapping = Mapping(records)
    mapping.prepare()
    client = AgencyClient(
        settings.issuer, machine["VOUCHER_MACHINE_CLIENT_ID"], machine["VOUCHER_MACHINE_CLIENT_SECRET"]
    )
    return Reconcile(client, records, settings.issuer, settings.link_changed, mapping.heard)


def once(reconcile: Reconcile) -> bool:
    """Compare once and say what came of it; whether nothing differs any more."""
    try:
        found = reconcile()
    except (requests.RequestException, AgencyApiRefused, ValueError, KeyError) as error:
        print(f"reconcile: not compared: {type(error).__name__} {error if isinstance(error, AgencyApiRefused) else ''}")
        return False
    print(
        f"reconcile: {found.taken_over} taken over, {found.unknown_there} unknown to the provider, "
        f"{found.still_differing} buckets still differ",
        flush=True,
    )
    return found.still_differing == 0


def main() -> None:
    """Once, or with `--every` until stopped. The exit status is 1 where something differs still."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=float, metavar="SECONDS", help="do it again after so many seconds")
    seconds = parser.parse_args().every
    reconcile = open_reconciliation(os.environ)
    if seconds is None:
        sys.exit(0 if once(reconcile) else 1)
    while True:
        once(reconcile)
        time.sleep(seconds)


if __name__ == "__main__":
    main()
