"""Asking a compiled strategy, as CPython does it.

Compiled, the rules call its machine code by address; see `workbench.engine.compiling`.
"""

from __future__ import annotations

from collections.abc import Callable


def ask(decide: Callable[[int], object], bar: int) -> None:
    """Let a strategy decide at the close of candle `bar`."""
    decide(bar)
