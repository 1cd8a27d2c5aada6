"""What to say when a user's strategy raises."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from workbench.errors import StrategyError, WorkbenchError

_ENGINE = Path(__file__).parent
_LIBRARY = (_ENGINE, _ENGINE.parent / "analysis")
_FRAMES_KEPT = 5


def explain_failure(
    error: Exception | SystemExit, strategy: str, where: str, time: str | None
) -> StrategyError:
    """Return a `StrategyError` that says when, where and what, in the user's own lines.

    Parameters
    ----------
    error
        Caught by the engine, in the frame that called the strategy.
    strategy
        Name of its class.
    where
        ``init`` or ``next``.
    time
        Open time of the candle, ISO 8601; None before the first.
    """
    frames = traceback.extract_tb(error.__traceback__)[1:]
    theirs = [frame for frame in frames if Path(frame.filename).parent not in _LIBRARY]
    kept = (theirs or list(frames))[-_FRAMES_KEPT:]
    line = f" (line {kept[-1].lineno} in {kept[-1].name})" if kept else ""
    at = f" at {time}" if time else ""
    message = f"{strategy}.{where} failed{at}: {type(error).__name__}: {error}{line}"
    details: dict[str, Any] = {
        "strategy": strategy,
        "time": time,
        "exception": type(error).__name__,
        "message": str(error),
        "traceback": "".join(traceback.format_list(kept)).rstrip().splitlines(),
    }
    if isinstance(error, WorkbenchError):
        details = {**error.details, **details}
    return StrategyError(message, **details)
