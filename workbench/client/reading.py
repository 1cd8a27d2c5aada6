"""What a reader of a stream does, without a socket, a clock or a thread: bytes in, messages out.

`Stream` and `AsyncStream` are the two shells around it.
"""

from __future__ import annotations

from msgspec import UNSET, structs

from workbench.client.asking import encode_request, pace, pace_request
from workbench.client.frames import Unknown, read_frame
from workbench.client.implied import Implied
from workbench.client.position import Place, Position
from workbench.client.wishes import Wishes
from workbench.errors import (
    NotAllowed,
    NotFound,
    StreamCorrupted,
    WorkbenchError,
    from_body,
)
from workbench.messages import (
    FINAL_STATUSES,
    AnyMessage,
    Complete,
    Connected,
    ConnectedData,
    ControlRequest,
    Delivery,
    Equity,
    EquityBatch,
    Error,
    Feed,
    Gap,
    Heartbeat,
    HeartbeatData,
    Metrics,
    Ping,
    Progress,
    Replay,
    ReplayData,
    Reset,
    Shutdown,
    Status,
    Trade,
)
from workbench.streams import Pace

SILENT_HEARTBEATS = 3
STANDING = Pace(0.001)
CLOSE_FINISHED = 1000
CLOSE_POLICY = 1008
CLOSE_NO_STREAM = 4404
COME_BACK = frozenset({1001, 1005, 1006, 1011, 1012, 1013, 1014, 4408})

# Most of a stream, and nothing hangs on them but their place.
_SIMPLE = frozenset({Equity, Progress, Metrics})


