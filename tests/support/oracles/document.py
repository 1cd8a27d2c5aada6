"""The cases in `docs/fills_peers.md`, below what is written by hand."""

from __future__ import annotations

from pathlib import Path

from oracles.apart_cases import CASES

PATH = Path(__file__).parents[3] / "docs" / "fills_peers.md"
MARK = "## Case by case\n"


def made(text: str) -> str:
    """Return the document with the cases as they are."""
    head, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"{PATH.name} has no heading {MARK.strip()!r}")
    cases = "\n".join(case.markdown() for case in CASES.values())
    return f"{head}{mark}\n{cases}"


def write() -> Path:
    """Write the cases into the document."""
    PATH.write_text(made(PATH.read_text()))
    return PATH
