"""Logs of numbered messages: storage and what a subscriber gets of them."""

from workbench.streams.conflation import Carry
from workbench.streams.database import Database
from workbench.streams.log import Entry, OutOfOrder, StreamInfo, StreamLog
from workbench.streams.pace import Pace
from workbench.streams.query import Position, StreamQuery
from workbench.streams.sqlite_log import SqliteLog
from workbench.streams.subscription import Selection, Subscription

__all__ = [
    "Carry",
    "Database",
    "Entry",
    "OutOfOrder",
    "Pace",
    "Position",
    "Selection",
    "SqliteLog",
    "StreamInfo",
    "StreamLog",
    "StreamQuery",
    "Subscription",
]
