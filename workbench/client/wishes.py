"""What a reader wants of a stream, and how it says so in the query of its address."""

from __future__ import annotations

from msgspec import Struct

from workbench.client.asking import pace, query_speed
from workbench.client.checking import check_number
from workbench.errors import InvalidRequest
from workbench.messages import FINAL_TYPES, MESSAGE_TYPES, Delivery
from workbench.streams import Pace
from workbench.streams.query import HEARTBEAT_S as HEARTBEAT_BOUNDS
from workbench.streams.query import RATE as RATE_BOUNDS

HEARTBEAT_S = 5.0
EVENT_TYPES = frozenset(
    name for name, cls in MESSAGE_TYPES.items() if cls.delivery is Delivery.EVENT
)


class Wishes(Struct, frozen=True, kw_only=True):
    """A reader's wishes, as `workbench.client.Stream` documents them.

    Raises
    ------
    InvalidRequest
        One of them is out of its bounds, or they contradict each other.
    """

    types: tuple[str, ...] | None = None
    timeframes: tuple[str, ...] | None = None
    columns: bool = False
    max_rate: float | None = None
    since: int = 0
    epoch: str | None = None
    from_now: bool = False
    heartbeat: float | None = HEARTBEAT_S
    replay: bool = False
    speed: float | str | None = None
    symbols: tuple[str, ...] | None = None
    session: str | None = None

    def __post_init__(self) -> None:
        check_number("since", self.since, 0, whole=True)
        if self.since and self.from_now:
            msg = f"since is {self.since}, expected 0 together with from_now"
            raise InvalidRequest(msg, field="since", value=self.since, allowed="0")
        if self.types is not None and not self.types:
            msg = "types is empty: name the types that are wanted, or leave it out for all"
            raise InvalidRequest(msg, field="types", value=[], allowed=sorted(MESSAGE_TYPES))
        if self.timeframes is not None and not self.timeframes:
            msg = "timeframes is empty: name those that are wanted, or leave it out for all"
            raise InvalidRequest(msg, field="timeframes", value=[], allowed="one or more")
        if self.heartbeat is not None:
            check_number("heartbeat", self.heartbeat, *HEARTBEAT_BOUNDS)
        if self.max_rate is not None:
            check_number("max_rate", self.max_rate, *RATE_BOUNDS)
        if self.speed is not None and not self.replay:
            msg = "speed is the pace of a replay: give replay=True, or call speed() on the stream"
            raise InvalidRequest(msg, field="speed", value=self.speed, allowed=None)
        pace(self.speed)

    @property
    def provable(self) -> bool:
        """Whether every event is wanted, so that a missing one shows."""
        narrowed = self.timeframes or self.symbols or self.session
        return narrowed is None and self._covers(EVENT_TYPES)

    @property
    def countable(self) -> bool:
        """Whether every trade, and the message that tells how many there are, is wanted."""
        return self._covers(frozenset({"trade", "complete"}))

    @property
    def sees_end(self) -> bool:
        """Whether the last message is wanted, however the run ends."""
        return self._covers(FINAL_TYPES)

    def query(
        self, *, since: int, epoch: str | None, from_now: bool, speed: Pace
    ) -> dict[str, str]:
        """Return the query of a connection that goes on after `since`."""
        given = {
            "since": str(since) if since else None,
            "epoch": epoch,
            "from": "now" if from_now else None,
            "types": ",".join(self.types) if self.types is not None else None,
            "timeframes": ",".join(self.timeframes) if self.timeframes is not None else None,
            "symbols": ",".join(self.symbols) if self.symbols is not None else None,
            "session": self.session,
            "format": "columns" if self.columns else None,
            "batch": "1",
            "max_rate": repr(self.max_rate) if self.max_rate is not None else None,
            "heartbeat": repr(self.heartbeat) if self.heartbeat is not None else None,
            "replay": "1" if self.replay else None,
            "speed": query_speed(speed) if self.replay else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    def _covers(self, names: frozenset[str]) -> bool:
        return self.types is None or names <= frozenset(self.types)
