"""What a walk-forward sweep came to, split by split."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import TYPE_CHECKING

from workbench.messages import SweepData
from workbench.messages.deciding import readable
from workbench.sweeps.spec import SweepSpec

if TYPE_CHECKING:
    import pandas as pd


def walk_forward_frame(rows: Sequence[SweepData], spec: SweepSpec) -> pd.DataFrame:
    """Return one row for each walk-forward split that has been traded.

    Returns
    -------
    pandas.DataFrame
        By `split`, from 0: `start` and `end` of the out-of-sample part (UTC), `number` (<NA> where
        nothing was chosen) and the parameters of what was chosen, the metric that decided in sample
        (``in_sample``) and out of it (``out_of_sample``), their quotient out / in
        (``efficiency``, NaN where the in-sample value is not above 0, or infinite),
        ``total_return`` and ``max_drawdown`` of the out-of-sample part (percent),
        ``joined_return``, the return of all out-of-sample parts up to this one, traded one after
        the other with what the one before left: ``100 (prod(1 + r / 100) - 1)`` (percent), and
        `error`. Source of the efficiency: R. Pardo, The Evaluation and Optimization of Trading
        Strategies, 2008.
    """
    import pandas as pd

    inside = {(row.split, row.number): row for row in rows if row.sample == "in"}
    found = []
    joined = 1.0
    for row in rows:
        if row.sample != "out":
            continue
        chosen = inside.get((row.split, row.number))
        seen = nan if chosen is None else readable(chosen.metrics).get(spec.metric, nan)
        came = readable(row.metrics).get(spec.metric, nan)
        gained = row.metrics.get("total_return", 0.0)
        joined *= 1 + gained / 100
        found.append(
            {
                "split": row.split,
                "start": row.start,
                "end": row.end,
                "number": row.number if row.params else None,
                **{name: row.params.get(name) for name in spec.space},
                "in_sample": seen,
                "out_of_sample": came,
                "efficiency": came / seen if 0 < seen < inf else nan,
                "total_return": row.metrics.get("total_return", nan),
                "max_drawdown": row.metrics.get("max_drawdown", nan),
                "joined_return": 100 * (joined - 1),
                "error": row.error,
            }
        )
    names = ["split", "start", "end", "number", *spec.space]
    names += [
        "in_sample",
        "out_of_sample",
        "efficiency",
        "total_return",
        "max_drawdown",
        "joined_return",
        "error",
    ]
    frame = pd.DataFrame(found, columns=names)
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True)
    frame["number"] = frame["number"].astype("Int64")
    return frame.set_index("split")
