"""How many state keys a log remembers the latest message of: pure.

There are as many positions as trades, and where each stood last is written with every batch: were
all remembered, each trade would make every later batch slower. What is forgotten are positions
nothing has been told of for long; a reader of the whole log is not spared their earlier states.
"""

from __future__ import annotations

MANY = "position:"
"""What keys begin with that come and go without end."""
REMEMBERED = 200


def without_old(latest: dict[str, int]) -> dict[str, int]:
    """Return where the latest message of each key is, without positions of long ago."""
    if len(latest) <= 2 * REMEMBERED:
        return latest
    many = sorted(seq for key, seq in latest.items() if key.startswith(MANY))
    if len(many) <= 2 * REMEMBERED:
        return latest
    least = many[-REMEMBERED]
    return {k: seq for k, seq in latest.items() if seq >= least or not k.startswith(MANY)}
