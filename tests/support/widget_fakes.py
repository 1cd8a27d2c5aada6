"""A source of messages that a test can hold back, and a short run to tell."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from workbench.errors import Conflict, NotFound
from workbench.messages import iso_time
from workbench.widgets.source import Message

START = 1_483_308_000_000
HOUR = 3_600_000
WAIT_S = 20
CANDLES = {"symbol": "EUR-USD", "timeframe": "1H", "time": [START], "close": [1.0], "bucket": 1}


def message(kind: str, seq: int | None, data: dict[str, Any], **extra: Any) -> Message:
    """Return one message as it comes off the wire."""
    built: Message = {"type": kind, "timestamp": "2026-01-01T00:00:00.000Z", "data": data}
    if seq is not None:
        built["seq"] = seq
    return {**built, "extra": extra} if extra else built


def connected(seq: int, epoch: str = "e1") -> Message:
    """Return the first message of a connection."""
    return message("connected", None, {"epoch": epoch, "seq": seq, "status": "running"})


def equity(seq: int, bar: int, value: float, drawdown: float = 0.0) -> Message:
    """Return one equity point."""
    data = {"backtest_id": "r", "time": iso_time(START + bar * HOUR), "equity": value}
    return message("equity", seq, {**data, "balance": value, "drawdown": drawdown})


def running(seq: int = 1) -> Message:
    """Return the status that tells what the run is on."""
    data = {"backtest_id": "r", "status": "running", "strategy": "SmaCross", "symbol": "EUR-USD"}
    return message("status", seq, {**data, "initial_capital": 10_000.0, "synthetic": False})


def trade(seq: int) -> Message:
    """Return an entry."""
    return message("trade", seq, {"event": "entry", "trade_id": "t1", "entry_price": 1.0})


def progress(seq: int, percent: float) -> Message:
    """Return a progress message."""
    metrics = {"balance": 10_100.0, "total_trades": 3, "win_rate": 0.5, "max_drawdown": -0.05}
    data = {"backtest_id": "r", "progress": percent, "metrics": metrics}
    return message("progress", seq, data, bar=1, bars=2)


def complete(seq: int) -> Message:
    """Return the end of a run."""
    metrics = {"total_trades": 4, "total_return": 12.5, "max_drawdown": -8.0, "win_rate": 0.5}
    data = {"backtest_id": "r", "metrics": {**metrics, "profit_factor": 1.5}}
    return message("complete", seq, data, status="complete", bars=2, final_equity=11_250.0)


STORY = [
    connected(7), running(1), equity(2, 0, 10_000.0), trade(3), equity(4, 1, 10_400.0),
    equity(5, 2, 10_100.0, -0.03), progress(6, 60.0), complete(7),
]  # fmt: skip


class FakeSource:
    """Gives out `STORY`, one batch for each `release`; answers candles and controls."""

    def __init__(self, *batches: list[Message], missing: bool = False, gone: bool = False) -> None:
        self.batches = list(batches) or [STORY]
        self.missing = missing
        self.gone = gone
        self.asked: list[tuple[int, str | None]] = []
        self.controls: list[dict[str, Any]] = []
        self.closed = False
        self.told = threading.Event()
        self._gate = threading.Semaphore(0)

    def release(self, count: int = 1) -> None:
        """Let so many batches through."""
        self._gate.release(count)

    def messages(self, since: int, epoch: str | None) -> Iterator[list[Message]]:
        """Yield each batch after it was released."""
        self.asked.append((since, epoch))
        if self.missing:
            raise NotFound("No backtest is named 'r'")
        for batch in self.batches:
            assert self._gate.acquire(timeout=WAIT_S), "the test released too few batches"
            if self.closed:
                return
            yield [m for m in batch if m.get("seq", since + 1) > since]
        self.told.set()
        if self.gone:
            raise NotFound("the server closed the stream")

    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return the candles."""
        return CANDLES

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """Note the control; refuse to stop."""
        self.controls.append(request)
        if request["action"] == "stop":
            raise Conflict("The run is over", field="action", value="stop", allowed="a live run")
        return {"accepted": True}

    def close(self) -> None:
        """End the iterators."""
        self.closed = True
        self.release(100)


class Outbox:
    """Collects what is sent; a test waits for what it expects."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self._news = threading.Condition()

    def __call__(self, content: dict[str, Any], buffers: Any = None) -> None:
        """Take one message."""
        with self._news:
            self.sent.append(content)
            self._news.notify_all()

    def wait(self, **wanted: Any) -> dict[str, Any]:
        """Return the first message that has all of `wanted`, once it is there."""

        def found() -> list[dict[str, Any]]:
            return [m for m in self.sent if wanted.items() <= m.items()]

        with self._news:
            assert self._news.wait_for(found, WAIT_S), f"no {wanted} among {self.sent}"
            return found()[0]

    def seqs(self) -> list[int]:
        """Return the seq of every relayed message."""
        batches = [m["batch"] for m in self.sent if m["kind"] == "messages"]
        return [m["seq"] for batch in batches for m in batch if "seq" in m]
