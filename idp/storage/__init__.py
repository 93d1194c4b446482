"""Where things are kept. Owns the connection to the database, the shared `MetaData`, the column kinds and the
expiring store; hands on `Database` and `ExpiringStore`. Knows no table of any room: rooms declare their own.
"""
