"""How much speaks for one side, and what does: a weighted vote of four terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import ConfluenceFinding
from workbench.analysis.lanes import Lane
from workbench.analysis.patterns.names import UNDECIDED
from workbench.analysis.running import RunningRsi
from workbench.analysis.structure.areas import BIAS, Area
from workbench.analysis.wording import place_words, reason, spoken
from workbench.errors import InvalidRequest
from workbench.messages import ConfluenceTerm as Term

WEIGHTS: Mapping[str, float] = {"trend": 0.35, "location": 0.25, "pattern": 0.25, "momentum": 0.15}
"""The terms, and how much each counts unless said otherwise."""

REACH = 0.25
"""How far from an area price is still at it, in average true ranges of the shortest timeframe."""

TOUCHED = 5e-324
"""No distance above 0 is smaller: once an area is touched, none that is not counts."""

RSI_REACH = 20.0
"""How far from 50 the relative strength index votes fully."""


class Place(NamedTuple):
    """An area price is at.

    Attributes
    ----------
    timeframe
        On which it was found.
    distance
        From its near edge, in average true ranges of the shortest timeframe; 0 where touched.
    """

    area: Area
    timeframe: str
    distance: float


def checked_weights(weights: Any) -> dict[str, float]:
    """Return the weight of each term, all of them adding up to 1.

    Parameters
    ----------
    weights
        By name of the term; the default ones (`WEIGHTS`) where left out.

    Raises
    ------
    InvalidRequest
        A name is unknown, a weight is negative or no number, or all are zero.
    """
    if weights is not None and not isinstance(weights, Mapping):
        text = f"Weights of the confluence score are {weights!r}: write {{'trend': 0.5, …}}"
        raise InvalidRequest(text, field="weights", value=repr(weights), allowed=list(WEIGHTS))
    given = dict(weights or {})
    for name, value in given.items():
        if name not in WEIGHTS:
            text = f"The confluence score has no term {name!r}: it has {', '.join(WEIGHTS)}"
            raise InvalidRequest(text, field="weights", value=name, allowed=list(WEIGHTS))
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (number and 0 <= value < inf):
            text = f"Weight {name!r} of the confluence score is {value!r}: write a number from 0"
            raise InvalidRequest(text, field=f"weights.{name}", value=repr(value), allowed="from 0")
    whole = {name: float(given.get(name, default)) for name, default in WEIGHTS.items()}
    total = sum(whole.values())
    if total <= 0:
        text = "All weights of the confluence score are 0: at least one term must count"
        raise InvalidRequest(text, field="weights", value=whole, allowed="one above 0")
    return {name: value / total for name, value in whole.items()}


def places_at(bar: Bar, lanes: Sequence[Lane], reach: float = REACH) -> dict[int, Place]:
    """Return the area price is at: by side, the nearest, if one is within reach.

    Price is at an area when the candle came within `reach` average true ranges of its near edge
    and closed on the right side of its far one. One that it touched goes before one that it did
    not; of several, the one with its near edge nearest to the candle's low (high). A gap or a
    block counts until a candle of its timeframe has come back to it, that candle included. Only
    areas known before the candle opened count: one that it made itself, such as the gap it left,
    is where it comes from.
    """
    atr = lanes[0].structure.atr
    if not atr:
        return {}
    found: dict[int, Place] = {}
    farthest = reach * atr
    opened, _, high, low, close, _ = bar
    closed = opened + lanes[0].ms
    for sign, extreme, close_at in ((1, low, close), (-1, -high, -close)):
        best, nearest = farthest, inf
        for lane in lanes:
            shelf = lane.structure.shelves[sign]
            for edge, far, area in shelf.places:
                distance = extreme + edge
                if distance >= best:
                    break  # the nearest come first
                if close_at >= far and area.confirmed_at <= opened:
                    if distance > 0:
                        best, found[sign] = distance, Place(area, lane.timeframe, distance / atr)
                        break
                    if -distance < nearest:
                        best, nearest = TOUCHED, -distance
                        found[sign] = Place(area, lane.timeframe, 0.0)
            for edge, far, area in shelf.touched:
                distance = -extreme - edge
                if area.touched_at != closed or distance >= nearest:
                    continue
                if close_at >= far and area.confirmed_at <= opened:
                    best, nearest = TOUCHED, distance
                    found[sign] = Place(area, lane.timeframe, 0.0)
    return found


class Scorer:
    """Adds up what speaks for each side at the close of a candle of the shortest timeframe.

    Each term votes from -1 (bearish) to 1 (bullish); the score is how far the weighted sum leans
    to one side. All of it is made of closed candles.

    - *trend*: the mean of the trends (last break of structure) of the longer timeframes; of the
      one there is, where there is no longer one.
    - *location*: closeness to support (bullish order blocks and fair value gaps that price comes
      back to for the first time, zones, the last swing low, of all timeframes) less closeness to
      resistance; 1 in it, 0 from `REACH` average true ranges away.
    - *pattern*: the strongest bullish candlestick pattern on this candle less the strongest
      bearish one, 100 being 1.
    - *momentum*: the relative strength index (14), ``(RSI - 50) / 20`` within -1 and 1; 0
      where nothing moves and there is none.

    Parameters
    ----------
    weights
        See `checked_weights`.

    Raises
    ------
    InvalidRequest
        The weights make no sense.
    """

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        self.weights = checked_weights(weights)
        self._shares = tuple(self.weights.values())

    def score(
        self, bar: Bar, lanes: Sequence[Lane], places: Mapping[int, Place] | None = None
    ) -> ConfluenceFinding:
        """Return the score at the close of a candle.

        Parameters
        ----------
        bar
            The closed candle of the shortest timeframe.
        lanes
            What has been seen up to it, the shortest timeframe first.
        places
            Where price is (`places_at`), if that is known already.
        """
        base = lanes[0]
        longer = lanes[1:] or lanes
        if places is None:
            places = places_at(bar, lanes)
        trend = location = momentum = 0.0
        for lane in longer:
            trend += lane.structure.trend
        trend /= len(longer)
        for sign, place in places.items():
            location += sign * (1 - place.distance / REACH)
        patterns = [one for one in base.patterns.values.items() if one[0] not in UNDECIDED]
        pattern = _net(patterns) if patterns else 0.0
        rsi = None if base.rsi.flat else base.rsi.value
        if rsi is not None:
            momentum = (rsi - 50) / RSI_REACH
            momentum = 1.0 if momentum > 1 else -1.0 if momentum < -1 else momentum
        of_trend, of_location, of_pattern, of_momentum = self._shares
        lean = (
            of_trend * trend + of_location * location + of_pattern * pattern
            + of_momentum * momentum
        )  # fmt: skip
        score = round(abs(lean), 4)
        side = 0 if not score else 1 if lean > 0 else -1
        terms = (
            Term("trend", trend, of_trend, _trends(longer)),
            Term("location", round(location, 4), of_location, place_words(places)),
            Term("pattern", pattern, of_pattern, _patterns(base.timeframe, patterns)),
            Term("momentum", round(momentum, 4), of_momentum, _momentum(base.rsi)),
        )
        seen = [name for name, value in patterns if value * side > 0]
        votes = (trend, location, pattern, momentum)
        return ConfluenceFinding(
            base.timeframe, bar.time, bar.time + base.ms, score, BIAS[side], terms,
            reason(score, side, votes, seen, longer is not lanes, between=len(places) == 2),
        )  # fmt: skip


def _net(patterns: Sequence[tuple[str, int]]) -> float:
    """Return the strongest bullish pattern less the strongest bearish one, 100 being 1."""
    bulls = max([value for _, value in patterns if value > 0], default=0)
    bears = min([value for _, value in patterns if value < 0], default=0)
    return max(-1.0, min(1.0, (bulls + bears) / 100))


def _trends(lanes: Sequence[Lane]) -> str:
    return ", ".join([f"{lane.timeframe} {BIAS[lane.structure.trend]}" for lane in lanes])


def _patterns(timeframe: str, patterns: Sequence[tuple[str, int]]) -> str:
    if not patterns:
        return f"No {timeframe} pattern"
    told = [f"{'bullish' if value > 0 else 'bearish'} {spoken(name)}" for name, value in patterns]
    return f"{timeframe} {', '.join(told)}"


def _momentum(rsi: RunningRsi) -> str:
    if rsi.flat:
        return "No RSI: the price does not move"
    return "RSI not known yet" if rsi.value is None else f"RSI {rsi.value:.1f}"
