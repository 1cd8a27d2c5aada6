"""What a feed's process is handed."""

from __future__ import annotations

from msgspec import Struct

from workbench.feeds.spec import FeedSpec

PATIENCE_S = 60.0


class FeedJob(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What ``python -m workbench.feeds.worker`` is handed on its standard input.

    Attributes
    ----------
    stream, spec
        Name of the stream, and what was asked for.
    urls
        Servers to publish to, the preferred one first.
    token
        The right to publish this stream, and nothing else.
    home
        The state folder.
    closed
        Open time (epoch ms) of the last closed candle in the log, by timeframe: what comes after
        these is to be told, once.
    detectors
        The user's own, pickled by value.
    patience
        Seconds without any server after which the process ends: another will be started.
    """

    stream: str
    spec: FeedSpec
    urls: list[str]
    token: str
    home: str
    closed: dict[str, int] = {}
    detectors: bytes | None = None
    patience: float = PATIENCE_S
