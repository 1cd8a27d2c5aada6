"""A venue on paper, trade by trade: latency, partial fills. Market time alone; deterministic.

Signatures: the bodies follow.
"""

from __future__ import annotations

from workbench.engine.settings import Settings
from workbench.live.brokering import Command, Report, Rules


def rules_of(settings: Settings) -> Rules:
    """Return what the venue allows: the account's lots, ticks and least size; keeps brackets."""
    return Rules(settings.lot_size, settings.tick_size, settings.min_size, 0.0, True)


class Venue:
    """Fills orders of a session against the trades of the market.

    Parameters
    ----------
    settings
        Commission, slippage and spread.
    latency
        Seconds that a command is on its way.
    participation
        The largest part of a trade's size a fill can have; None for all that is wanted.
    """

    def __init__(
        self, settings: Settings, latency: float = 0.0, participation: float | None = None
    ) -> None: ...

    def send(self, command: Command, time: int) -> None:
        """Send a command at a market time (epoch ms)."""
        raise NotImplementedError

    def trade(self, symbol: str, time: int, price: float, size: float, at: int) -> list[Report]:
        """Take a trade of the market; return what is reported by it, `at` the input's clock."""
        raise NotImplementedError

    def passed(self, symbol: str, time: int, at: int) -> list[Report]:
        """Let market time pass without a trade: what arrives is accepted or cancelled."""
        raise NotImplementedError

    def save(self) -> bytes:
        """Return all that is needed to go on exactly."""
        raise NotImplementedError

    def load(self, saved: bytes) -> None:
        """Go on from there."""
        raise NotImplementedError
