"""Following a sweep on the screen, and the table of its best."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from math import isnan, nan
from typing import Any

import msgspec
from msgspec import structs

from workbench.cli.narration import Narrator
from workbench.cli.output import Output
from workbench.errors import from_body
from workbench.messages import AnyMessage, Complete, Error, Sweep, SweepData
from workbench.messages.deciding import readable
from workbench.report.measures import percent
from workbench.sweeps.frames import ranking
from workbench.sweeps.spec import SweepSpec

TYPES = ("status", "sweep", "progress", "control", "complete", "error")
"""The message types that are needed."""
SHOWN = 10


def spec_of(fields: dict[str, Any]) -> SweepSpec:
    """Return a sweep's spec out of a run's description."""
    return msgspec.convert(fields, SweepSpec)


def follow(
    batches: Iterable[Sequence[AnyMessage]],
    spec: SweepSpec,
    output: Output,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Complete | None:
    """Show a sweep's messages until they end, then its best rows.

    Parameters
    ----------
    batches
        The messages, as they come.
    spec
        What was asked for.
    output
        Where to.
    clock
        Seconds, monotonic; for the rate.

    Returns
    -------
    Complete or None
        The last message; None when the messages ended before the sweep did.

    Raises
    ------
    WorkbenchError
        What ended the sweep.
    """
    narrator = Narrator()
    rows: list[SweepData] = []
    with output.progress():
        for batch in batches:
            for message in batch:
                if isinstance(message, Sweep):
                    rows.append(message.data)
                output.lines(narrator.tell(message, clock()))
                if narrator.pace is not None:
                    output.pace(narrator.pace._replace(what="combinations"))
    final = narrator.final
    if isinstance(final, Error):
        raise from_body({**structs.asdict(final.data), **structs.asdict(final.extra)})
    if final is not None:
        output.line()
        ended = "Stopped" if final.extra.status == "stopped" else "Complete"
        output.line(f"{ended} after {final.extra.bars:,} combinations", "bold")
        show_rows(rows, spec, output)
    return final


def show_rows(rows: Sequence[SweepData], spec: SweepSpec, output: Output) -> None:
    """Write the best rows, of a walk-forward those that were traded, and what failed."""
    if spec.walk_forward is not None:
        traded = [row for row in rows if row.sample == "out" and not row.error]
        shown = sorted(traded, key=lambda row: row.split)
    else:
        shown = ranking(rows, spec)[:SHOWN]
    lead = ("SPLIT", "FROM", "TO") if spec.walk_forward is not None else ()
    head = (*lead, "#", *spec.space, spec.metric, "RETURN", "DRAWDOWN", "TRADES")
    if shown:
        left = set(range(1, len(lead)))
        right = [place for place in range(len(head)) if place not in left]
        output.table(head, [_cells(row, spec) for row in shown], right=right)
    if failed := [row for row in rows if row.error]:
        first = min(failed, key=lambda row: (row.split, row.number))
        output.line(f"{len(failed):,} failed, the first with: {first.error}", "yellow")


def _cells(row: SweepData, spec: SweepSpec) -> tuple[str, ...]:
    lead = (str(row.split), row.start[:10], row.end[:10]) if spec.walk_forward is not None else ()
    metrics = row.metrics
    value = readable(metrics).get(spec.metric, nan)
    return (
        *lead,
        str(row.number),
        *(str(row.params[name]) for name in spec.space),
        "–" if isnan(value) else f"{value:.4g}",
        percent(metrics["total_return"], signed=True),
        percent(metrics["max_drawdown"]),
        f"{metrics['total_trades']:.0f}",
    )
