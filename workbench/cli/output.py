"""Text for people: coloured and in place on a terminal, plain lines everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAIN_STEP = 10.0
"""Percent between two progress lines where there is no terminal."""


class Line(NamedTuple):
    """A line of output and, for terminals, its style as rich names it."""

    text: str
    style: str = ""


class Pace(NamedTuple):
    """How far a run is.

    Attributes
    ----------
    percent
        0 to 100.
    bar, bars
        Candles done and in all.
    rate
        Candles a second; None while not known.
    eta
        Seconds to go; None while not known.
    what
        What is counted.
    """

    percent: float
    bar: int
    bars: int
    rate: float | None
    eta: float | None
    what: str = "candles"

    def __str__(self) -> str:
        text = f"{self.percent:3.0f} %  {self.bar:,} of {self.bars:,} {self.what}"
        if self.rate is not None:
            text += f"  {self.rate:,.0f}/s"
        if self.eta is not None:
            text += f"  ETA {self.eta // 60:.0f}:{self.eta % 60:02.0f}"
        return text


class Output:
    """Writes lines, tables and progress.

    Parameters
    ----------
    stream
        Standard output where absent.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._bar: tuple[Progress, TaskID] | None = None
        self._told = -PLAIN_STEP
        self._console: Any = None
        if self._stream.isatty():
            from rich.console import Console

            self._console = Console(file=self._stream, highlight=False)

    @property
    def in_place(self) -> bool:
        """Whether progress is a bar, and not lines among the others."""
        return self._console is not None

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line."""
        self.lines([Line(text, style)])

    def lines(self, lines: Sequence[Line]) -> None:
        """Write lines; whatever could steer a terminal is taken out of their text."""
        if self._console is None:
            for text, _ in lines:
                print(clean(text), file=self._stream, flush=True)
        elif lines:
            from rich.text import Text

            # At once: each print draws the progress bar under it again.
            texts = [Text(clean(text), style=style) for text, style in lines]
            self._console.print(Text("\n").join(texts), soft_wrap=True)

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
    ) -> None:
        """Write rows in columns; those numbered in `right` are set to the right."""
        cells = [[clean(cell) for cell in row] for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            text = "  ".join(
                cell.rjust(width) if place in right else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self.line(text.rstrip(), "bold" if number == 0 else "")

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Keep a progress bar under the lines while this is entered."""
        if self._console is None:
            yield
            return
        from rich.progress import BarColumn, Progress, TextColumn

        with Progress(
            BarColumn(bar_width=32), TextColumn("{task.description}"), console=self._console
        ) as shown:
            self._bar = shown, shown.add_task("waiting for the run", total=100.0)
            try:
                yield
            finally:
                self._bar = None

    def pace(self, pace: Pace) -> None:
        """Show how far the run is; without a terminal every ten percent."""
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, completed=pace.percent, description=str(pace))
        elif self._console is None and (
            pace.percent >= self._told + PLAIN_STEP or self._told < pace.percent >= 100
        ):
            self._told = pace.percent
            self.line(str(pace))


def clean(text: str) -> str:
    """Return a text as one printable line."""
    return "".join(char if char.isprintable() else " " for char in text)


def writable(path: Path) -> Path:
    """Return the path of a file to be written, if its folder is there.

    Raises
    ------
    InvalidRequest
        It is not.
    """
    folder = path.expanduser().resolve().parent
    if not folder.is_dir():
        msg = f"Cannot write {path}: there is no folder {folder}"
        raise InvalidRequest(msg, field="output", value=str(path), allowed="an existing folder")
    return path


def confirmed(question: str) -> bool:
    """Ask on the terminal; without one the answer is no."""
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
