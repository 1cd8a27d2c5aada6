"""Fewer points that draw the same line."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


def min_max(values: NDArray[np.float64], max_points: int) -> NDArray[np.intp]:
    """Return the positions to keep, rising: of each stretch its lowest and highest point.

    The first and the last point are kept as well, so no extreme and no end is lost.

    Parameters
    ----------
    values
        Shape (n,).
    max_points
        At least 4; with fewer values all are kept.
    """
    n = len(values)
    if n <= max_points:
        return np.arange(n)
    edges = np.linspace(0, n, (max_points - 2) // 2 + 1).astype(np.intp)
    kept: list[Any] = [0, n - 1]
    for start, end in pairwise(edges):
        stretch = values[start:end]
        kept += [start + int(np.argmin(stretch)), start + int(np.argmax(stretch))]
    return np.unique(np.array(kept, dtype=np.intp))
