"""``python -m workbench.report HOME RUN_ID``: write a run's report to standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.report.reading import for_run


def main(argv: Sequence[str]) -> int:
    """Write the page; return the exit code."""
    if len(argv) != 2:
        print("usage: python -m workbench.report HOME RUN_ID", file=sys.stderr)
        return 2
    try:
        page = for_run(Path(argv[0]), argv[1])
    except WorkbenchError as error:
        print(" ".join(error.message.split()), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(page.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
