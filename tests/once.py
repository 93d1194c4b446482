"""What comes out the same in every test, and is slow, done once a run: testing primes, compiling templates."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from idp.crypto import key_files
from idp.crypto.signing_key import from_parts


class KeptInMemory(BytecodeCache):
    """Compiled templates by their source's digest, which jinja2 makes part of what it keeps."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def nothing_twice() -> Iterator[None]:
    """Key files are read each time, but the same octets are parsed once; applications share compiled templates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_files, "from_parts", functools.lru_cache(maxsize=256)(from_parts))
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": KeptInMemory()})
        yield
