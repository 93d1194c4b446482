"""What the agency API may be told."""

from __future__ import annotations

from pydantic import Field

from idp.sections.section import Section


class AgencyApi(Section):
    """What agencies' servers may ask and tell, and how much of it."""

    calls_per_minute: int = Field(default=600, ge=1)
    """Calls of one relying party, all its servers together; more are answered 429."""
    upload_lines: int = Field(default=2_000_000, ge=1)
    """Lines of one upload: links to compare, or accounts of a roster. Longer ones are answered 413."""
