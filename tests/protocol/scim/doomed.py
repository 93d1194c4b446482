"""To be killed: what makes accounts, as `idp worker` builds it. `python -m tests.protocol.scim.doomed URL KEYS_DIR`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from idp.commands.provisioner import build_provisioner
from idp.settings import Settings
from idp.storage.database import Database


def main(database_url: str, keys_dir: str) -> None:
    settings = Settings(database_url=database_url, keys_dir=Path(keys_dir))
    asyncio.run(build_provisioner(settings, Database(database_url), CollectorRegistry()).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
