"""Run the site: `python -m relying_parties.smtech`; with `--metadata`, print its SAML metadata instead."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from relying_parties.settings import from_environment
from relying_parties.smtech.service_provider import own_metadata
from relying_parties.smtech.smtech_site import DEFAULTS, open_smtech

if __name__ == "__main__":
    if sys.argv[1:] == ["--metadata"]:
        print(own_metadata(from_environment(DEFAULTS, os.environ)))
    elif sys.argv[1:]:
        sys.exit("usage: python -m relying_parties.smtech [--metadata]")
    else:
        with suppress(KeyboardInterrupt):
            open_smtech(os.environ).serve()
