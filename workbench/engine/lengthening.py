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
        self._table = np.empty((len(columns), max(_LEAST, 2 * self._count)))
        self._table[:, : self._count] = columns

    def __len__(self) -> int:
        return self._count

    def extend(self, rows: Iterable[Sequence[float]]) -> list[Column]:
        """Take the next rows, a value for each column; return the columns up to there.

        What was returned before keeps its length and its values.
        """
        for row in rows:
            if self._count == self._table.shape[1]:
                self._table = np.concatenate([self._table, np.empty_like(self._table)], axis=1)
            self._table[:, self._count] = row
            self._count += 1
        return [column[: self._count] for column in self._table]
