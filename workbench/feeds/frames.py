"""Lines of a recorded session: local time in ns, a space, and the frame as it came (Binance)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from workbench.data.doubts import LAST_MS, wrong_trade
from workbench.feeds.source import Tick

LAST_NUMBER = 2**53
"""No trade has a number like this."""


class Heard(NamedTuple):
    """What a line says.

    Attributes
    ----------
    local
        When the frame came, in ms by the clock of who recorded it; None where that is no time.
    symbol
        As the exchange writes it, such as ``BTCUSDT``; empty where the frame names none.
    sent
        The exchange's clock as it sent the frame, epoch ms; None where it does not say.
    tick
        The trade, if it is one.
    """

    local: float | None
    symbol: str
    sent: int | None
    tick: Tick | None


class _Event(Struct):
    e: str = ""
    E: int | None = None
    s: str = ""
    t: int | None = None
    p: str | None = None
    q: str | None = None
    T: int | None = None


class _Frame(Struct):
    data: _Event | None = None


class Impossible(ValueError):
    """A number of a frame can be none of its kind."""


_frames: msgspec.json.Decoder[_Frame] = msgspec.json.Decoder(_Frame)
_events: msgspec.json.Decoder[_Event] = msgspec.json.Decoder(_Event)


def parse(line: bytes) -> Heard:
    """Read one line.

    Raises
    ------
    Impossible
        A time, price, size or number in it cannot be; nothing of the frame is to be used.
    ValueError
        It is none.
    """
    stamp, _, frame = line.partition(b" ")
    local = _time_of(int(stamp))
    event = _frames.decode(frame).data
    if event is None:
        event = _events.decode(frame)
    if event.E is not None and not 0 <= event.E < LAST_MS:
        raise Impossible(f"E is {event.E}")
    if event.e != "trade":
        return Heard(local, event.s, event.E, None)
    if event.p is None or event.q is None or event.T is None:
        msg = "a trade without price, size or time"
        raise ValueError(msg)
    tick = Tick(event.T, float(event.p), float(event.q), event.t)
    wrong = wrong_trade(tick.time, tick.price, tick.size)
    if wrong is not None:
        raise Impossible(wrong)
    if tick.number is not None and not 0 <= tick.number < LAST_NUMBER:
        raise Impossible(f"number {tick.number}")
    return Heard(local, event.s, event.E, tick)


def _time_of(stamp: int) -> float | None:
    return stamp / 1e6 if 0 <= stamp < LAST_MS * 1_000_000 else None


def lines(path: Path) -> Iterator[bytes]:
    """Read a file line by line, packed (``.gz``) or not."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        yield from file
