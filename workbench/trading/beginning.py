"""What a session is made of, and what it says of itself at its start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import UNSET

from workbench.data.candles import Candles
from workbench.engine.live_parts import needs_whole
from workbench.engine.settings import Settings
from workbench.messages import LiveFacts, Status, StatusData, parse_time
from workbench.trading.brokering import Rules
from workbench.trading.spec import LiveSettings


class LiveSpec(Protocol):
    """What of a `RunSpec` a session looks at, beside the settings of its account."""

    @property
    def timeframes(self) -> list[str]: ...
    @property
    def strategy_ids(self) -> list[str]: ...
    @property
    def strategy_params(self) -> dict[str, Any]: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def initial_capital(self) -> float: ...
    @property
    def live(self) -> LiveSettings | None: ...


def account_of(spec: LiveSpec, live: LiveSettings, symbol: str) -> Settings:
    """Return the settings of a symbol's account: its part of the capital."""
    fields = {name: getattr(spec, name) for name in Settings.__struct_fields__}
    fields["initial_capital"] = spec.initial_capital * live.part(symbol)
    return Settings(**fields)


def start_of(live: LiveSettings) -> int:
    """Return market time at which what is replayed starts, epoch ms; 0 where it is not said."""
    start = live.feed.get("start")
    return parse_time(start) if isinstance(start, str) else 0


def status_of(
    session: str,
    spec: LiveSpec,
    live: LiveSettings,
    histories: Mapping[str, Mapping[str, Candles]],
    sources: Mapping[str, tuple[str, bool]],
    real_time: bool,
    rules: Mapping[str, Rules],
    timeframes: Sequence[str],
    stamp: str,
) -> Status:
    """Return the first `status` of a session; `timeframes` are its, the shortest first."""
    base = timeframes[0]
    warm = {symbol: len(histories.get(symbol, {}).get(base, ())) for symbol in live.symbols}
    exchange = live.broker == "exchange"
    native = all(one.native for one in rules.values()) if rules else False
    facts = LiveFacts(
        live.symbols,
        live.broker,
        str(live.feed.get("feed", "")),
        real_time,
        warm,
        {symbol: live.part(symbol) for symbol in live.symbols},
        (live.exchange or UNSET) if exchange else UNSET,
        live.account if exchange else UNSET,
        live.sandbox if exchange else UNSET,
        ("native" if native else "emulated") if live.routed else UNSET,
        _differences(spec, live) or UNSET,
    )
    found = [sources[symbol] for symbol in live.symbols if symbol in sources]
    data = StatusData(
        session,
        "running",
        strategy=", ".join(spec.strategy_ids),
        symbol=", ".join(live.symbols),
        timeframes=list(timeframes),
        source=", ".join(dict.fromkeys(source for source, _ in found)) or UNSET,
        synthetic=any(synthetic for _, synthetic in found),
        initial_capital=spec.initial_capital,
        warm_up=max(warm.values(), default=0),
        live=facts,
    )
    return Status(timestamp=stamp, data=data)


def _differences(spec: LiveSpec, live: LiveSettings) -> list[str]:
    said = []
    if live.broker == "exchange":
        said.append("An exchange fills: prices, fees and times are its own")
    if live.latency > 0:
        said.append(f"Orders arrive {live.latency:g} s after they were decided")
    if live.participation is not None:
        said.append(f"A fill gets at most {live.participation:.0%} of each trade of the market")
    if len(live.symbols) > 1:
        said.append("Each symbol has an account of its own, with its part of the capital")
    why = needs_whole(account_of(spec, live, live.symbols[0]))
    if why is not None:
        said.append(why)
    return said
