"""What a stream says of an exception, whatever that is made of: pure."""

from __future__ import annotations

from workbench.errors import StrategyError, WorkbenchError

MOST = 10_000


def failure_of(error: BaseException, **details: object) -> StrategyError:
    """Return a `StrategyError` that tells of an exception.

    Its text may be of any length, hold what no text may, or fail to be made.
    """
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception as problem:
        text = f"(its text cannot be made: {type(problem).__name__})"
    text = clean(text)
    return StrategyError(f"{kind}: {text}", exception=kind, message=text, **details)


def clean(text: str) -> str:
    """Return a text that can be sent."""
    text = text if len(text) <= MOST else f"{text[:MOST]}…"
    return text.encode(errors="replace").decode()


def sendable(error: WorkbenchError) -> WorkbenchError:
    """Return an error with a message that can be sent, and without details."""
    return type(error)(clean(error.message))
