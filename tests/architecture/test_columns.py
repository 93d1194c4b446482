from __future__ import annotations

import re

from idp.storage.columns import metadata
from tests.architecture.tree import load_everything

_PERSONAL = re.compile(r"(name|phone|email|address|birth|ci_|business_number|profile|secret|password|data_key|token)")
_HARMLESS = {
    "agencies.name",  # an organisation's
    "outbox.lease_token",  # says which worker holds a row, opens nothing
    "provisionings.lease_token",
    "outgoing_messages.lease_token",
}


def test_says_of_every_column_whether_it_is_sensitive() -> None:
    """Architecture §6: a scan for forgotten data must know where to look."""
    load_everything()
    assert len(metadata.tables) > 10
    silent = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not isinstance(column.info.get("sensitive"), bool)
    ]
    assert silent == []


def test_calls_no_column_plain_that_sounds_personal() -> None:
    """Architecture §6: a column with such a name is sensitive, or says here why it is not."""
    load_everything()
    plain = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not column.info.get("sensitive") and _PERSONAL.search(column.name)
    }
    assert plain <= _HARMLESS
