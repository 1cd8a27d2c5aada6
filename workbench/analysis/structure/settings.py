"""What counts as structure: the thresholds of all detectors of a timeframe."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class StructureSettings:
    """Thresholds; see docs/market.md for what each decides.

    Attributes
    ----------
    width
        Candles on each side of a swing, from 1.
    atr_period
        Of the average true range that sizes are measured in; nothing that needs it is found
        before its first value.
    gap
        Least size of a fair value gap, in average true ranges.
    pool
        Most that swing levels of one liquidity pool lie apart, in average true ranges.
    zone
        Most that a swing lies outside a zone it touches, in average true ranges; a zone is at
        most twice as high.
    open
        How many of a kind are watched on each side; the oldest is then forgotten.

    Raises
    ------
    InvalidRequest
        A number is out of its range.
    """

    width: int = 3
    atr_period: int = 14
    gap: float = 0.25
    pool: float = 0.1
    zone: float = 0.5
    open: int = 24

    def __post_init__(self) -> None:
        for name, least in (("width", 1), ("atr_period", 1), ("open", 1)):
            self._check(name, least)
        for name in ("gap", "pool", "zone"):
            self._check(name, 0)

    def _check(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if not value >= least:
            text = f"{name} of the structure settings is {value}: it must be at least {least}"
            raise InvalidRequest(text, field=name, value=value, allowed=f"from {least}")
