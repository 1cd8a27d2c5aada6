"""Who comes to the stream of a market, and so whether its feed is to run."""

from __future__ import annotations

from enum import Enum


class Coming(Enum):
    """How a subscriber comes."""

    NEW = "new"
    BACK = "back"
    """It was here before: it names the epoch it has read."""
    READING = "reading"
    """It wants what was told, and what is told anyway."""
