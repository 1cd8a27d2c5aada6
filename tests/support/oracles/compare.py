"""Whether two engines say the same, and if not, where they part."""

from __future__ import annotations

import numpy as np

from oracles.plan import Outcome

TOLERANCE = 1e-6


def difference(ours: Outcome, theirs: Outcome, tolerance: float = TOLERANCE) -> str:
    """Return where two outcomes part, in words; nothing where they agree.

    Bars and directions must be equal; prices, sizes, profits and the equity at each close, in
    units of money, within `tolerance`.
    """
    for number, (mine, other) in enumerate(zip(ours.trades, theirs.trades, strict=False)):
        for name, one, two in zip(mine._fields, mine, other, strict=True):
            exact = name in ("sign", "entry_bar", "exit_bar") or one is None or two is None
            if one != two and (exact or not abs(one - two) <= tolerance):
                return f"trade {number}: {name} {one} here, {two} there; {mine}; {other}"
    if len(ours.trades) != len(theirs.trades):
        return f"{len(ours.trades)} trades here, {len(theirs.trades)} there"
    if len(ours.equity) != len(theirs.equity):
        return f"{len(ours.equity)} closes here, {len(theirs.equity)} there"
    apart = np.abs(np.asarray(ours.equity) - np.asarray(theirs.equity))
    if not np.all(apart <= tolerance):
        bar = int(np.argmax(~(apart <= tolerance)))
        return f"equity at close {bar}: {ours.equity[bar]} here, {theirs.equity[bar]} there"
    return ""
