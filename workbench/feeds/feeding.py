"""A feed from its source to its stream, through what goes wrong: no process, no socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

from workbench.analysis.detecting import Analysis
from workbench.data.candles import Candles
from workbench.errors import DataError, InvalidRequest, StrategyError, WorkbenchError
from workbench.feeds.checkpoint import Checkpoints, Failed, Known
from workbench.feeds.pipeline import Pipeline, whole_parts
from workbench.feeds.source import Note, Source
from workbench.feeds.spec import FeedSpec
from workbench.messages import FeedState, Message, error_message, parse_time, utc_now
from workbench.runs.failing import clean, failure_of
from workbench.timeframes import Timeframe

log = logging.getLogger(__name__)

TRIES = 8
"""So many failures in a row, without anything that came between, are the end."""
RETRY_S = (1.0, 60.0)
MOST_MISSED = 2000
"""A feed that was away for longer tells what it has missed as missing."""
MOST_SILENT = 50_000
"""So many told candles are gone through at most to go on with what detectors knew before."""

BEGIN_ANEW = (
    "The detectors begin anew: areas of price that were told before are followed no longer, and "
    "scores may differ for a while"
)

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class Feeding:
    """Runs a feed until its source ends.

    A source that fails is made anew, ever more slowly, and goes on after what has been told, as
    a process that is started again does. A feed that cannot be ends its stream with `error`.

    Parameters
    ----------
    spec
        The feed.
    closed
        Open time (epoch ms) of the last closed candle the stream has, by timeframe.
    send
        Takes the messages, in order; of those it takes at once the stream is to have all or none.
    make_source
        Makes the source of a feed that goes on after these closed candles.
    make_analysis
        Makes what looks at the candles; called with what is to be told when a user's detector
        fails.
    make_checkpoints
        Makes what keeps the detectors' knowledge for another process; called as `make_analysis`.
    sleep
        Sleeps that many seconds.
    now
        Returns the present as messages write it.
    """

    def __init__(
        self,
        spec: FeedSpec,
        closed: Mapping[str, int],
        send: Callable[[Sequence[Message]], None],
        make_source: Callable[[Mapping[str, int]], Source],
        make_analysis: Callable[[Failed], Analysis],
        *,
        make_checkpoints: Callable[[Failed], Checkpoints] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], str] = utc_now,
    ) -> None:
        self._spec, self._told = spec, dict(closed)
        self._send = send
        self._make_source, self._make_analysis = make_source, make_analysis
        self._sleep, self._now = sleep, now
        self._pipeline: Pipeline | None = None
        self._failed_detectors: list[WorkbenchError] = []
        self._failed: Failed = self._failed_detectors.append
        self._checkpoints = None if make_checkpoints is None else make_checkpoints(self._failed)
        self._known: Known | None = None
        self._failures = 0

    async def run(self) -> bool:
        """Feed the stream until the source ends; return whether it has ended as it should.

        Cancelled, it closes its source and passes the cancellation on.
        """
        while True:
            try:
                await self._feed()
                return True
            except (InvalidRequest, DataError, StrategyError) as error:
                log.warning("the feed cannot be: %s", error)
                self._send([error_message(error)])
                return False
            except Exception as error:
                log.exception("the source failed")
                if not await self._try_again(error):
                    return False

    def say(self, state: FeedState, text: str, code: str | None = None) -> None:
        """Tell how the feed fares."""
        if self._pipeline is None:
            self._pipeline = self._made(None)
        for part in whole_parts(self._pipeline.take([Note(state, text, code)])):
            self._send(part)

    def rest(self) -> None:
        """Have kept what the detectors know now, as soon as the log has all that was told."""
        if self._checkpoints is not None and self._known is not None:
            self._checkpoints.take(self._known)

    async def _feed(self) -> None:
        source = self._make_source(self._told)
        try:
            self._pipeline = self._made(source)
            if not self._failures:
                self.say("starting", f"starting with {source.description}")
            known = self._known
            if known is None and self._checkpoints is not None:
                known = self._checkpoints.load(self._told)
            wanted = self._wanted(known.seen if known else {})
            history = await source.history(self._spec.timeframes, wanted)
            if known is not None and not _meets(history, known.seen, self._told):
                known = None
            if known is None and self._told:
                self.say("starting", BEGIN_ANEW, "detectors_begin_anew")
            self._pipeline = pipeline = self._made(source, known)
            self._known = Known(pipeline.analysis, pipeline.seen)
            told = self._told
            self._say_all(self._looked_at(pipeline.warm, history, told))
            # What has been told stands in this from now on, whatever happens.
            self._told = pipeline.told
            async for items in source.items():
                self._say_all(self._looked_at(pipeline.take, items))
                if any(not isinstance(item, Note) for item in items):
                    self._failures = 0
                self._keep(pipeline)
                # Stored candles come without waiting; commands are to be heard all the same.
                await asyncio.sleep(0)
        finally:
            await source.close()

    def _keep(self, pipeline: Pipeline) -> None:
        if self._checkpoints is None or self._known is None:
            return
        why = self._checkpoints.consider(self._known, pipeline.candles)
        if why is not None:
            text = (
                f"What the detectors know cannot be kept, they begin anew if the feed does: {why}"
            )
            self.say(pipeline.state, clean(text), "not_kept")

    def _wanted(self, seen: Mapping[str, int]) -> int:
        """Return how many candles to ask for: those since the last told as well, within reason.

        And those since the last that detectors have seen, to go on with what they knew then.
        """
        lengths = {name: Timeframe.parse(name).ms for name in self._spec.timeframes}
        told = max((time + lengths[name] for name, time in self._told.items()), default=0)
        silent = [(told - time) // lengths[name] for name, time in seen.items()]
        wanted = max(self._spec.history, min(max(silent, default=0), MOST_SILENT))
        if self._spec.feed == "replay":
            return wanted
        now = parse_time(self._now())
        since = [(now - time) // lengths[name] for name, time in (self._told | dict(seen)).items()]
        return max(wanted, min(max(since, default=0), MOST_MISSED))

    def _made(self, source: Source | None, known: Known | None = None) -> Pipeline:
        make, failed = self._make_analysis, self._failed
        return Pipeline(
            self._spec,
            self._looked_at(make, failed) if known is None else known.analysis,
            now=self._now,
            source=source.description if source else "",
            synthetic=source.synthetic if source else False,
            seen=known.seen if known else {},
        )

    def _looked_at(
        self, call: Callable[_Given, _Result], *args: _Given.args, **named: _Given.kwargs
    ) -> _Result:
        """Do what runs detectors: what fails there is no fault of the source."""
        try:
            return call(*args, **named)
        except WorkbenchError:
            raise
        except Exception as error:
            raise failure_of(error) from error

    def _say_all(self, messages: Sequence[Message]) -> None:
        for part in whole_parts(messages):
            self._send(part)
        failed, self._failed_detectors[:] = list(self._failed_detectors), []
        for error in failed:
            state = self._pipeline.state if self._pipeline else "live"
            self.say(state, clean(f"A detector is left out: {error.message}"), error.code)

    async def _try_again(self, error: Exception) -> bool:
        code = error.code if isinstance(error, WorkbenchError) else "source_failed"
        text = clean(f"{type(error).__name__}: {error}")
        self._failures += 1
        if self._failures >= TRIES:
            self.say("failed", f"{text}; {TRIES} tries were of no use", code)
            return False
        wait = min(RETRY_S[0] * 2 ** (self._failures - 1), RETRY_S[1])
        self.say("reconnecting", f"{text}; trying again in {wait:g} s", code)
        await self._sleep(wait)
        return True


def _meets(
    history: Mapping[str, Candles], seen: Mapping[str, int], told: Mapping[str, int]
) -> bool:
    """Tell whether a history holds the candles that were told and detectors have not seen.

    What is missing after these is told as missing. A source without a history gives its candles
    from the beginning.
    """
    for name, candles in history.items():
        start = seen.get(name, told.get(name, -1)) + candles.timeframe.ms
        if start <= told.get(name, -1) and not (len(candles) and int(candles.time[0]) <= start):
            return False
    return True
