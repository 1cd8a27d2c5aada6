"""What the server counts; plain numbers, read when someone asks for metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

LATENCY_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Histogram:
    """Observations by size.

    Attributes
    ----------
    bounds
        Upper bounds of the buckets; beyond the last there is one more.
    counts
        Observations in each bucket.
    total
        Sum of the observations.
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Take in an observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, float]]:
        """Return (upper bound, observations up to it), the last bound being ``+Inf``."""
        seen, rows = 0, []
        names = [*map(str, self.bounds), "+Inf"]
        for name, count in zip(names, self.counts, strict=True):
            seen += count
            rows.append((name, float(seen)))
        return rows


class Counters:
    """Counts since the server's start.

    Attributes
    ----------
    delivered, delivered_bytes
        Messages and bytes written to subscribers, by kind of stream.
    conflated
        Messages merged away for slow readers, by kind of stream.
    closed
        Connections closed by the server, by close code; 1006 are peers found dead.
    refused
        Messages, batches and connections refused, by the error's code.
    published, batches
        Messages and batches taken in from producers.
    publish_latency
        Seconds from a batch's arrival to its acknowledgement.
    """

    def __init__(self) -> None:
        self.delivered: Counter[str] = Counter()
        self.delivered_bytes: Counter[str] = Counter()
        self.conflated: Counter[str] = Counter()
        self.closed: Counter[int] = Counter()
        self.refused: Counter[str] = Counter()
        self.published = 0
        self.batches = 0
        self.publish_latency = Histogram(LATENCY_BOUNDS_S)

    def took(self, messages: int, seconds: float) -> None:
        """Note a batch that is in the log."""
        self.published += messages
        self.batches += 1
        self.publish_latency.observe(seconds)
