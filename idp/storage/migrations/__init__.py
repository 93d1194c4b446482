"""The tables' history. Expand first, contract a release later: the old and the new release run side by side."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from idp.storage.database import Database


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to `revision`; two processes at once: the second waits and finds nothing to do."""
    with database.migrating() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Bring the tables back to `revision`."""
    with database.migrating() as connection:
        command.downgrade(_config(connection), revision)


def pending_revisions(database: Database) -> list[str]:
    """Revisions that `upgrade` would apply, oldest first."""
    with database.reading() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config(None))
    return [each.revision for each in script.iterate_revisions("head", current or "base")][::-1]


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
