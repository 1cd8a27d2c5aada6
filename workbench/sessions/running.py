"""A session, its journal and what it tells, kept in step: no process, socket or clock."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from workbench import __version__
from workbench.errors import LogDamaged, StorageFull, WorkbenchError
from workbench.messages import Message, RunStatus, Status, StatusData, iso_stamp
from workbench.sessions import beginning, standing
from workbench.sessions.beginning import Begun
from workbench.sessions.job import LiveJob
from workbench.sessions.journal import Checkpoint, Journal
from workbench.sessions.saying import Numbered, Saying
from workbench.sessions.standing import Saved, Standing
from workbench.timeframes import Timeframe
from workbench.trading import inputs
from workbench.trading.brokering import Command, Open
from workbench.trading.inputs import Bars, Input, Others, Ticks

log = logging.getLogger("workbench.session")

BEGUN = "begun"
MADE_BY = "made_by"
EVERY_PIECES = 2000
EVERY_S = 20.0


class Acting(Protocol):
    """What `workbench.trading.session.Session` is to its process."""

    ended: bool

    def begin(self, at: int) -> None: ...
    def take(self, given: Input) -> None: ...
    def orders_open(self) -> Sequence[Open]: ...
    def held(self) -> Mapping[str, float]: ...
    def own(self) -> Others: ...
    def save(self) -> bytes: ...
    def load(self, saved: bytes) -> None: ...


Make = Callable[[Begun, Callable[[Message], None], Callable[[Command], None]], Acting]


class Running:
    """Takes inputs: into the journal first, then to the session, and what it tells to the journal.

    Only then is anything sent. What nobody has heard of may be done otherwise by another process;
    all else it does again, or it ends (`NotDeterministic`).

    Parameters
    ----------
    job
        What the process was handed.
    journal
        Of this session.
    make
        Makes the session of what it began with; called with that, what takes messages, and what
        takes commands to the broker.
    send
        Takes each message, with its number.
    published
        Returns how many messages have been handed on, and how many of them the log has.
    clock
        Seconds, monotonic: how often checkpoints are made, and nothing else.

    Attributes
    ----------
    session
        The session; there after `begin` or `resume`.
    standing
        What is remembered beside it.
    commands
        To the broker, in order; whoever carries them out empties it.
    """

    session: Acting

    def __init__(
        self,
        job: LiveJob,
        journal: Journal,
        make: Make,
        send: Callable[[Numbered], None],
        published: Callable[[], tuple[int, int]],
        clock: Callable[[], float],
    ) -> None:
        self._job, self._journal, self._make = job, journal, make
        self._saying = Saying(job.run_id, journal, send)
        self._published, self._clock = published, clock
        self._made_by = fingerprint(job)
        self._base = min(map(Timeframe.parse, job.spec.timeframes)).name
        self.standing = Standing(self._base)
        self.commands: list[Command] = []
        self._pieces = 0
        self._size = 0
        self._written = 0
        self._at = clock()
        self._taken: Sequence[Input] | None = None
        self._retry = 0.0
        self._able = True
        self._waiting: Checkpoint | None = None

    @property
    def symbol(self) -> str:
        """What it trades; of several symbols the first."""
        live = self._job.spec.live
        return self._job.spec.symbol if live is None else live.symbols[0]

    def begin(self, begun: Begun) -> None:
        """Begin a session that has never run."""
        self._new(begun)
        self._journal.keep_fact(MADE_BY, self._made_by.encode())
        self._journal.keep_fact(BEGUN, beginning.encode(begun))
        self.session.begin(begun.at)
        self._saying.write()

    def resume(self, logged: int) -> bool:
        """Bring the session to where it was; return whether it had begun at all.

        Everything it told since the checkpoint is told again, with the same numbers. Commands that
        come again are forgotten but for `standing.unheard`: the broker knows what it has.

        Parameters
        ----------
        logged
            How many of its messages the log has.

        Raises
        ------
        LogDamaged
            It cannot go on: there is neither a checkpoint that can be used nor the whole journal,
            or what is there does not fit the log.
        NotDeterministic
            It does not do again what it did. What it told then has been sent nevertheless.
        """
        body = self._journal.fact(BEGUN)
        if body is None:
            if logged:
                raise self._lost("its journal is gone")
            return False
        begun = beginning.decode(body)
        why = ""
        for checkpoint in self._journal.checkpoints():
            why = self._unfit(checkpoint, logged) or self._load(begun, checkpoint)
            if not why:
                self._again(checkpoint.number)
                return True
            log.warning("checkpoint %d is of no use: %s", checkpoint.number, why)
        if self._journal.first > 1:
            raise self._lost(why or "no checkpoint of it is whole")
        self._new(begun)
        self.session.begin(begun.at)
        self._saying.again(0, self._other_version)
        self._again(0)
        return True

    def take(self, given: Sequence[Input]) -> None:
        """Take inputs that are there together, in this order.

        Raises
        ------
        StorageFull
            The journal cannot be written. Nothing was told; the same list can be given again.
        """
        if given is not self._taken:
            self._saying.write()
            body = inputs.encode(given)
            self._journal.append(body)
            self._written += len(body)
            self._pieces += sum(map(pieces, given))
            self._act(given)
            self._taken = given
        self._saying.write()

    def settle(self) -> None:
        """Have all that led to the commands written down for good."""
        self._journal.settle()

    def consider(self) -> None:
        """Make a checkpoint if it is time to; write one whose messages the log has by now."""
        self.write()
        late = self._clock() - self._at >= EVERY_S and self._pieces > 0
        # A large session is worth more inputs that are to be taken again.
        due = self._pieces >= EVERY_PIECES and self._written >= self._size // 4
        if self._waiting is None and (late or due):
            self.save()

    def save(self) -> None:
        """Make a checkpoint; it is written once the log has all that was told before."""
        if not self._able or self._saying.held_back:
            return
        self.standing.settled(self.session.orders_open())
        try:
            body = standing.encode(Saved(self.standing, self.session.save()))
        except Exception as error:
            # A user's strategy may hold what cannot be kept: the whole journal is, then.
            self._able = False
            log.warning("no checkpoints: %s: %s", type(error).__name__, error)
            return
        position = self._saying.position
        self._waiting = Checkpoint(self._journal.last, position, self._made_by, body)
        self._at, self._pieces, self._written, self._size = self._clock(), 0, 0, len(body)
        self.write()

    def write(self) -> None:
        """Write the checkpoint that waits, if the log has what was told before it."""
        # Else the messages between would be known to nobody after a crash.
        waiting = self._waiting
        if waiting is None or self._published()[1] < waiting.position:
            return
        if self._clock() < self._retry:
            return
        try:
            self._journal.keep(waiting)
        except StorageFull as error:
            # The one before and the inputs since then are there.
            self._retry = self._clock() + EVERY_S
            log.warning("no checkpoint for now: %s", error.message)
            return
        self._waiting = None

    # --- inside -------------------------------------------------------------------------

    def _new(self, begun: Begun) -> None:
        self._saying.restart(0)
        self.standing = Standing(self._base)
        self.commands = []
        self.session = self._make(begun, self._tell, self._route)

    def _load(self, begun: Begun, checkpoint: Checkpoint) -> str:
        """Return why a checkpoint cannot be used; empty if it is."""
        try:
            saved = standing.decode(checkpoint.body)
            self._new(begun)
            self.session.load(saved.session)
        except Exception as error:
            # Whatever another version of a class, the user's or ours, comes to.
            return f"{type(error).__name__}: {error}"
        self.standing = saved.standing
        self._saying.restart(checkpoint.position)
        self._size = len(checkpoint.body)
        return ""

    def _unfit(self, checkpoint: Checkpoint, logged: int) -> str:
        if checkpoint.made_by != self._made_by:
            return "another version of the workbench, of Python or of the strategy made it"
        if checkpoint.position > logged:
            return f"it was made after {checkpoint.position} messages, the log has {logged}"
        return ""

    def _again(self, number: int) -> None:
        for at, body in enumerate(self._journal.since(number), number + 1):
            self._written += len(body)
            try:
                given = inputs.decode(body)
            except msgspec.MsgspecError as error:
                raise self._lost(f"an entry of its journal cannot be read ({error})") from None
            self._pieces += sum(map(pieces, given))
            self._act(given)
            self._saying.again(at, self._other_version)
        self.commands.clear()

    def _act(self, given: Iterable[Input]) -> None:
        for one in given:
            paused = self.standing.paused
            self.standing.given(one)
            self.session.take(one)
            if self.session.ended:
                break
            if self.standing.paused != paused:
                self._tell(self._status(one.at))

    def _tell(self, message: Message) -> None:
        self.standing.told(message)
        self._saying.add(message)

    def _other_version(self) -> bool:
        made_by = self._journal.fact(MADE_BY)
        return made_by is not None and made_by.decode() != self._made_by

    def _status(self, at: int) -> Status:
        """Return what is told when prices are held back, or no longer."""
        status: RunStatus = "paused" if self.standing.paused else "running"
        return Status(iso_stamp(at), data=StatusData(self._job.run_id, status))

    def _route(self, command: Command) -> None:
        self.standing.routed(command)
        self.commands.append(command)

    def _lost(self, why: str) -> WorkbenchError:
        session = self._job.run_id
        msg = (
            f"Session {session} cannot go on where it was: {why}. What it told is kept; look at "
            "what it holds at the broker, and start it anew"
        )
        return LogDamaged(msg, stream=session, reason=why)


def pieces(one: Input) -> int:
    """Return how many trades or candles an input brings, 1 for all others."""
    if isinstance(one, Ticks):
        return len(one.trades)
    return len(one.bars) if isinstance(one, Bars) else 1


def fingerprint(job: LiveJob) -> str:
    """Return what tells apart processes that cannot read each other's checkpoints."""
    own = None if job.strategy is None else hashlib.sha256(job.strategy).hexdigest()
    about: list[Any] = [__version__, sys.version, job.run_id, msgspec.to_builtins(job.spec), own]
    return hashlib.sha256(msgspec.json.encode(about, order="deterministic")).hexdigest()
