"""What alembic runs: every revision on the connection it is given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from idp.storage.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    # SQLite cannot alter a column in place; alembic then copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
