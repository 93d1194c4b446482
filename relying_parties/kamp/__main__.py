"""Run the site: `python -m relying_parties.kamp`."""

from __future__ import annotations

import os
from contextlib import suppress

from relying_parties.kamp.kamp_site import open_kamp

if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        open_kamp(os.environ).serve()
