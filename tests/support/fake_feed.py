"""A feed's process for tests: candles of a minute, one after the other, as fast as `speed` says.

``seed`` says how it misbehaves: 1 ends at once, 2 tells an error, 3 comes to an end after 20
candles, 4 says what it may not.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec

from workbench.errors import UnknownSymbol
from workbench.feeds.job import FeedJob
from workbench.messages import (
    Candle,
    CandleData,
    Confluence,
    ConfluenceData,
    ConfluenceTerm,
    Feed,
    FeedData,
    Pattern,
    PatternData,
    Status,
    StatusData,
    Structure,
    StructureData,
    error_message,
    iso_time,
    utc_now,
)
from workbench.runs import servers
from workbench.runs.publisher import Publisher

MINUTE = 60_000
START = 1_704_067_200_000
ENDED_AFTER = 20


def told(symbol: str, number: int, timeframes: list[str]) -> list:
    """What a minute brings: growing candles, the closed one, and what was found on it."""
    time_ = iso_time(START + number * MINUTE)
    later = iso_time(START + (number + 1) * MINUTE)
    now = utc_now()
    made = []
    for frame, minutes in ((name, int(name[:-1]) * (60 if name[-1] == "H" else 1))
                           for name in reversed(timeframes)):  # fmt: skip
        opened = iso_time(START + number // minutes * minutes * MINUTE)
        row = (symbol, frame, opened, 100.0, 101.0 + number, 99.0, 100.0 + number, 1.0)
        made += [Candle(now, data=CandleData(*row, False)) for _ in range(3)]
        if (number + 1) % minutes == 0:
            made.append(Candle(now, data=CandleData(*row, True)))
    first = timeframes[0]
    pattern = PatternData(symbol, first, "engulfing", "bullish", 100, time_, later, False)
    fact = StructureData(
        symbol, first, f"fvg_{number}", "fvg", "bullish", "confirmed", time_, later, 100.0
    )
    term = ConfluenceTerm("trend", 1.0, 1.0, "4H trend is up")
    score = ConfluenceData(symbol, first, time_, later, 0.7, "bullish", [term], "4H trend is up")
    return [*made, Pattern(now, data=pattern), Structure(now, data=fact),
            Confluence(now, data=score)]  # fmt: skip


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=FeedJob)
    spec, home = job.spec, Path(job.home)
    print(f"fake feed of {spec.symbol}, closed {job.closed}", flush=True)
    if spec.seed == 1:
        sys.exit(7)

    def urls() -> list[str]:
        return [*job.urls, *(server.url for server in servers.running(home))]

    publisher = Publisher(job.stream, job.token, urls, lambda command: None)

    def state(name: str) -> Feed:
        data = FeedData(spec.symbol, spec.feed, name, name, "a fake feed", True, spec.timeframes)
        return Feed(utc_now(), data=data)

    publisher.send(state("live"))
    if spec.seed == 2:
        publisher.send(error_message(UnknownSymbol("No such symbol there", field="symbol")))
        publisher.close(10)
        return
    if spec.seed == 4:
        publisher.send(Status(utc_now(), data=StatusData("backtest_1", "running")))
    last = job.closed.get(spec.timeframes[0])
    number = 0 if last is None else (last - START) // MINUTE + 1
    pace = float(spec.speed or 200)
    while publisher.refused is None and home.is_dir():
        for message in told(spec.symbol, number, spec.timeframes):
            publisher.send(message)
        number += 1
        if spec.seed == 3 and number == ENDED_AFTER:
            publisher.send(state("ended"))
            publisher.close(10)
            return
        time.sleep(1 / pace)


if __name__ == "__main__":
    main()
