"""Tables and figures made from a sweep's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import InvalidRequest
from workbench.messages import Message, Sweep, SweepData
from workbench.messages.deciding import readable
from workbench.messages.deciding import value as deciding
from workbench.sweeps.account import scenarios
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
        metric in the units of `complete`, NaN where it is not defined or the combination failed,
        and `error`.
    """
    import pandas as pd

    names = list(spec.space)
    metrics = list(dict.fromkeys(name for row in rows for name in row.metrics))
    told = [readable(row.metrics) for row in rows]
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
        values = [found.get(name, float("nan")) for found in told]
        columns[name] = pd.Series(values, dtype="float64")
    columns["error"] = pd.Series([row.error for row in rows], dtype="object")
    return pd.DataFrame(columns)


def best_row(rows: Sequence[SweepData], spec: SweepSpec) -> SweepData | None:
    """Return the best row so far; None where there is none.

    Of a walk-forward it is the in-sample row of what the last split has chosen whose choice did not
    fail out of sample: there it may have been found to look ahead.
    """
    failed = {row.split for row in rows if row.sample == "out" and row.error}
    known = [row for row in rows if row.sample != "out" and row.split not in failed]
    ranked = ranking(known, spec)
    split = max((row.split for row in ranked), default=0)
    return next((row for row in ranked if row.split == split), None)


def ranking(rows: Sequence[SweepData], spec: SweepSpec) -> list[SweepData]:
    """Return the rows that count, the best first: of equals the first asked for.

    Those in which the metric that decides is not defined, and those of fewer than `min_trades`
    trades, do not count.
    """
    sign = -1 if spec.maximizes else 1
    known = [
        (sign * value, row.number, row)
        for row in rows
        if (value := deciding(row.metrics, spec.metric, spec.min_trades)) is not None
    ]
    return [row for _, _, row in sorted(known, key=lambda one: one[:2])]


def scenarios_frame(rows: Sequence[SweepData], spec: SweepSpec) -> pd.DataFrame:
    """Return the best combination of each scenario: of each set of costs, of fills, of a market.

    Returns
    -------
    pandas.DataFrame
        By the settings of the scenario that are tried (`workbench.sweeps.account.scenarios`; of
        none, one row): `number` of the row, the other parameters, and the metric that decides. A
        scenario in which none counts has no row.
    """
    import pandas as pd

    names = scenarios(spec.space)
    best: dict[tuple[Value, ...], SweepData] = {}
    for row in ranking([row for row in rows if row.sample != "out"], spec):
        best.setdefault(tuple(row.params[name] for name in names), row)
    found = [
        {**row.params, "number": row.number, spec.metric: readable(row.metrics)[spec.metric]}
        for row in best.values()
    ]
    others = [name for name in spec.space if name not in names]
    frame = pd.DataFrame(found, columns=[*names, "number", *others, spec.metric])
    return frame.set_index(names).sort_index() if names else frame


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
        float64; NaN where no combination is done, or none counts for the choice of the best. Of
        several at one place (other parameters that are tried, splits) it is the highest, or the
        lowest where the metric is minimized.

    Raises
    ------
    InvalidRequest
        There is no such parameter or metric, or both parameters are the same.
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
        value = None if row.sample == "out" else deciding(row.metrics, metric, spec.min_trades)
        if value is None:
            continue
        at = (0 if y is None else index.index(row.params[y])), columns.index(row.params[x])
        if not (table[at] <= value if least else table[at] >= value):
            table[at] = value
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
    if x is not None and x == y:
        others = [name for name in names if name != x]
        msg = f"x and y are both {x!r}: a heat map is of two parameters, or of one (leave y out)"
        raise InvalidRequest(msg, field="y", value=y, allowed=others)
    first = x or next(name for name in names if name != y)
    return first, y or next((name for name in names if name != first), None)


def _unknown(field: str, value: str, allowed: list[str]) -> InvalidRequest:
    msg = f"{field} is {value!r}, expected one of {', '.join(allowed)}"
    return InvalidRequest(msg, field=field, value=value, allowed=allowed)
