"""Tables and figures made from a sweep's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.engine.frames import readable_metrics
from workbench.errors import InvalidRequest
from workbench.messages import Message, Sweep, SweepData
from workbench.sweeps.spec import SweepSpec, Value

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

ROW_COLUMNS = ("number", "sample", "split", "start", "end")
_ORDER = {"all": 0, "in": 0, "out": 1}


def rows_of(messages: Iterable[Message]) -> list[SweepData]:
    """Return a sweep's rows in order: split by split, by number, out of sample last."""
    rows = [message.data for message in messages if isinstance(message, Sweep)]
    return sorted(rows, key=lambda row: (row.split, _ORDER[row.sample], row.number))


def results_frame(rows: Sequence[SweepData], spec: SweepSpec) -> pd.DataFrame:
    """Return one row for each combination and sample.

    Parameters
    ----------
    rows
        As `rows_of` returns them.
    spec
        What was asked for.

    Returns
    -------
    pandas.DataFrame
        Columns `ROW_COLUMNS` (times are UTC), one for each parameter that is tried, one for each
        metric in the units of `complete`, NaN where the combination failed, and `error`.
    """
    import pandas as pd

    names = list(spec.space)
    metrics = list(dict.fromkeys(name for row in rows for name in row.metrics))
    readable = [readable_metrics(row.metrics) for row in rows]
    columns: dict[str, Any] = {
        "number": pd.Series([row.number for row in rows], dtype="int64"),
        "sample": pd.Series([row.sample for row in rows], dtype="object"),
        "split": pd.Series([row.split for row in rows], dtype="int64"),
    }
    for name in ("start", "end"):
        texts = pd.Series([getattr(row, name) for row in rows], dtype="object")
        columns[name] = pd.to_datetime(texts, format="ISO8601", utc=True)
    for name in names:
        columns[name] = [row.params.get(name) for row in rows]
    for name in metrics:
        values = [found.get(name, float("nan")) for found in readable]
        columns[name] = pd.Series(values, dtype="float64")
    columns["error"] = pd.Series([row.error for row in rows], dtype="object")
    return pd.DataFrame(columns)


def best_row(rows: Sequence[SweepData], spec: SweepSpec) -> SweepData | None:
    """Return the best row so far; None where there is none.

    Of a walk-forward it is the in-sample row of what the last split has chosen.
    """
    split = max((row.split for row in rows if row.sample != "out" and not row.error), default=0)
    sign = -1 if spec.maximizes else 1
    known = [
        (sign * row.metrics[spec.metric], row.number, row)
        for row in rows
        if row.sample != "out" and row.split == split and spec.metric in row.metrics
    ]
    return min(known, key=lambda one: one[:2])[2] if known else None


def heatmap_frame(
    rows: Sequence[SweepData],
    spec: SweepSpec,
    x: str | None = None,
    y: str | None = None,
    metric: str | None = None,
) -> pd.DataFrame:
    """Return a metric over two parameters.

    Parameters
    ----------
    rows
        As `rows_of` returns them; those out of sample are left out.
    spec
        What was asked for.
    x, y
        Parameters; the first two that are tried if left out.
    metric
        That which decides if left out.

    Returns
    -------
    pandas.DataFrame
        A column for each value of `x`, a row for each of `y`, in the order they were asked for,
        float64; NaN where no combination is done. Of several at one place (other parameters that
        are tried, splits) it is the highest, or the lowest where the metric is minimized.

    Raises
    ------
    InvalidRequest
        There is no such parameter or metric.
    """
    import numpy as np
    import pandas as pd

    metric = metric or spec.metric
    x, y = _axes(spec, x, y)
    known = sorted({name for row in rows for name in row.metrics})
    if known and metric not in known:
        raise _unknown("metric", metric, known)
    least = metric == spec.metric and not spec.maximizes
    columns: list[Value] = spec.space[x]
    index: list[Value] = [metric] if y is None else spec.space[y]
    table = np.full((len(index), len(columns)), np.nan)
    for row in rows:
        if row.sample == "out" or metric not in row.metrics:
            continue
        at = (0 if y is None else index.index(row.params[y])), columns.index(row.params[x])
        if not (table[at] <= row.metrics[metric] if least else table[at] >= row.metrics[metric]):
            table[at] = row.metrics[metric]
    return pd.DataFrame(
        table,
        index=pd.Index(index, name=y),
        columns=pd.Index(columns, name=x),
    )


