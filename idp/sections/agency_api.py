"""What the agency API may be told."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from idp.sections.section import Section


class AgencyApi(Section):
    """What agencies' servers may ask and tell, and how much of it."""

    calls_per_minute: int = Field(default=600, ge=1)
    """Calls of one relying party, all its servers together, those that manage its stream of events included; more are
    answered 429."""
    upload_lines: int = Field(default=2_000_000, ge=1)
    """Lines of one upload: links to compare, or accounts of a roster. Longer ones are answered 413."""
    uploads: int = Field(default=1, ge=1)
    """How many uploads one server process reads at once. Each keeps one of its threads (`idp serve --threads`); more
    are answered 429."""
    roster_undo: timedelta = Field(default=timedelta(days=7), ge=timedelta(0))
    """How long the roster before the last is kept, so that the last can be undone."""
    replay_per_minute: int = Field(default=600, ge=1)
    """How many of the messages that a relying party asks for again become due in a minute."""
