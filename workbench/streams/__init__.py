"""Logs of numbered messages: storage and what a subscriber gets of them."""

from workbench.streams.conflation import Carry
from workbench.streams.database import Database
from workbench.streams.log import Entry, OutOfOrder, StreamEnded, StreamInfo, StreamLog
from workbench.streams.pace import Pace
from workbench.streams.query import Position, StreamQuery
from workbench.streams.replay import Replay
from workbench.streams.replay_index import ReplayIndex
from workbench.streams.sqlite_log import SqliteLog
from workbench.streams.subscription import Selection, Subscription

__all__ = [
    "Carry",
    "Database",
    "Entry",
    "OutOfOrder",
    "Pace",
    "Position",
    "Replay",
    "ReplayIndex",
    "Selection",
    "SqliteLog",
    "StreamEnded",
    "StreamInfo",
    "StreamLog",
    "StreamQuery",
    "Subscription",
]
