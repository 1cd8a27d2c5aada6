"""How fast something is told or done: candles a second, or multiples of market time."""

from __future__ import annotations

from typing import NamedTuple

from workbench.errors import InvalidRequest

MOST = 1e9
ALLOWED = "candles a second (100), multiples of market time (3600x), or 0 for full speed"


class Pace(NamedTuple):
    """A pace.

    Attributes
    ----------
    value
        Candles a second, or seconds of market time a second; None is as fast as possible.
    market
        Whether `value` is in multiples of market time.
    """

    value: float | None = None
    market: bool = False

    @classmethod
    def of(cls, value: float | None, unit: str | None, field: str = "value") -> Pace:
        """Make it from a control's `value` and `unit`; `field` names the value in an error.

        Raises
        ------
        InvalidRequest
            The value is negative or beyond all reason, or the unit unknown.
        """
        if unit not in (None, "x"):
            msg = f"unit is {unit!r}, expected x (multiples of market time) or none"
            raise InvalidRequest(msg, field="unit", value=unit, allowed=["x"])
        if value is not None and not 0 <= value <= MOST:
            msg = f"speed is {value:g}, expected {ALLOWED}"
            raise InvalidRequest(msg, field=field, value=value, allowed=ALLOWED)
        return cls(value, unit == "x") if value else cls()

    @classmethod
    def parse(cls, text: str | None) -> Pace:
        """Make it from ``100``, ``3600x``, ``0`` or nothing.

        Raises
        ------
        InvalidRequest
            It is none of these.
        """
        if not text or text == "max":
            return cls()
        try:
            value = float(text.removesuffix("x"))
        except ValueError:
            value = -1.0
        if not 0 <= value <= MOST:
            msg = f"speed is {text!r}, expected {ALLOWED}"
            raise InvalidRequest(msg, field="speed", value=text, allowed=ALLOWED)
        return cls.of(value, "x" if text.endswith("x") else None)

    def candles(self, step_ms: int) -> float | None:
        """Return the pace in candles a second, for candles of `step_ms`."""
        if self.value is None or not self.market:
            return self.value
        return self.value * 1000 / step_ms
