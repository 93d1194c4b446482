"""Run the site: `python -m relying_parties.voucher`."""

from __future__ import annotations

import os
from contextlib import suppress

from relying_parties.voucher.voucher_site import open_voucher

if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        open_voucher(os.environ).serve()
