"""The house's order: imports point one way, and importing is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "errors": set(),
    "paths": set(),
    "timeframes": {"errors"},
    "messages": {"errors"},
    "streams": {"errors", "messages"},
    "data": {"errors", "timeframes", "messages", "paths"},
    "report": {"errors", "timeframes", "messages", "data"},
    "widgets": {"errors", "messages"},
    "analysis": {"errors", "timeframes", "messages", "data"},
    "engine": {"errors", "paths", "timeframes", "messages", "data", "analysis", "report"},
    "sweeps": {"errors", "timeframes", "messages", "data", "engine"},
    "trading": {"errors", "timeframes", "messages", "data", "analysis", "engine"},
    "runs": {
        "errors", "timeframes", "messages", "paths", "streams", "data", "engine", "report",
        "sweeps", "trading",
    },
    "feeds": {
        "errors", "timeframes", "messages", "paths", "streams", "data", "analysis", "runs",
    },
    "sessions": {
        "errors", "timeframes", "messages", "paths", "streams", "data", "analysis", "engine",
        "trading", "runs", "feeds",
    },
    "contract": {
        "errors", "timeframes", "messages", "streams", "runs", "feeds", "trading", "sessions",
    },
    "client": {
        "errors", "timeframes", "messages", "paths", "streams", "data", "engine", "runs",
        "report", "sweeps", "widgets", "feeds", "analysis", "trading", "sessions",
    },
    "cli": {
        "errors", "timeframes", "messages", "paths", "streams", "data", "engine", "runs",
        "report", "sweeps", "client", "contract", "feeds", "analysis", "trading", "sessions",
    },
}  # fmt: skip
"""What each room may use. Read downwards, a room only uses rooms above it."""


def test_the_plan_itself_has_no_circle():
    above = set()
    for room, used in ALLOWED.items():
        assert used <= above, room
        above.add(room)


def modules() -> list[Path]:
    return sorted(p for p in (ROOT / "workbench").rglob("*.py") if p.name != "__main__.py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "workbench":
                found |= {f"workbench.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path):
    parts = path.relative_to(ROOT / "workbench").with_suffix("").parts
    names = imported(path)
    assert not {n for n in names if n.split(".")[0] in ("tornado", "jupyter_server")}
    assert not {n for n in names if n.startswith("workbench_server")}
    if parts == ("__init__",):
        return
    room = parts[0]
    used = {n.split(".")[1] for n in names if n.startswith("workbench.")}
    assert used - ALLOWED[room] - {room} - {"__version__"} == set()


HEAVY = (
    "pandas", "plotly", "numba", "pyarrow", "talib", "anywidget", "IPython", "lark", "ccxt",
    "aiohttp",
)  # fmt: skip
SERVER = "workbench_server.__main__, workbench_server.app"


@pytest.mark.parametrize(
    "module",
    ["workbench", "workbench.runs.service", "workbench.client.api", SERVER],
)
def test_importing_pulls_in_nothing_heavy(module):
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "PYTHONPATH": f"{ROOT}:{ROOT / 'extension'}"},
    )
    assert done.stdout.strip() == "[]"


def test_files_are_small():
    long = {
        str(path.relative_to(ROOT)): count
        for folder in ("workbench", "extension/workbench_server")
        for path in (ROOT / folder).rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 350
    }
    assert long == {}


def test_public_names_are_what_they_say():
    import workbench
    import workbench.cli
    import workbench.client.api
    import workbench.runs.service

    rooms = {path.name for path in (ROOT / "workbench").iterdir()}
    assert set(workbench.__all__) & {name.removesuffix(".py") for name in rooms} == set()
    for name in workbench.__all__:
        value = getattr(workbench, name)
        assert name in ("__version__", "indicators") or callable(value), name
