"""What every section of the settings is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Fixed once read; a name it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
