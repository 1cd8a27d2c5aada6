"""Extremes of a stretch of a column: as CPython finds them fastest.

The one place where the compiled rules have a text of their own, in `workbench.engine.compiling`.
"""

from __future__ import annotations

from collections.abc import Sequence


def highest(values: Sequence[float], start: int, end: int) -> float:
    """Return the greatest of ``values[start:end]``."""
    return max(values[start:end])


def lowest(values: Sequence[float], start: int, end: int) -> float:
    """Return the least of ``values[start:end]``."""
    return min(values[start:end])
