"""What a server pays at start for having the extension installed."""

from __future__ import annotations

import statistics
import subprocess
import sys

from tests.benchmarks.measuring import Row

TITLE = "Import"
ASKED_S = 0.3
# What a Jupyter Server has loaded by the time it loads its extensions.
SERVER = (
    "import jupyter_server.serverapp, jupyter_server.extension.application, "
    "jupyter_server.base.websocket, jupyter_server.extension.handler"
)
CODE = (
    "import time; {before}; start = time.process_time(); {what}; print(time.process_time() - start)"
)


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    times = 3 if quick else 7
    subjects = {
        "server": (SERVER, "import workbench_server.app"),
        "library": ("pass", "import workbench"),
    }
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(times):
        for name, (before, what) in subjects.items():
            done = subprocess.run(
                [sys.executable, "-c", CODE.format(before=before, what=what)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            taken[name].append(float(done.stdout))
    server, library = (statistics.median(taken[name]) for name in ("server", "library"))
    return [
        Row("workbench_server.app, in a Jupyter Server", server, ASKED_S, "s", "asked: at most"),
        Row("import workbench, in a notebook", library, ASKED_S, "s", "asked: at most"),
    ]
