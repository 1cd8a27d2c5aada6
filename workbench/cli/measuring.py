"""Performance as a table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.cli.output import Output
from workbench.report.statistics import INTERVAL, Group


def show_groups(output: Output, title: str, groups: Sequence[Group]) -> None:
    """Write groups of measures as one table, each under its title."""
    rows: list[tuple[str, ...]] = []
    for group in groups:
        rows.append((group.title, "", ""))
        rows += [(f"  {one.label}", one.text, one.interval) for one in group.measures]
    within = any(one.interval for group in groups for one in group.measures)
    output.table((title, "", INTERVAL if within else ""), rows, right=(1, 2))
