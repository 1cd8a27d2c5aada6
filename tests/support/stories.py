"""Small logs with all their proofs, and what a server makes of them for one reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Connected,
    ConnectedData,
    Delivery,
    EntryData,
    Equity,
    EquityData,
    FinalMetrics,
    Gap,
    GapData,
    Message,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Reasoning,
    Status,
    StatusData,
    Trade,
    TradeChecksum,
    TradeExtra,
    encode,
    iso_time,
)
from workbench.streams import Entry, StreamQuery

NOW = "2024-02-11T12:34:56.789Z"
RUN = "backtest_1"
EPOCH = "aaaa"


def status(_: int) -> Status:
    return Status(NOW, data=StatusData(RUN, "running"))


def equity(place: int) -> Equity:
    moment = iso_time(1_704_067_200_000 + 3_600_000 * place)
    return Equity(NOW, data=EquityData(RUN, moment, 10_000.0 + place, 10_000.0, 0.0))


def progress(place: int) -> Progress:
    metrics = ProgressMetrics(10_000.0, 0, 0, 0, 0.0, 0.0)
    data = ProgressData(RUN, float(place), iso_time(1_704_067_200_000), metrics)
    return Progress(NOW, data=data, extra=ProgressExtra(place, 100))


def trade(place: int) -> Trade:
    why = Reasoning("enter_long", 0.5, "because")
    moment = iso_time(1_704_067_200_000 + 3_600_000 * place)
    data = EntryData(f"trade_{place}", "BTC-USD", "long", 100.0 + place, moment, 1.0, None, [], why)
    return Trade(NOW, data=data, extra=TradeExtra(1.0, 1.0, 0.0, "test", place))


KINDS = {"s": status, "e": equity, "p": progress, "t": trade}


def story(kinds: str, *, proof: bool = True, **forged: Any) -> list[Message]:
    """Return a log: a message a letter (s, e, p, t; c for the end), numbered as logs are."""
    checksum, eseq, found = TradeChecksum(), 0, []
    for seq, kind in enumerate(kinds, 1):
        message: Any = KINDS[kind](seq) if kind != "c" else _final(checksum, proof, forged)
        if isinstance(message, Trade):
            checksum.add(message)
        message = structs.replace(message, seq=seq)
        if message.delivery is Delivery.EVENT:
            eseq += 1
            message = structs.replace(message, eseq=eseq)
        found.append(message)
    return found


def _final(checksum: TradeChecksum, proof: bool, forged: dict[str, Any]) -> Complete:
    metrics = FinalMetrics(*[0] * 3, *[0.0] * 10)
    extra = CompleteExtra("complete", 100, 10_000.0)
    if proof:
        extra = structs.replace(
            extra, **{"trades": checksum.count, "crc32": checksum.value, **forged}
        )
    return Complete(NOW, data=CompleteData(RUN, metrics), extra=extra)


def connected(log: list[Message], epoch: str = EPOCH, state: str | None = None) -> Connected:
    ended = bool(log) and log[-1].type == "complete"
    events = sum(1 for message in log if message.delivery is Delivery.EVENT)
    data = ConnectedData(
        backtest_id=RUN, message="Connected to backtest stream", epoch=epoch, seq=len(log),
        status=state or ("complete" if ended else "running"), protocol="1.0", symbol="BTC-USD",
        source="test", synthetic=True, eseq=events,
    )  # fmt: skip
    return Connected(NOW, data=data)


def told(log: list[Message], query: Mapping[str, str], epoch: str = EPOCH) -> list[bytes]:
    """Return what a server says to a reader that comes with this query."""
    wanted = StreamQuery.parse(query)
    since, payloads = wanted.position.since, [encode(connected(log, epoch))]
    if wanted.position.epoch not in (None, epoch) or since > len(log):
        data = GapData("elsewhere", since, wanted.position.epoch, epoch, min(1, len(log)), len(log))
        payloads.append(encode(Gap(NOW, data=data)))
        since = 0
    return payloads + wanted.subscription.select(entries(log)[since:], latest(log))


def entries(log: list[Message]) -> list[Entry]:
    return [
        Entry(seq, message.type, message.key, encode(message)) for seq, message in enumerate(log, 1)
    ]


def latest(log: list[Message]) -> dict[str, int]:
    return {
        message.key: seq for seq, message in enumerate(log, 1) if message.delivery is Delivery.STATE
    }


def array(payloads: list[bytes]) -> bytes:
    """Return several messages as one frame's payload."""
    return b"[" + b",".join(payloads) + b"]"
