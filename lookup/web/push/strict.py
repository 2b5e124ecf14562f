"""What every object of the wire form has in common: its members are known ones, and few."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

MOST_MEMBERS: Final = 32
"""More than any object has; each member that nobody knows would cost a worker a thousand bytes."""


class Strict(BaseModel):
    """Nothing unknown, nothing coerced, never echoing what was sent. An object of too many members is not read."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, regex_engine="rust-regex"
    )

    @model_validator(mode="before")
    @classmethod
    def _few(cls, sent: Any) -> Any:
        if isinstance(sent, dict) and len(sent) > MOST_MEMBERS:
            raise PydanticCustomError("crowded", "more members than any object has")
        return sent
