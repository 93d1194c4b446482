"""What is kept for a while and then forgotten: pending sign-ins, codes, tokens, sessions, counters, replay caches.

Owns the `ExpiringStore` protocol and its two implementations, on Redis and on the database; hands on `open_store`.
It knows keys and bytes, never what they mean: whoever puts a secret in keys it by a digest. Nothing here is the only
copy of what must last, and losing all of it costs members a new sign-in and nothing else.
"""

from idp.clock import Clock
from idp.settings import Settings
from idp.storage.database import Database
from idp.storage.expiring.database_store import DatabaseExpiringStore
from idp.storage.expiring.protocol import AddMember, Delete, ExpiringStore, Operation, Put
from idp.storage.expiring.redis_store import RedisExpiringStore

__all__ = [
    "AddMember",
    "DatabaseExpiringStore",
    "Delete",
    "ExpiringStore",
    "Operation",
    "Put",
    "RedisExpiringStore",
    "open_store",
]


def open_store(settings: Settings, database: Database, clock: Clock) -> ExpiringStore:
    """The store this deployment chose: Redis where `redis_url` is set, else the database.

    Raises:
        ConfigurationError: `redis_url` cannot be read as one.
    """
    if settings.redis_url is None:
        return DatabaseExpiringStore(database, clock)
    return RedisExpiringStore(settings.redis_url)
