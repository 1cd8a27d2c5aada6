"""Markets and their streams as one thing: what the HTTP surface calls, without any HTTP."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from workbench.errors import InvalidRequest, NotFound, UnknownSymbol
from workbench.feeds import checking, differing
from workbench.feeds.book import FeedBook, FeedRecord, producer_of
from workbench.feeds.checkpoint import path_of
from workbench.feeds.coming import Coming
from workbench.feeds.desk import FeedDesk
from workbench.feeds.directory import Directory
from workbench.feeds.keeper import GRACE_S, MOST_FEEDS, WORKER, FeedKeeper
from workbench.feeds.possible import check_place, check_possible
from workbench.feeds.spec import FeedSpec
from workbench.messages import LogMessage, utc_now
from workbench.paths import candles_dir
from workbench.runs import spawning
from workbench.runs.publishing import Command
from workbench.runs.records import hash_token

if TYPE_CHECKING:
    from workbench.runs.service import RunService

KIND = "market_data"
WINDOW = 50_000
SAID = "generated prices, never traded"


class Asked(NamedTuple):
    """A request that can be carried out, and the feed it asks for."""

    request: checking.FeedRequest
    spec: FeedSpec


class FeedService:
    """Everything about the feeds of one state folder.

    Parameters
    ----------
    runs
        The runs of the folder, whose state file and logs the feeds share.
    urls
        Addresses feeds are to publish to.
    configured, timeframes
        See `Directory`.
    window
        Messages a stream keeps, about; that of a replay, which has an end, keeps all.
    grace, most, module
        See `FeedKeeper`.

    Raises
    ------
    InvalidRequest
        What is configured cannot be a feed.
    """

    def __init__(
        self,
        runs: RunService,
        urls: Callable[[], list[str]],
        *,
        configured: Mapping[str, Mapping[str, Any]] | None = None,
        timeframes: list[str] | None = None,
        window: int = WINDOW,
        grace: float = GRACE_S,
        most: int = MOST_FEEDS,
        module: str = WORKER,
    ) -> None:
        self.home: Path = runs.home
        self.log = runs.log
        self.directory = Directory(candles_dir(runs.home), configured, timeframes)
        self._intake = runs.intake
        self._window = window
        self.book = FeedBook(runs.intake.database)
        self._desk = FeedDesk(self.book)
        self.keeper = FeedKeeper(
            runs.home, self.book, runs.intake, self._say, runs.producers, urls,
            grace=grace, most=most, module=module,
        )  # fmt: skip

    # --- readers ------------------------------------------------------------------------

    def find(self, text: str) -> FeedRecord:
        """Return the feed of a name or a symbol; the one a symbol has by default is added.

        A feed somebody asked for that cannot be does not stand in the way of the symbol whose name
        it took: who comes anew gets the default one.

        Raises
        ------
        UnknownSymbol, InvalidRequest
            There is none, and none can be made of it.
        """
        record = self.book.find(text)
        if record is None:
            name = self.directory.canonical(text)
            record = self.book.find(name)
        if record is not None and record.given:
            spec = self._instead(record)
            return record if spec is None else self._make(record.name, spec, given=False)
        spec = self.directory.spec_for(record.name if record is not None else name)
        if record is None or record.spec != spec:
            return self._make(spec.symbol, spec, given=False)
        return record

    def known(self, text: str) -> FeedRecord:
        """Return the feed of a name or a symbol; nothing is added or changed.

        Raises
        ------
        NotFound
            There is none, or none any more.
        InvalidRequest
            This can be neither name nor symbol.
        """
        record = self.book.find(text) or self.book.find(self.directory.canonical(text))
        if record is None:
            msg = f"There is no market {text!r} here: it was deleted, or never watched"
            raise NotFound(msg, field="symbol", value=text)
        return record

    def subscribe(self, name: str, coming: Coming = Coming.NEW) -> FeedRecord:
        """Note a subscriber, who keeps a feed that runs.

        A new one also starts it, afresh if it has ended badly; who comes back does where it has
        ended, but not where it was stopped or cannot be; a reader starts nothing.

        Who comes back to the epoch of one that has ended badly is told how it ended.

        Raises
        ------
        TooManyConnections
            As many feeds run as may.
        NotFound
            There is no such feed.
        """
        record = self.book.get(name)
        info = self.log.info(name)
        over = info is None or info.closed
        if over and coming is Coming.NEW:
            record, over = self._renew(record), False
        back = coming is Coming.BACK and not record.halted
        self.keeper.want(name, start=not over and (coming is Coming.NEW or back))
        return self.book.get(name)

    def unsubscribe(self, name: str) -> None:
        """Note that a subscriber has gone."""
        self.keeper.leave(name)

    # --- requests -----------------------------------------------------------------------

    def asked(self, body: bytes, *, pickled_allowed: bool = True, anywhere: bool = True) -> Asked:
        """Check a request, as far as can be without its process; the state file stays as it is.

        It may take a second, and can be called on another thread.

        Raises
        ------
        InvalidRequest
            The request is wrong; `details` names `field`, `value` and `allowed`.
        """
        request = checking.read(body)
        if (pickled := request.pickled) is not None:
            checking.check_pickled(pickled, pickled_allowed)
        check_place(request.path, self.home, anywhere)
        spec = self.directory.complete(request, msgspec.json.decode(body))
        python = None if pickled is None else pickled.python
        check_possible(spec, self.home, elsewhere=python not in (None, sys.executable))
        return Asked(request, spec)

    def start(self, asked: Asked) -> FeedRecord:
        """Put the feed of a request into the book, and start it.

        A feed of this name that is the same, is left as it is; one whose prices have come to
        their end begins again.

        Raises
        ------
        Conflict
            There is another feed of this name that runs; `replace` puts this in its place.
        TooManyConnections
            As many feeds run as may.
        """
        request, spec = asked
        pickled = request.pickled
        name = spec.symbol if request.name is None else request.name
        known = self.book.find(name)
        own = None if pickled is None else pickled.pickle
        same = known is not None and (known.spec, known.detectors) == (spec, own)
        info = self.log.info(name)
        fresh = info is None or info.closed or (known is not None and known.status == "ended")
        if known is None or not same or fresh or not known.given:
            if known is not None and not same and known.pid is not None and not request.replace:
                raise differing.conflict(name, known, spec, own)
            if same and not fresh and known is not None:
                known.given = True
                self.book.put(known)
            else:
                self._make(name, spec, given=True, pickled=pickled)
        self.keeper.want(name)
        self.keeper.leave(name)
        return self.book.get(name)

    def stop(self, name: str) -> FeedRecord:
        """End a feed's process; its stream stays, and a new subscriber starts it again.

        Those who are there, and come back, do not.

        Raises
        ------
        NotFound
            There is no such feed.
        """
        self.book.get(name)
        self.book.set_halted(name)
        self.keeper.end(name, "somebody asked for it")
        return self.book.get(name)

    def delete(self, name: str) -> None:
        """End a feed and remove its log.

        Raises
        ------
        NotFound
            There is no such feed.
        """
        self.book.get(name)
        self.keeper.end(name, "it was deleted")
        with self._intake.database.transaction():
            self.book.delete(name)
            self.log.delete(name)
        spawning.log_path(self.home, name).unlink(missing_ok=True)
        path_of(self.home, name).unlink(missing_ok=True)
        self._intake.deleted(name)

    # --- the publish side ---------------------------------------------------------------

    def may_publish(self, name: str, token: str) -> bool:
        """Tell whether `token` is the publish token of the feed's process.

        Raises
        ------
        NotFound
            There is no such feed.
        """
        return self.book.get(name).token_hash == hash_token(token)

    def producer_of(self, name: str, token: str) -> str:
        """Return the name under which the holder of a token publishes."""
        return producer_of(hash_token(token))

    def joined(self, name: str, send: Callable[[Command], None], obeyed: int) -> list[Command]:
        """Note a feed's connection; nothing waits for it: its process is ended to end it."""
        return []

    def left(self, name: str, send: Callable[[Command], None]) -> None:
        """Note that a feed's connection is gone."""

    def publish(
        self,
        name: str,
        producer: str,
        first: int,
        messages: Sequence[LogMessage],
        failure: InvalidRequest | None = None,
    ) -> None:
        """Take in what a feed's process says; see `Intake.publish`.

        Raises
        ------
        InvalidRequest
            A message was refused; what stands before it is in the log, and the stream has ended.
        NotAllowed
            Another process has come in the place of this one.
        NotFound, OutOfOrder, StreamEnded
            As `StreamLog.append`; nothing was taken, and the feed goes on.
        """
        self._intake.publish(self._desk, name, producer, first, messages, failure)

    # --- inside -------------------------------------------------------------------------

    def _say(self, name: str, messages: Sequence[LogMessage]) -> None:
        self._intake.say(self._desk, name, messages)

    def _make(
        self,
        name: str,
        spec: FeedSpec,
        *,
        given: bool,
        pickled: checking.PickledDetectors | None = None,
    ) -> FeedRecord:
        """Add a feed with an empty log; one of its name gives way."""
        if self.book.find(name) is not None:
            self.keeper.end(name, "another feed takes its place")
        synthetic, source = spec.feed == "synthetic", source_of(spec)
        record = FeedRecord(
            name=name, spec=spec, given=given, status="stopped", message="not started yet",
            source=source, synthetic=synthetic, created=utc_now(),
        )  # fmt: skip
        if pickled is not None:
            record.detectors, record.python = pickled.pickle, pickled.python
            record.paths = pickled.paths
        return self._renew(record)

    def _instead(self, record: FeedRecord) -> FeedSpec | None:
        """Return the default feed of a symbol in whose name one has failed for good, or None."""
        info = self.log.info(record.name)
        if info is None or not info.closed:
            return None
        try:
            spec = self.directory.spec_for(record.name)
        except UnknownSymbol:
            return None
        return spec if spec.symbol == record.name else None

    def _window_of(self, spec: FeedSpec) -> int | None:
        """Return how many messages a stream keeps: all of what has an end."""
        return None if spec.feed == "replay" else self._window

    def _renew(self, record: FeedRecord) -> FeedRecord:
        """Begin a feed's log anew, under a fresh epoch."""
        with self._intake.database.transaction():
            kept = msgspec.structs.replace(
                record, closed={}, failures=0, retry_at=0.0, pid=None, pid_start=None,
                token_hash="", status="stopped", message="not started yet",
            )  # fmt: skip
            self.book.put(kept)
            self.log.delete(record.name)
            self.log.create(record.name, KIND, self._window_of(record.spec))
        self._intake.deleted(record.name)
        return kept


def source_of(spec: FeedSpec) -> str:
    """Return where prices come from, until the feed itself says it."""
    match spec.feed:
        case "synthetic":
            return SAID
        case "exchange":
            return f"{spec.exchange} {spec.market or spec.symbol}"
    return "recorded frames" if spec.path else f"stored candles of {spec.symbol}"
