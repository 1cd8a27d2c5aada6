"""Parts of the page: what was measured, and the returns by month."""

from __future__ import annotations

import html as escaping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.report.measures import percent
from workbench.report.statistics import INTERVAL, Group

if TYPE_CHECKING:
    import pandas as pd

SIGNS = {1: "good", 0: "", -1: "bad"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GREEN, _RED = "21, 128, 61", "185, 28, 28"
_STRONGEST = 0.55
"""Opacity of the month that moved most; above it the figure would be hard to read."""


def statistics_section(groups: Sequence[Group]) -> str:
    """Return a table for each group of measures."""
    return "".join(_group(group) for group in groups)


def _group(group: Group) -> str:
    wide = any(one.interval for one in group.measures)
    head = f'<th class="num">{INTERVAL if wide else ""}</th>'
    rows = "".join(
        f'<tr><td>{one.label}</td><td class="num {SIGNS[one.sign]}">{one.text}</td>'
        f'<td class="num">{one.interval}</td></tr>'
        for one in group.measures
    )
    return (
        f'<div class="wide"><table><thead><tr><th>{group.title}</th><th></th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def months_section(months: pd.DataFrame | None, note: str = "") -> str:
    """Return the returns by month as a table in colours; nothing where there are none.

    Parameters
    ----------
    months
        See `workbench.engine.metrics.tables.monthly_returns`.
    note
        What to know of them; escaped here.
    """
    if months is None or not len(months):
        return ""
    strongest = float(months[months.columns[:-1]].abs().max().max()) or 1.0
    head = "".join(f'<th class="num">{name}</th>' for name in (*_MONTHS, "Year"))
    rows = "".join(
        f"<tr><th>{year}</th>{''.join(_month(value, strongest) for value in row[:-1])}"
        f'<td class="num"><b>{percent(row[-1], signed=True)}</b></td></tr>'
        for year, row in zip(months.index, months.to_numpy().tolist(), strict=True)
    )
    below = f"<p>{escaping.escape(note)}</p>" if note else ""
    return (
        f'<h2>Returns by month</h2>{below}<div class="wide"><table class="months"><thead><tr>'
        f"<th></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _month(value: float, strongest: float) -> str:
    if value != value:
        return "<td></td>"
    shade = _STRONGEST * min(1.0, abs(value) / strongest)
    colour = f"rgba({_GREEN if value > 0 else _RED}, {shade:.2f})"
    return f'<td class="num" style="background: {colour}">{value:+,.2f}</td>'
