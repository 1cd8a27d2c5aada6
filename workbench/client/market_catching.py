"""Reading a market's stream up to where it stands, for its tables."""

from __future__ import annotations

import threading
import warnings

import msgspec

from workbench.client.market_stream import MarketStream
from workbench.client.server import Server
from workbench.messages import Connected
from workbench.widgets.market_fold import MarketFold


def caught_up(
    server: Server, name: str, fold: MarketFold, patience: float | None, *, to_end: bool
) -> bool:
    """Fold what a stream tells beyond what the fold knows; nothing is started by that.

    Parameters
    ----------
    server, name
        Whose stream.
    fold
        What is known already.
    patience
        Seconds at most; None for any time.
    to_end
        On to the feed's end; else up to where the stream stands, and of a feed that is starting
        until it has begun.

    Returns
    -------
    bool
        Whether it got there in time.

    Raises
    ------
    NotFound
        There is no such market.
    WorkbenchError
        It cannot be read.
    """
    late = threading.Event()
    stream = MarketStream(
        server, name, since=fold.seq, epoch=fold.epoch, forever=not to_end, wake=False
    )

    def give_up() -> None:
        late.set()
        stream.close()

    timer = None if patience is None else threading.Timer(patience, give_up)
    with stream:
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            head: int | None = None
            for batch in stream.batches():
                for message in batch:
                    if isinstance(message, Connected):
                        head = message.data.seq
                    fold.apply(msgspec.to_builtins(message))
                there = head is not None and fold.seq >= head
                if there and not to_end and fold.status != "starting":
                    return True
        finally:
            if timer is not None:
                timer.cancel()
    return not late.is_set()


def warn_of_losses(name: str, fold: MarketFold, warned: int) -> int:
    """Warn of what was told before it could be read, beyond the first `warned`; count them all."""
    lost = fold.lost[warned:]
    if lost:
        count = sum(data["missing"] for data in lost)
        text = (
            f"{name}: {count:,} messages were told before this handle read them and are "
            f"no longer kept: its tables are whole from {lost[-1]['end']} on. See .gaps"
        )
        warnings.warn(text, UserWarning, stacklevel=5)
    return len(fold.lost)
