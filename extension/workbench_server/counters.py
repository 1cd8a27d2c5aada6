"""What the server counts; plain numbers, read when someone asks for metrics."""

from __future__ import annotations

from collections import Counter


class Counters:
    """Counts since the server's start.

    Attributes
    ----------
    delivered, delivered_bytes
        Messages and bytes written to subscribers, by kind of stream.
    conflated
        Messages merged away for slow readers, by kind of stream.
    closed
        Connections closed by the server, by close code.
    refused
        Messages, batches and connections refused, by the error's code.
    published, batches
        Messages and batches taken in from producers.
    publish_seconds
        Time from a batch's arrival to its acknowledgement, in all.
    """

    def __init__(self) -> None:
        self.delivered: Counter[str] = Counter()
        self.delivered_bytes: Counter[str] = Counter()
        self.conflated: Counter[str] = Counter()
        self.closed: Counter[int] = Counter()
        self.refused: Counter[str] = Counter()
        self.published = 0
        self.batches = 0
        self.publish_seconds = 0.0
