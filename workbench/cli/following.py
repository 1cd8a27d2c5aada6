"""Following a run to its end on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from msgspec import structs

from workbench.cli.measuring import show_groups
from workbench.cli.narration import Narrator
from workbench.cli.output import Line, Output
from workbench.errors import from_body
from workbench.messages import AnyMessage, Complete, Error, encode
from workbench.report.statistics import grouped

TYPES = ("status", "trade", "progress", "control", "complete", "error")
"""The message types that are shown."""


def follow(
    batches: Iterable[Sequence[AnyMessage]],
    output: Output,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Complete | None:
    """Show a run's messages until they end, then its metrics.

    Parameters
    ----------
    batches
        The messages, as they come.
    output
        Where to.
    clock
        Seconds, monotonic; for the rate.

    Returns
    -------
    Complete or None
        The last message; None when the messages ended before the run did.

    Raises
    ------
    WorkbenchError
        What ended the run.
    """
    narrator = Narrator()
    with output.progress():
        for batch in batches:
            # Where progress is told in lines, each has its place among the others.
            parts = [batch] if output.in_place else [[message] for message in batch]
            for part in parts:
                output.lines([line for one in part for line in narrator.tell(one, clock())])
                if narrator.pace is not None:
                    output.pace(narrator.pace)
    final = narrator.final
    if isinstance(final, Error):
        raise from_body({**structs.asdict(final.data), **structs.asdict(final.extra)})
    if final is not None:
        output.line()
        show_metrics(final, narrator.capital, output)
    return final


def show_metrics(final: Complete, capital: float | None, output: Output) -> None:
    """Write the table of final metrics."""
    metrics = structs.asdict(final.data.metrics)
    ended = "Stopped" if final.extra.status == "stopped" else "Complete"
    extra = final.extra
    groups = grouped(
        metrics, extra.statistics or None, extra.intervals or None, capital, extra.final_equity
    )
    show_groups(output, f"{ended} after {extra.bars:,} candles", groups)


def write_json(batches: Iterable[Sequence[AnyMessage]]) -> Complete | None:
    """Print a run's messages as they are on the wire, one a line.

    Raises
    ------
    WorkbenchError
        What ended the run.
    """
    last: AnyMessage | None = None
    for batch in batches:
        for last in batch:
            print(encode(last).decode(), flush=True)
    if isinstance(last, Error):
        raise from_body({**structs.asdict(last.data), **structs.asdict(last.extra)})
    return last if isinstance(last, Complete) else None


def tell(
    batches: Iterable[Sequence[AnyMessage]],
    output: Output,
    narrate: Callable[[AnyMessage], Sequence[Line]],
    *,
    as_json: bool = False,
) -> int:
    """Show messages as they come; return 1 if they end with an error, else 0.

    Parameters
    ----------
    narrate
        Says what to print of a message.
    as_json
        Print them as they are on the wire instead, one a line.
    """
    last: AnyMessage | None = None
    for batch in batches:
        for last in batch:
            if as_json:
                print(encode(last).decode(), flush=True)
        if not as_json:
            output.lines([line for message in batch for line in narrate(message)])
    return int(isinstance(last, Error))