class Reader:
    """State of one reader, through any number of connections.

    A connection is opened to `query`, `opened` is called, what it brings goes to `feed`, and
    its end to `closed`. Between, the owner looks at `broken` and `failure`.

    Parameters
    ----------
    run_id
        Whose stream it is.
    wishes
        What is wanted of it.

    Attributes
    ----------
    epoch
        Identity of the log, None before the first connection.
    status
        The run's status as last told, None before the first connection.
    heartbeat, replaying
        Data of the last `heartbeat` and `replay` message.
    told
        Whether this connection has brought something beyond its greeting.
    broken
        The connection is to be dropped and opened again.
    failure
        Why reading ends here.
    paused_end
        A replay stands at its end, and nothing was asked of it since.
    over
        What is read has ended, though its stream may go on.
    reconnect_s
        When the server, before it went, asked to come back; None without such a wish.
    """

    def __init__(self, run_id: str, wishes: Wishes = Wishes()) -> None:  # noqa: B008 (frozen)
        self._run_id = run_id
        self._wishes = wishes
        self._from_now = wishes.from_now
        self._pace = pace(wishes.speed)
        self._position = Position(
            wishes.since, provable=wishes.provable, countable=wishes.countable
        )
        self._points: set[int] = set()
        self._final = self._asked = False
        self._implied = Implied()
        self._restored: Pace | None = None
        self.epoch = wishes.epoch
        self.status: str | None = None
        self.heartbeat: HeartbeatData | None = None
        self.replaying: ReplayData | None = None
        self.failure: WorkbenchError | None = None
        self.paused_end = self.over = False
        self.opened()

    @property
    def seq(self) -> int:
        """The furthest message told."""
        return self._position.seq

    @property
    def silence_s(self) -> float | None:
        """Seconds without any message after which a connection is dead; None for never."""
        beat = self._wishes.heartbeat
        return None if beat is None else SILENT_HEARTBEATS * beat

    @property
    def _stands(self) -> bool:
        return self.replaying is not None and self.replaying.state == "paused"

    def query(self) -> dict[str, str]:
        """Return the query of the next connection: what is wanted, from where."""
        return self._wishes.query(
            since=self._position.resume,
            epoch=self.epoch,
            from_now=self._from_now,
            speed=STANDING if self._stands else self._pace,
        )

    def opened(self) -> list[bytes]:
        """Note a fresh connection; return what is to be said on it first."""
        self.told = self.broken = False
        self.reconnect_s: float | None = None
        self._refused: Error | None = None
        self._greeting: ConnectedData | None = None
        if not self._stands:
            return []
        # A server knows no paused beginning: it begins very slowly, and is paused at once.
        self._restored = self._pace
        self._asked = True
        return [encode_request(ControlRequest("pause")), encode_request(pace_request(self._pace))]

    def ask(self, request: ControlRequest | Ping) -> list[bytes]:
        """Return a request as it is to be sent; from its end, a seek takes a replay on playing."""
        self._asked = True
        self._restored = None
        asked = self._implied.asked(request, ended=self.paused_end)
        self.paused_end = False
        return [encode_request(each) for each in asked]

    def feed(self, data: bytes | str) -> list[AnyMessage]:
        """Take in a frame; return the messages that are new, in order."""
        if self.broken or self.failure is not None:
            return []
        frame = read_frame(data)
        fresh: list[AnyMessage] = []
        forward = self._position.forward
        for message in frame.messages:
            seq, kind = message.seq, type(message)
            if seq is UNSET:
                if not isinstance(message, Unknown):
                    self._aside(message, fresh)
            elif kind in _SIMPLE and forward(seq):
                fresh.append(message)  # type: ignore[arg-type]
                self.told = True
            elif not self._logged(message, seq, fresh):
                return fresh
        self.failure = frame.failure
        return fresh

    def closed(self, code: int, reason: str = "") -> bool:
        """Tell what the end of a connection means.

        Returns
        -------
        bool
            Whether to come back; False when the stream is told to its end.

        Raises
        ------
        NotFound
            There is no such run, or it was deleted.
        WorkbenchError
            The server refused what was asked, or broke the protocol.
        StreamCorrupted
            The stream ended without its last events, and not for the first time.
        """
        if code == CLOSE_FINISHED:
            return self._cut_short()
        if code in COME_BACK:
            return True
        raise self._refusal(code, reason)

    def _logged(self, message: AnyMessage | Unknown, seq: int, fresh: list[AnyMessage]) -> bool:
        """Take a message of the log; False when reading this connection ends with it."""
        position = self._position
        if self._points and position.mending and isinstance(message, EquityBatch):
            whole = self._untold(message)
            position.take(seq, UNSET)
            if whole is not None:
                fresh.append(whole)
            return True
        place = position.take(seq, message.eseq)
        if place is Place.KNOWN:
            return True
        if place is Place.BEYOND_A_HOLE:
            return self._lost(message.eseq if isinstance(message.eseq, int) else None)
        self.told = True
        if isinstance(message, Unknown):
            return True
        delivery = message.delivery_of(message.key)
        if delivery is Delivery.EVENT:
            if not position.mending:
                self._points.clear()
            return self._event(message, fresh)
        if isinstance(message, EquityBatch):
            self._points.update(message.data.time)
        elif delivery is Delivery.STATE and seq < position.seq:
            return True
        fresh.append(message)
        return True

    def _event(self, message: AnyMessage, fresh: list[AnyMessage]) -> bool:
        if isinstance(message, Trade):
            self._position.count(message)
        elif isinstance(message, Status):
            self.status = message.data.status
        elif isinstance(message, Feed):
            self.status = message.data.state
        elif isinstance(message, Complete):
            self.failure = self._position.prove(message)
            if self.failure is not None:
                return False
            self.status, self._final = message.extra.status, True
        elif isinstance(message, Error):
            self.status, self._final = "error", True
        fresh.append(message)
        return True

    def _aside(self, message: AnyMessage, fresh: list[AnyMessage]) -> None:
        """Take what belongs to the connection alone."""
        if isinstance(message, Connected):
            self._greeted(message)
        elif self._implied.hides(message):
            return
        elif isinstance(message, Shutdown):
            self.reconnect_s = message.data.reconnect_ms / 1000
            return
        elif isinstance(message, Error) and not self._asked:
            # Nobody asked for anything: it is about the connection, and its end is to come.
            self._refused = message
            return
        elif isinstance(message, Heartbeat):
            self.heartbeat, self.told = message.data, True
            return
        if isinstance(message, Gap):
            self._forget()
            self._position.go_to(max(message.data.available_from - 1, 0))
        elif isinstance(message, Reset):
            self._forget()
            self._position.restart()
        elif isinstance(message, Replay):
            self._replayed(message.data)
        elif isinstance(message, Error):
            self._refused = message
        fresh.append(message)

    def _greeted(self, message: Connected) -> None:
        data = message.data
        if self.epoch not in (None, data.epoch):
            self._forget()
            self._position.restart()
        self.epoch = data.epoch
        self.status = data.status
        self._greeting = data
        first = data.first_seq
        if self._position.seq == 0 and isinstance(first, int) and first > 1:
            self._position.go_to(first - 1)  # What was before is not kept, and no event is missing.
        if self._from_now:
            self._from_now = False
            self._position.restart(data.seq)

    def _replayed(self, data: ReplayData) -> None:
        now = Pace.of(data.speed, None if data.unit is UNSET else data.unit)
        if self._restored is not None and (data.state, now) != ("paused", self._restored):
            return
        self._restored = None
        self.replaying = data
        self.paused_end = data.state == "ended"
        self._pace = now

    def _forget(self) -> None:
        self._points.clear()
        self._final = False

    def _lost(self, found: int | None) -> bool:
        self.failure = self._position.hole(found)
        self.broken = self.failure is None
        return False

    def _untold(self, batch: EquityBatch) -> EquityBatch | None:
        """Return the points of a batch that have not been told yet."""
        data = batch.data
        left = [i for i, time_ms in enumerate(data.time) if time_ms not in self._points]
        if not left:
            return None
        self._points.update(data.time)
        columns = {
            name: [getattr(data, name)[i] for i in left]
            for name in ("time", "equity", "balance", "drawdown")
        }
        return structs.replace(batch, data=structs.replace(data, **columns))

    def _cut_short(self) -> bool:
        """Tell whether a stream that was closed as finished still lacks its end."""
        wishes, had = self._wishes, self._position.eseq
        if self._final or wishes.replay or not wishes.sees_end or self._greeting is None:
            return False
        known = wishes.provable and had is not None
        if self._greeting.status in FINAL_STATUSES:
            if not known or (had or 0) >= self._greeting.eseq:
                return False
        elif not known:
            return True
        self._lost(None)
        if self.failure is not None:
            raise self.failure
        return True

    def _refusal(self, code: int, reason: str) -> WorkbenchError:
        said = self._refused
        if code == CLOSE_NO_STREAM:
            message = said.data.error if said else f"The run {self._run_id} was deleted"
            return NotFound(message, **(said.data.details if said else {}))
        if said is not None:
            return from_body({**structs.asdict(said.data), **structs.asdict(said.extra)})
        if code == CLOSE_POLICY:
            msg = f"The server closed the stream: {reason or 'policy'}"
            return NotAllowed(msg, code=code, reason=reason)
        msg = f"The stream was closed with {code} ({reason or 'no reason'})"
        return StreamCorrupted(msg, code=code, reason=reason)
