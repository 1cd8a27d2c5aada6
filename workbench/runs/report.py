"""``python -m workbench.runs.report HOME RUN_ID``: write a run's report to standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.runs.reading import report_of


def main(argv: Sequence[str]) -> int:
    """Write the page; return the exit code."""
    if len(argv) != 2:
        print("usage: python -m workbench.runs.report HOME RUN_ID", file=sys.stderr)
        return 2
    try:
        page = report_of(Path(argv[0]), argv[1])
    except WorkbenchError as error:
        print(" ".join(error.message.split()), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(page.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
