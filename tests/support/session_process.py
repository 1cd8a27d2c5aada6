"""A session's process for tests: tells a position, an order, risk and profit, and obeys.

``seed`` says how it misbehaves: 1 ends at once, always; 2 obeys nothing; 3 ends once, and then goes
on where it was; 4 says what it may not; 6 ends each time it has told what it begins with; 7 obeys
nothing, and has two more processes, of which one has left its session; 8 obeys nothing, and talks.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

from workbench.messages import (
    Candle,
    CandleData,
    Complete,
    CompleteData,
    CompleteExtra,
    FinalMetrics,
    Message,
    Order,
    OrderData,
    Pnl,
    PnlData,
    Position,
    PositionData,
    Risk,
    RiskData,
    Status,
    StatusData,
    utc_now,
)
from workbench.runs import servers
from workbench.runs.publisher import Publisher
from workbench.runs.records import Job

AT = "2024-01-01T00:00:00Z"


def position(session: str, symbol: str, number: int, event: str, price: float = 100.0) -> Position:
    """Tell a position."""
    held = 0.0 if event == "close" else 2.0
    data = PositionData(
        session, "sma_cross", symbol, f"trade_{number}", event, "long", held, 100.0, AT, price,
        AT, None, [], (price - 100.0) * held, 0.0, 0.1,
    )  # fmt: skip
    return Position(AT, data=data)


def order(session: str, symbol: str, number: int, status: str, price: float | None = None) -> Order:
    """Tell an order."""
    kind = "market" if price is None else "limit"
    filled = 2.0 if status == "filled" else 0.0
    data = OrderData(
        session, "sma_cross", symbol, f"signal_{number}", status, "entry", "buy", kind, 2.0, price,
        filled, 100.0 if filled else None, 0.1, AT, "paper",
    )  # fmt: skip
    return Order(AT, data=data)


def risk(session: str, entries: str = "open", equity: float = 1000.0) -> Risk:
    """Tell what a session risks."""
    data = RiskData(
        session, AT, equity, 200.0, 200.0, 0.2, 200.0, 0.0, 0.0, 1, 1, None, None, 0.95, None,
        entries, [],
    )  # fmt: skip
    return Risk(AT, data=data)


def pnl(session: str, equity: float = 1000.0) -> Pnl:
    """Tell what a session has earned."""
    return Pnl(AT, data=PnlData(session, AT, equity, 1000.0, 0.0, 0.0, 0.1, 1, {}, {}))


def candle(symbol: str, timeframe: str, hour: int, price: float) -> Candle:
    """Tell a closed candle."""
    opened = f"2024-01-01T{hour:02d}:00:00Z"
    row = (symbol, timeframe, opened, price, price + 1, price - 1, price, 5.0, True)
    return Candle(AT, data=CandleData(*row))


def complete(session: str) -> Complete:
    """Tell the end."""
    data = CompleteData(session, FinalMetrics(0, 0, 0, *[0.0] * 10))
    return Complete(AT, data=data, extra=CompleteExtra("stopped", 3, 1000.0, 0, 0))


def story(session: str, symbols: list[str], timeframe: str) -> list[Message]:
    """Tell what each session begins with: a position of the first symbol, an order of the last."""
    first, last = symbols[0], symbols[-1]
    return [
        Status(AT, data=StatusData(session, "running")),
        *(candle(first, timeframe, hour, 100.0 + hour) for hour in range(3)),
        order(session, first, 1, "new"),
        order(session, first, 1, "filled"),
        position(session, first, 1, "open"),
        position(session, first, 1, "modify", 101.0),
        order(session, last, 2, "new", 90.0),
        order(session, last, 2, "accepted", 90.0),
        risk(session),
        pnl(session),
    ]


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    live, session, home = job.spec.live, job.run_id, Path(job.home)
    assert live is not None
    seed = job.spec.seed
    print(f"fake session {session}", flush=True)
    if seed == 1:
        sys.exit(7)
    asked: list[str] = []
    wake = threading.Condition()

    def hear(command) -> None:
        with wake:
            asked.append(command.action)
            wake.notify_all()

    def urls() -> list[str]:
        return [*job.urls, *(server.url for server in servers.running(home))]

    publisher = Publisher(session, job.token, urls, hear)
    first, last = live.symbols[0], live.symbols[-1]
    for message in story(session, live.symbols, job.spec.timeframes[0]):
        publisher.send(message)
    mark = home / f"{session}.was"
    if seed == 6 or (seed == 3 and not mark.exists()):
        publisher.close(10)
        mark.touch()
        os._exit(9)
    if seed == 7:
        for leaves in (False, True):
            if os.fork() == 0:
                if leaves:
                    os.setsid()
                (home / f"{session}.{'left' if leaves else 'near'}").write_text(str(os.getpid()))
                signal.pause()
    if seed == 4:
        publisher.send(position("live_other", first, 9, "open"))
    open_ = True
    while publisher.refused is None and home.is_dir():
        with wake:
            wake.wait_for(lambda: bool(asked), 0.2)
            actions, asked[:] = list(asked), []
        if seed == 8:
            publisher.send(msgspec.structs.replace(pnl(session), timestamp=utc_now()))
        if seed in (2, 7, 8):
            continue
        for action in actions:
            if action in ("flatten", "stop") and open_:
                open_ = False
                publisher.send(order(session, last, 2, "cancelled", 90.0))
                publisher.send(position(session, first, 1, "close", 102.0))
            if action != "stop":
                publisher.send(risk(session, "open" if action == "resume_entries" else "paused"))
                continue
            publisher.send(complete(session))
            publisher.close(10)
            return


if __name__ == "__main__":
    main()
