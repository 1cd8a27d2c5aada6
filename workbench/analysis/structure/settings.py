"""What counts as structure: the thresholds of all detectors of a timeframe."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any

from workbench.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class StructureSettings:
    """Thresholds; see docs/detectors.md for what each decides.

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
        for name in ("width", "atr_period", "open"):
            self._check(name, 1, int, "a whole number from 1")
        for name in ("gap", "pool", "zone"):
            self._check(name, 0, (int, float), "a number from 0")

    @classmethod
    def of(cls, given: StructureSettings | Mapping[str, Any] | None) -> StructureSettings:
        """Return settings as they are, some of them by name, or the default ones for None.

        Raises
        ------
        InvalidRequest
            A name is unknown, a number is out of its range, or it is something else.
        """
        if isinstance(given, cls):
            return given
        names = [one.name for one in fields(cls)]
        if given is not None and not isinstance(given, Mapping):
            text = f"The structure settings are {given!r}: write StructureSettings(width=5, …)"
            raise InvalidRequest(text, field="structure", value=repr(given), allowed=names)
        for name in given or {}:
            if name not in names:
                near = difflib.get_close_matches(str(name), names, 1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                text = f"The structure settings have no {name!r}: they have {', '.join(names)}."
                raise InvalidRequest(text + hint, field="structure", value=name, allowed=names)
        return cls(**(given or {}))

    def _check(self, name: str, least: int, kind: Any, allowed: str) -> None:
        value = getattr(self, name)
        sound = isinstance(value, kind) and not isinstance(value, bool)
        if not (sound and least <= value < inf):
            text = f"{name} of the structure settings is {value!r}: it must be {allowed}"
            raise InvalidRequest(text, field=name, value=repr(value), allowed=allowed)
