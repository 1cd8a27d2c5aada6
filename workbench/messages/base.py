"""What all messages share: the delivery classes, and the fields beside `data`."""

from __future__ import annotations

import enum
from typing import ClassVar

from msgspec import UNSET, Struct, UnsetType


class Delivery(enum.Enum):
    """What a slow reader may be spared."""

    EVENT = "event"
    """Never dropped, never reordered."""
    CURVE = "curve"
    """May be merged, keeping last, minimum and maximum."""
    STATE = "state"
    """Only the latest of its key matters."""
    CONNECTION = "connection"
    """Belongs to one connection; never in a log."""


# Messages are trees: nothing the collector could find, and it would look at each that is read.
class _Stamped(Struct, tag_field="type", gc=False):
    timestamp: str


class Message(_Stamped, tag_field="type", kw_only=True, omit_defaults=True):
    """What all messages share. `type` is the struct's tag.

    `conflated` is set for one reader: so many earlier messages were merged into this one.
    `delivery` is the class of the type; of a type that is `passing`, messages with a key other
    than the type are *state* all the same, such as a candle that still grows.
    """

    delivery: ClassVar[Delivery]
    passing: ClassVar[bool] = False
    seq: int | UnsetType = UNSET
    eseq: int | UnsetType = UNSET
    conflated: int | UnsetType = UNSET

    @property
    def type(self) -> str:
        """The message's type, as on the wire."""
        return str(self.__struct_config__.tag)

    @property
    def key(self) -> str:
        """Name of the thing whose latest state this message tells."""
        return self.type

    @classmethod
    def delivery_of(cls, key: str) -> Delivery:
        """Return the delivery class of a message with this key."""
        return Delivery.STATE if cls.passing and key != cls.__struct_config__.tag else cls.delivery
