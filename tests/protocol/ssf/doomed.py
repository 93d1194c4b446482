"""A worker to be killed: `python -m tests.protocol.ssf.doomed DATABASE_URL KEYS_DIR RECEIVER_URL`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from idp.storage.database import Database
from tests.protocol.ssf.kit import House


def main(database_url: str, keys_dir: str, url: str) -> None:
    house = House(Database(database_url), Path(keys_dir))
    house.addresses.add("voucher", url)
    worker = house.worker()

    async def work() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()

    asyncio.run(work())


if __name__ == "__main__":
    main(*sys.argv[1:])
