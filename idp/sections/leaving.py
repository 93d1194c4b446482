"""What may be told about links that end and members who leave."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from idp.sections.section import Section


class Leaving(Section):
    """Links that end, and members who leave."""

    agency_relink: timedelta = Field(default=timedelta(days=30), ge=timedelta(0))
    """How long after its own unlinking of a member an agency may take that back without asking the member again."""
