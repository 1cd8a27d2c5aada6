"""What a subscriber asks for, out of the query of its address: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from workbench.errors import InvalidRequest
from workbench.streams.pace import Pace
from workbench.streams.sessions import Traded, Wanted
from workbench.streams.subscription import Subscription

PARAMETERS = (
    "since", "epoch", "from", "types", "format", "batch", "max_rate", "heartbeat", "replay",
    "speed",
)  # fmt: skip
MARKET_PARAMETERS = (
    *(name for name in PARAMETERS if name not in ("replay", "speed")),
    "timeframes",
    "wake",
)
LIVE_PARAMETERS = (
    *(name for name in PARAMETERS if name not in ("replay", "speed")),
    "symbols",
    "session",
)
HEARTBEAT_S = (0.1, 3600.0)
RATE = (0.01, 1000.0)


class Position(NamedTuple):
    """From where a subscriber wants to read.

    Attributes
    ----------
    since
        The last seq it has, 0 for none.
    epoch
        The epoch it has it from, None if it does not say.
    now
        Skip what is there.
    """

    since: int = 0
    epoch: str | None = None
    now: bool = False


class StreamQuery(NamedTuple):
    """A subscriber's wishes.

    Attributes
    ----------
    position
        Where to start.
    subscription
        What is wanted, and in which form.
    heartbeat
        Seconds between two `heartbeat` messages, None for none.
    replay
        The pace of a replay, None for the stream itself.
    wake
        Of a market: whether its feed is to be started where it does not run.
    """

    position: Position = Position()
    subscription: Subscription = Subscription()
    heartbeat: float | None = None
    replay: Pace | None = None
    wake: bool = True

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> StreamQuery:
        """Make it from query parameters; unknown ones are ignored (a login's ``token``).

        Raises
        ------
        InvalidRequest
            A value is wrong; `details` names `field`, `value` and `allowed`.
        """
        subscription = Subscription.parse(
            given.get("types"),
            given.get("format"),
            batch=_flag(given, "batch"),
            max_rate=_number(given, "max_rate", RATE),
        )
        replay = Pace.parse(given.get("speed")) if _flag(given, "replay") else None
        if replay is None and "speed" in given:
            shown = given["speed"][:40]
            msg = f"speed is {shown!r}, but only a replay has a pace: give replay=1"
            raise InvalidRequest(msg, field="speed", value=shown, allowed="replay=1")
        return cls(_position(given), subscription, _number(given, "heartbeat", HEARTBEAT_S), replay)

    @classmethod
    def parse_live(cls, given: Mapping[str, str], traded: Traded) -> StreamQuery:
        """Make it for the stream of all live sessions.

        Parameters
        ----------
        traded
            Tells the symbols of a session.

        Raises
        ------
        InvalidRequest
            A value is wrong; `details` names `field`, `value` and `allowed`.
        """
        if _flag(given, "replay"):
            msg = "replay is 1, but only a session is replayed: give its own stream replay=1"
            raise InvalidRequest(msg, field="replay", value=given["replay"], allowed=["0"])
        parsed = cls.parse(given)
        subscription = parsed.subscription.of_sessions(wanted_of(given), traded)
        return parsed._replace(subscription=subscription)

    @classmethod
    def parse_market(cls, given: Mapping[str, str], timeframes: Sequence[str]) -> StreamQuery:
        """Make it for the stream of a market, which has `timeframes` and no end to replay from.

        Raises
        ------
        InvalidRequest
            A value is wrong; `details` names `field`, `value` and `allowed`.
        """
        if _flag(given, "replay"):
            msg = "replay is 1, but only a run is replayed: a market's past has a feed of its own"
            raise InvalidRequest(msg, field="replay", value=given["replay"], allowed=["0"])
        parsed = cls.parse(given)._replace(wake=_flag(given, "wake", "1"))
        wanted = given.get("timeframes")
        if wanted is None:
            return parsed
        names = [name.strip().upper() for name in wanted.split(",")]
        for name in names:
            if name not in timeframes:
                known = list(timeframes)
                msg = f"timeframes has {name[:40]!r}, the market has {', '.join(known)}"
                raise InvalidRequest(msg, field="timeframes", value=name[:40], allowed=known)
        return parsed._replace(subscription=parsed.subscription.only(names))


def once(given: Mapping[str, Sequence[object]], names: Sequence[str] = PARAMETERS) -> None:
    """Check that no parameter of the stream is given twice.

    Raises
    ------
    InvalidRequest
        One is.
    """
    for name in names:
        times = len(given.get(name, ()))
        if times > 1:
            msg = f"{name} is given {times} times, expected once"
            raise InvalidRequest(msg, field=name, value=times, allowed=1)


def _position(given: Mapping[str, str]) -> Position:
    text = given.get("since", "0")
    start = given.get("from", "start")
    # Python reads numbers of any length, but no log is as long as 2**53.
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        msg = f"since is {text[:40]!r}, expected a seq, 0 or more"
        raise InvalidRequest(msg, field="since", value=text[:40], allowed="0 or more")
    if start not in ("start", "now"):
        msg = f"from is {start[:40]!r}, expected start or now"
        raise InvalidRequest(msg, field="from", value=start[:40], allowed=["start", "now"])
    return Position(int(text), given.get("epoch"), start == "now")


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """Return what of the live sessions is asked for; raises as `StreamQuery.parse_live`."""
    return Wanted(_symbols(given.get("symbols")), given.get("session") or None)


def _symbols(text: str | None) -> frozenset[str] | None:
    """Return symbols as sessions write them: ``btc/usd`` is ``BTC-USD``."""
    if text is None:
        return None
    names = [re.sub(r"[/:]", "-", name.strip()).upper() for name in text.split(",")]
    if not all(re.fullmatch(r"[A-Z0-9_.-]{1,64}", name) for name in names):
        allowed = "symbols, separated by commas, such as BTC-USD,ETH-USD"
        msg = f"symbols is {text[:80]!r}, expected {allowed}"
        raise InvalidRequest(msg, field="symbols", value=text[:80], allowed=allowed)
    return frozenset(names)


def _flag(given: Mapping[str, str], name: str, usual: str = "0") -> bool:
    text = given.get(name, usual)
    if text not in ("0", "1", "true", "false"):
        msg = f"{name} is {text[:40]!r}, expected 0 or 1"
        raise InvalidRequest(msg, field=name, value=text[:40], allowed=["0", "1"])
    return text in ("1", "true")


def _number(given: Mapping[str, str], name: str, bounds: tuple[float, float]) -> float | None:
    text = given.get(name)
    if not text:
        return None
    lowest, highest = bounds
    try:
        value = float(text)
    except ValueError:
        value = lowest - 1
    if not lowest <= value <= highest:
        allowed = f"{lowest:g} to {highest:g}"
        msg = f"{name} is {text[:40]!r}, expected {allowed}"
        raise InvalidRequest(msg, field=name, value=text[:40], allowed=allowed)
    return value
