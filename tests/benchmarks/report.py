"""Tables for the terminal and for docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.measuring import Row

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
HEAD = ("what", "ours", "beside it", "", "ratio", "unit", "note")
PACKAGES = (
    "jupyter-server", "tornado", "websockets", "msgspec", "numpy", "backtesting", "fastapi",
    "uvicorn",
)  # fmt: skip


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
    return (
        row.what, _number(row.ours), _number(row.peer), row.against, ratio, row.unit, row.note,
    )  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, padded so that it reads in a terminal too."""
    lines = [HEAD, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    padded = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([padded[0], rule, *padded[1:]])


def machine() -> str:
    """Return what it ran on, and when."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    today = datetime.now(UTC).date().isoformat()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{today}; {system}; {python}; {', '.join(found)}."


def write(results: Mapping[str, Sequence[Row]]) -> None:
    """Put tables between the markers of docs/benchmarks.md, each in the place of its former self.

    A table tells when and on what it was measured.
    """
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    body, _, after = rest.partition(END)
    tables: dict[str, str] = {}
    for part in re.split(r"^### ", body, flags=re.M)[1:]:
        title, _, told = part.partition("\n")
        tables[title.strip()] = told.strip()
    for title, rows in results.items():
        tables[title] = f"{machine()}\n\n{table(rows)}"
    parts = [f"### {title}\n\n{told}" for title, told in tables.items()]
    told = "\n\n".join(parts)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf-8")
