"""Looking for what must be gone: every column of every table, every key, every octet of a file."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from sqlalchemy import Connection, create_engine, inspect

_SYSTEM = ("information_schema", "pg_catalog", "pg_toast")


class Traces:
    """What to look for, in each form in which a program may have written it down."""

    def __init__(self, traits: Mapping[str, str | bytes]) -> None:
        self._forms = {
            f"{what} ({form})": octets for what, value in traits.items() for form, octets in _forms(value).items()
        }

    def within(self, octets: bytes) -> list[str]:
        """Which of them `octets` holds."""
        lowered = octets.lower()
        return [what for what, form in self._forms.items() if form in octets or form.lower() in lowered]

    def in_tables(self, database_url: str) -> list[str]:
        """Where they are, in any table that is there, known to the program or not."""
        engine = create_engine(database_url)
        try:
            with engine.connect() as connection:
                return [f"{place}: {what}" for place, octets in _cells(connection) for what in self.within(octets)]
        finally:
            engine.dispose()

    def in_redis(self, url: str) -> list[str]:
        """Where they are, in any key's name or content."""
        with redis.Redis.from_url(url) as client:
            return [f"{key!r}: {what}" for key, octets in _keys(client) for what in self.within(key + b"\n" + octets)]

    def in_files(self, paths: Iterable[Path]) -> list[str]:
        """Where they are, in any octet."""
        return [f"{path.name}: {what}" for path in paths for what in self.within(path.read_bytes())]


def _forms(value: str | bytes) -> Mapping[str, bytes]:
    octets = value.encode() if isinstance(value, str) else value
    forms = {"plain": octets, "hexadecimal": octets.hex().encode()}
    # Inside something longer, base64 has three shapes; the first and last characters depend on the neighbours.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + octets)
        inner = encoded[(0, 2, 3)[shift] : (shift + len(octets)) * 8 // 6]
        forms[f"base64 at {shift}"] = inner
        forms[f"base64url at {shift}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    if isinstance(value, str):
        forms["percent-encoded"] = quote(value, safe="").encode()
        forms["JSON-escaped"] = json.dumps(value)[1:-1].encode()
        forms["UTF-16"] = value.encode("utf-16-le")
    # An e-mail address in JSON looks as it does anywhere: named once, by the first.
    return {name: form for name, form in forms.items() if form != octets or name == "plain"}


def _cells(connection: Connection) -> Iterator[tuple[str, bytes]]:
    inspector = inspect(connection)
    for schema in set(inspector.get_schema_names()).difference(_SYSTEM):
        for table in [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]:
            # Not through the program's own types: those would open, parse or refuse what lies there.
            rows = connection.exec_driver_sql(f'SELECT * FROM "{schema}"."{table}"')  # noqa: S608 - names it gave us
            for row in rows.mappings():
                yield from ((f"{table}.{column}", _octets(cell)) for column, cell in row.items())


def _octets(cell: Any) -> bytes:
    if isinstance(cell, bytes | memoryview | bytearray):
        return bytes(cell)
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False).encode()
    return str(cell).encode()


def _keys(client: Any) -> Iterator[tuple[bytes, bytes]]:
    for key in client.scan_iter():
        yield key, _content(client, key)


def _content(client: Any, key: bytes) -> bytes:
    read: dict[bytes, Callable[[], Iterable[bytes]]] = {
        b"string": lambda: [client.get(key) or b""],
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"list": lambda: client.lrange(key, 0, -1),
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"none": list,
    }
    # A kind that is not here breaks the test: unread is not clean.
    return b"\n".join(read[client.type(key)]())
