"""Columns that lengthen: what is behind their last value is room for more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from workbench.engine.declaring import Column

_LEAST = 1024
"""Values there is room for at first."""


class Lengthening:
    """Columns of one length, as long as they have come to be.

    Parameters
    ----------
    columns
        Those to begin with, each shape (n,).
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._count = len(columns[0]) if columns else 0
        room = max(_LEAST, 2 * self._count)
        self._columns = [np.empty(room) for _ in columns]
        for own, column in zip(self._columns, columns, strict=True):
            own[: self._count] = column

    def extend(self, rows: Iterable[Sequence[float]]) -> list[Column]:
        """Take the next rows, a value for each column; return the columns up to there.

        What was returned before keeps its length and its values.
        """
        for row in rows:
            if self._columns and self._count == len(self._columns[0]):
                self._columns = [np.r_[own, np.empty_like(own)] for own in self._columns]
            for own, value in zip(self._columns, row, strict=True):
                own[self._count] = value
            self._count += 1
        return [own[: self._count] for own in self._columns]
