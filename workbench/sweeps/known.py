"""What an earlier sweep has brought already: pure."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.messages import SweepData
from workbench.sweeps.workload import LOST, Outcome, Task


class Known:
    """Rows that are taken over, so that their combinations are not run again.

    Parameters
    ----------
    rows
        Of the earlier sweep, in any order; of those told twice the last counts. A row whose worker
        was lost says nothing of its combination, which is run again.
    """

    def __init__(self, rows: Iterable[SweepData] = ()) -> None:
        self._rows = {
            (row.split, row.number, row.sample == "out"): row for row in rows if not is_lost(row)
        }

    def outcome(self, task: Task) -> Outcome | None:
        """Return what a combination has come to; None where that is not known.

        What was chosen by results that are missing can be another combination of the same number.
        """
        row = self._rows.get((task.leg, task.number, task.out))
        if row is None or row.params != dict(task.params):
            return None
        return Outcome(row.metrics, row.error, row.curve or None)


def is_lost(row: SweepData) -> bool:
    """Tell whether a row failed because its worker was lost, and not by its combination."""
    return row.error.startswith(LOST)
