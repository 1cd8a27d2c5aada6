"""What a walk-forward sweep came to: split by split, and as a whole."""

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


def out_of_sample(rows: Sequence[SweepData]) -> dict[str, float]:
    """Return what the out-of-sample parts came to, joined: each trades what the one before left.

    Parameters
    ----------
    rows
        As `rows_of` returns them. Parts that failed, or in which nothing was chosen, leave the
        account as it was.

    Returns
    -------
    dict
        ``splits``, the parts that are done, and ``failed`` ones of them; ``total_return``, ``100
        (prod(1 + r / 100) - 1)`` of the parts' returns r (percent); ``total_trades``,
        ``winning_trades`` and ``losing_trades``, their sums, and ``win_rate`` (fraction, NaN
        without a trade); ``worst_drawdown``, the deepest within a part (percent, 0 or below; NaN
        without a part). What the rows do not hold is not guessed: a drawdown from one part into
        the next can be deeper, and a Sharpe ratio of the whole needs the equity curve.
    """
    parts = [row for row in rows if row.sample == "out"]
    traded = [row.metrics for row in parts if not row.error]
    joined = 1.0
    for metrics in traded:
        joined *= 1 + metrics["total_return"] / 100
    counts = {
        name: sum(metrics[name] for metrics in traded)
        for name in ("total_trades", "winning_trades", "losing_trades")
    }
    trades = counts["total_trades"]
    return {
        "splits": len(parts),
        "failed": len(parts) - len(traded),
        "total_return": 100 * (joined - 1),
        **{name: int(count) for name, count in counts.items()},
        "win_rate": counts["winning_trades"] / trades if trades else nan,
        "worst_drawdown": min((metrics["max_drawdown"] for metrics in traded), default=nan),
    }
