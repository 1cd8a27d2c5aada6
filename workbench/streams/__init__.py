"""Logs of numbered messages: storage and what a subscriber gets of them."""

from workbench.streams.database import Database
from workbench.streams.log import Entry, OutOfOrder, StreamEnded, StreamInfo, StreamLog
from workbench.streams.pace import Pace
from workbench.streams.query import Position, StreamQuery
from workbench.streams.sqlite_log import SqliteLog
from workbench.streams.subscription import Subscription

__all__ = [
    "Database",
    "Entry",
    "OutOfOrder",
    "Pace",
    "Position",
    "SqliteLog",
    "StreamEnded",
    "StreamInfo",
    "StreamLog",
    "StreamQuery",
    "Subscription",
]