def heatmap_figure(table: pd.DataFrame, metric: str) -> go.Figure:
    """Draw what `heatmap_frame` returns."""
    import plotly.graph_objects as go

    drawn = go.Heatmap(
        z=table.to_numpy(),
        x=[str(value) for value in table.columns],
        y=[str(value) for value in table.index],
        colorscale="Viridis",
        colorbar={"title": metric},
        hoverongaps=False,
        hovertemplate=(
            f"{table.columns.name} %{{x}}<br>{table.index.name or ''} %{{y}}"
            f"<br>{metric} %{{z:.4g}}<extra></extra>"
        ),
    )
    chart = go.Figure(drawn)
    chart.update_layout(
        title=metric,
        xaxis={"title": table.columns.name, "type": "category"},
        yaxis={"title": table.index.name, "type": "category"},
    )
    return chart


def walk_forward_frame(rows: Sequence[SweepData], spec: SweepSpec) -> pd.DataFrame:
    """Return one row for each walk-forward split that has been traded.

    Returns
    -------
    pandas.DataFrame
        By `split`: `start` and `end` of the out-of-sample part (UTC), the parameters that were
        chosen, the metric that decided in sample (``in_sample``) and out of it
        (``out_of_sample``), their quotient out / in (``efficiency``, NaN where the in-sample value
        is not above 0), ``total_return`` and ``max_drawdown`` of the out-of-sample part (percent),
        ``joined_return``, the return of all out-of-sample parts up to this one, traded one after
        the other with what the one before left: ``100 (prod(1 + r / 100) - 1)`` (percent), and
        `error`. Source of the efficiency: R. Pardo, The Evaluation and Optimization of Trading
        Strategies, 2008.
    """
    import pandas as pd

    inside = {(row.split, row.number): row for row in rows if row.sample == "in"}
    nan = float("nan")
    found = []
    joined = 1.0
    for row in rows:
        if row.sample != "out":
            continue
        chosen = inside.get((row.split, row.number))
        seen = nan if chosen is None else chosen.metrics.get(spec.metric, nan)
        came = row.metrics.get(spec.metric, nan)
        gained = row.metrics.get("total_return", 0.0)
        joined *= 1 + gained / 100
        found.append(
            {
                "split": row.split,
                "start": row.start,
                "end": row.end,
                **{name: row.params.get(name) for name in spec.space},
                "in_sample": seen,
                "out_of_sample": came,
                "efficiency": came / seen if seen > 0 else nan,
                "total_return": row.metrics.get("total_return", nan),
                "max_drawdown": row.metrics.get("max_drawdown", nan),
                "joined_return": 100 * (joined - 1),
                "error": row.error,
            }
        )
    names = ["split", "start", "end", *spec.space, "in_sample", "out_of_sample", "efficiency"]
    names += ["total_return", "max_drawdown", "joined_return", "error"]
    frame = pd.DataFrame(found, columns=names)
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True)
    return frame.set_index("split")


def matching(rows: Sequence[SweepData], wanted: dict[str, Value]) -> dict[str, Value] | None:
    """Return the combination that has these values; None unless there is one alone."""
    found = {
        tuple(row.params.items())
        for row in rows
        if all(row.params.get(name) == value for name, value in wanted.items())
    }
    return dict(found.pop()) if len(found) == 1 else None


def _axes(spec: SweepSpec, x: str | None, y: str | None) -> tuple[str, str | None]:
    names = list(spec.space)
    for field, name in (("x", x), ("y", y)):
        if name is not None and name not in names:
            raise _unknown(field, name, names)
    first = x or next(name for name in names if name != y)
    return first, y or next((name for name in names if name != first), None)


def _unknown(field: str, value: str, allowed: list[str]) -> InvalidRequest:
    msg = f"{field} is {value!r}, expected one of {', '.join(allowed)}"
    return InvalidRequest(msg, field=field, value=value, allowed=allowed)
