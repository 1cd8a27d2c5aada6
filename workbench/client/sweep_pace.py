"""How long a sweep will still take."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.client.frames import Unknown
from workbench.messages import AnyMessage, Progress, Status, parse_time


def seconds_left(messages: Iterable[AnyMessage | Unknown]) -> float | None:
    """Return how long it takes if rows keep coming as they have come since it last went on.

    Parameters
    ----------
    messages
        The `status` and `progress` messages so far, in order.

    Returns
    -------
    float or None
        Seconds, of the rate between the first and the last `progress` since the last start or
        pause: what came before the first row, and pauses, say nothing of it. None until there are
        two.
    """
    first = last = None
    for message in messages:
        if isinstance(message, Status):
            first = last = None
        elif isinstance(message, Progress):
            last = message
            first = first or message
    if first is None or last is None:
        return None
    rows = last.extra.bar - first.extra.bar
    took = (parse_time(last.timestamp) - parse_time(first.timestamp)) / 1000
    return took / rows * (last.extra.bars - last.extra.bar) if rows > 0 else None
