"""Quantiles, without the 40 ms that NumPy's own take to import masked arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def quantiles(values: Floats, parts: Sequence[float]) -> list[float]:
    """Return quantiles, linear between two values (R. J. Hyndman and Y. Fan 1996, type 7).

    Parameters
    ----------
    values
        Finite, shape (n,), n at least 1.
    parts
        Fractions, 0 to 1.
    """
    ordered = np.sort(values)
    last = len(ordered) - 1
    found: list[float] = np.interp(np.array(parts) * last, np.arange(last + 1), ordered).tolist()
    return found
