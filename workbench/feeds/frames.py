"""Lines of a recorded session: local time in ns, a space, and the frame as it came (Binance)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from workbench.feeds.source import Tick


class Heard(NamedTuple):
    """What a line says.

    Attributes
    ----------
    local
        When the frame came, in ms by the clock of who recorded it.
    symbol
        As the exchange writes it, such as ``BTCUSDT``; empty where the frame names none.
    sent
        The exchange's clock as it sent the frame, epoch ms; None where it does not say.
    tick
        The trade, if it is one.
    """

    local: float
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


_frames: msgspec.json.Decoder[_Frame] = msgspec.json.Decoder(_Frame)
_events: msgspec.json.Decoder[_Event] = msgspec.json.Decoder(_Event)


def parse(line: bytes) -> Heard:
    """Read one line.

    Raises
    ------
    ValueError
        It is none.
    """
    stamp, _, frame = line.partition(b" ")
    local = int(stamp) / 1e6
    event = _frames.decode(frame).data
    if event is None:
        event = _events.decode(frame)
    if event.e != "trade":
        return Heard(local, event.s, event.E, None)
    if event.p is None or event.q is None or event.T is None:
        msg = "a trade without price, size or time"
        raise ValueError(msg)
    return Heard(local, event.s, event.E, Tick(event.T, float(event.p), float(event.q), event.t))


def lines(path: Path) -> Iterator[bytes]:
    """Read a file line by line, packed (``.gz``) or not."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        yield from file
