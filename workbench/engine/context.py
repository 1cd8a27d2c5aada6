"""The arrays of a run, as compiled rules find them: by address.

So there is one machine code for all runs, whatever their arrays are like, and calling it costs no
more than handing over a number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Whose address stands where.
C_WORLD = 0
C_MARKET = 7
C_RUN = 28
C_EQUITIES = 29
C_SIGNALS = 30
C_SEEN = 38
C_NUMBERS = 39
C_STATE = 40
C_TIMES = 41
C_ASKED = 42
# What else stands there.
C_STATE_SIZE = 43
C_DECIDE = 44
C_ROOM = 45
CONTEXT_WIDTH = 46


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
        """Put an array of float64 or int64 where it is looked for; a table's rows one by one."""
        if array.dtype not in (np.float64, np.int64) or not array.flags.c_contiguous:
            raise TypeError(f"Array {place} is of {array.dtype}, {array.flags}")
        self._kept[place] = [array]
        if array.ndim == 2:
            rows = array.ctypes.data + array.strides[0] * np.arange(len(array), dtype=np.int64)
            self._kept[place].append(rows)
            array = rows
        self._numbers[place] = array.ctypes.data

    def set(self, place: int, number: int) -> None:
        """Put a number."""
        self._numbers[place] = number

    def told(self, place: int) -> tuple[Any, ...]:
        """Return the signals as CPython reads them fastest."""
        arrays = [self._kept[one][0] for one in range(place, C_SEEN) if one in self._kept]
        return tuple(
            [row.data for row in array] if array.ndim == 2 else array.data for array in arrays
        )
