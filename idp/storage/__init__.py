"""Where things are kept. Owns the connection to the database, the shared `MetaData`, the column kinds, statements that
are prepared once and the expiring store; hands on `Database`, `Prepared` and `ExpiringStore`. Knows no table of any
room: rooms declare their own.
"""
