"""From when to when a run goes, by what it has told: a run of one's own need not say before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from workbench.errors import InvalidRequest
from workbench.messages import iso_time, parse_time
from workbench.runs.spec import RunSpec
from workbench.streams import Entry, StreamLog
from workbench.timeframes import Timeframe

PAGE = 10_000
TELLING = ("equity", "progress")


class _Times(msgspec.Struct):
    time: str = ""
    current_time: str = ""
    entry_time: str = ""
    exit_time: str = ""


class _Told(msgspec.Struct):
    data: _Times


_told: msgspec.json.Decoder[_Told] = msgspec.json.Decoder(_Told)


class ToldRange:
    """The first and the last time of the market that a log tells of.

    Equity and progress are told in the order of time, so their first and last say all.
    """

    def __init__(self) -> None:
        self._ends: dict[str, tuple[Entry, Entry]] = {}
        self._traded: list[int] = []

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in the next part of the log."""
        for entry in entries:
            if entry.type == "trade":
                times = [*self._traded, *_times(entry)]
                self._traded = [min(times), max(times)] if times else []
            elif entry.type in TELLING:
                first, _ = self._ends.get(entry.type, (entry, entry))
                self._ends[entry.type] = first, entry

    def span(self, spec: RunSpec) -> tuple[str, str]:
        """Return the range of a run's candles, its own where it has one.

        Returns
        -------
        tuple of str
            ISO 8601, UTC; the second is exclusive where it was told: the end of the last candle.

        Raises
        ------
        InvalidRequest
            It has none, and nothing was told.
        """
        if spec.start_date and spec.end_date:
            return spec.start_date, spec.end_date
        ends = [entry for both in self._ends.values() for entry in both]
        times = [*self._traded, *(time for entry in ends for time in _times(entry))]
        if not times:
            field, name = ("end_date", "end=") if spec.start_date else ("start_date", "start=")
            msg = (
                f"{field} is not known: the run was published without a range, and has told of no "
                "time yet. Give start= and end= to wb.publish to see its candles before"
            )
            raise InvalidRequest(msg, field=field, value="", allowed=f"{name} of wb.publish")
        length = min(Timeframe.parse(name).ms for name in spec.timeframes)
        return (
            spec.start_date or iso_time(min(times)),
            spec.end_date or iso_time(max(times) + length),
        )


def _times(entry: Entry) -> Iterator[int]:
    data = _told.decode(entry.wire).data
    for text in (data.time, data.current_time, data.entry_time, data.exit_time):
        try:
            yield parse_time(text)
        except (ValueError, OverflowError):
            # It has none of this name, or what another program has put there.
            continue


def told_range(log: StreamLog, run_id: str) -> ToldRange:
    """Return the range that a run's log tells of so far."""
    told = ToldRange()
    since = 0
    while page := log.read(run_id, since, PAGE):
        since = page[-1].seq
        told.add(page)
    return told
