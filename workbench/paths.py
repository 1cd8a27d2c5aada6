"""Where the workbench keeps its files."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Return the state folder: `$WORKBENCH_HOME`, or the user's data folder for `workbench`."""
    if configured := os.environ.get("WORKBENCH_HOME"):
        return Path(configured).expanduser()
    from platformdirs import user_data_path

    return user_data_path("jupyter-backtest-workbench")


def candles_dir(root: Path | None = None) -> Path:
    """Return the folder of imported candles."""
    return (root or home()) / "candles"


def cache_dir() -> Path:
    """Return the folder of what can be made anew at any time, and is the same for all homes."""
    from platformdirs import user_cache_path

    return user_cache_path("jupyter-backtest-workbench")
