"""The arrays of a run, as compiled rules find them: by address.

So there is one machine code for all runs, whatever their arrays are like, and calling it costs no
more than handing over a number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Whose address stands where.
WORLD = 0
MARKET = 7
RUN = 28
EQUITIES = 29
SIGNALS = 30
SEEN = 38
NUMBERS = 39
STATE = 40
TIMES = 41
ARRAYS = 42
# What else stands there.
STATE_SIZE = 42
DECIDE = 43
ROOM = 44
CONTEXT_WIDTH = 45


class Context:
    """Keeps arrays in memory, and their addresses.

    Attributes
    ----------
    address
        Of the addresses.
    """

    def __init__(self) -> None:
        self._numbers = np.zeros(CONTEXT_WIDTH, dtype=np.int64)
        self._kept: dict[int, list[NDArray[Any]]] = {}
        self.address: int = self._numbers.ctypes.data

    def put(self, place: int, array: NDArray[Any]) -> None:
        """Put an array of float64 or int64 where it is looked for."""
        if array.dtype not in (np.float64, np.int64) or not array.flags.c_contiguous:
            raise TypeError(f"Array {place} is of {array.dtype}, {array.flags}")
        self._kept[place] = [array]
        self._numbers[place] = array.ctypes.data

    def put_rows(self, place: int, table: NDArray[np.float64]) -> None:
        """Put a table as the addresses of its rows, shape (rows, columns)."""
        rows = table.ctypes.data + table.strides[0] * np.arange(len(table), dtype=np.int64)
        self.put(place, rows)
        self._kept[place].append(table)

    def set(self, place: int, number: int) -> None:
        """Put a number."""
        self._numbers[place] = number
