"""The confluence score, its words, and the analysis of a market."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib
from oracles.markets import bid_side, real
from random_runs import walk

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.batch import detect
from workbench.analysis.confluence import REACH, WEIGHTS, Scorer, checked_weights, places_at
from workbench.analysis.detecting import ConfluenceFinding
from workbench.analysis.lanes import Lane
from workbench.analysis.market import MarketAnalysis
from workbench.analysis.running import RunningAtr, RunningRsi
from workbench.analysis.structure.areas import Area
from workbench.analysis.telling import message_of
from workbench.errors import InvalidCandles, InvalidRequest, UnknownTimeframe
from workbench.messages import Confluence, Pattern, Structure, decode, encode

HOUR = 3_600_000
NOW = Bar(100 * HOUR, 100, 101, 99, 100, 1.0)


def lane(timeframe: str = "1H", trend: int = 0, *areas: Area, **patterns: int) -> Lane:
    """Return a lane with an average true range of 2 that has seen just this."""
    one = Lane(timeframe)
    one.structure.trend = trend
    one.structure._atr.value = 2.0
    for area in areas:
        one.structure.shelves[area.sign].put(area)
    one.patterns.values = patterns
    one.rsi.value = 50.0
    return one


def area(sign: int, top: float, bottom: float, known: int = 0) -> Area:
    return Area("a", "order_block", sign, top, bottom, 0, known)


def votes(*lanes: Lane, weights: dict[str, float] | None = None) -> tuple[Any, dict[str, float]]:
    found = Scorer(weights).score(NOW, lanes)
    return found, {term.name: term.value for term in found.terms}


def test_all_agreed_is_one_and_says_so() -> None:
    base = lane("1H", 0, area(1, 99, 98), liquidity_engulfing=100, engulfing=80)
    base.rsi.value = 75.0
    found, values = votes(base, lane("4H", 1), lane("1D", 1))
    assert values == {"trend": 1, "location": 1, "pattern": 1, "momentum": 1}
    assert (found.score, found.direction) == (1, "bullish")
    assert found.rationale == (
        "Strong confluence: HTF bullish bias + bullish momentum + LTF LE candle at support"
    )
    assert (found.timeframe, found.bar_time, found.confirmed_at) == ("1H", 100 * HOUR, 101 * HOUR)
    assert [term.rationale for term in found.terms] == [
        "4H bullish, 1D bullish", "in support: 1H order block at 99",
        "1H bullish LE candle, bullish engulfing", "RSI 75.0",
    ]  # fmt: skip


def test_the_score_is_the_weighted_sum_of_the_votes() -> None:
    base = lane("1H", -1, area(-1, 103, 101.2), engulfing=-80)
    base.rsi.value = 60.0
    found, values = votes(base)
    closeness = 1 - 0.1 / REACH
    assert values == {
        "trend": -1, "location": pytest.approx(-closeness), "pattern": -0.8, "momentum": 0.5,
    }  # fmt: skip
    lean = -0.35 - 0.25 * closeness - 0.25 * 0.8 + 0.15 * 0.5
    assert found.score == pytest.approx(-lean, abs=1e-4)
    assert found.direction == "bearish"
    assert found.rationale == (
        "Moderate confluence: bearish bias + engulfing at resistance, against bullish momentum"
    )


def test_votes_that_cancel_are_neutral() -> None:
    found, _ = votes(lane("1H", 0, hammer=100), lane("4H", -1), weights={"trend": 0.25})
    assert (found.score, found.direction) == (0, "neutral")
    assert found.rationale == "No confluence: the votes cancel"
    assert votes(lane())[0].rationale == "No confluence: nothing votes"


def test_longer_timeframes_vote_their_mean_and_the_shortest_has_no_say() -> None:
    assert votes(lane("1H", -1), lane("4H", 1), lane("1D", 0))[1]["trend"] == 0.5


@pytest.mark.parametrize(
    ("one", "closeness"),
    [
        (area(1, 99.5, 98), 1.0),  # touched
        (area(1, 98.8, 98), 1 - 0.1 / REACH),
        (area(1, 98.4, 97), 0.0),  # 0.3 away
        (area(1, 101, 100.5), 0.0),  # closed below it
        (area(1, 99, 98, NOW.time + 1), 0.0),  # made by this candle
        (area(-1, 104, 101.2), -(1 - 0.1 / REACH)),
        (area(1, 99.5, 98)._replace(status="mitigated", touched_at=NOW.time + HOUR), 1.0),
        (area(1, 99.5, 98)._replace(status="mitigated", touched_at=NOW.time), 0.0),  # came back
    ],
)
def test_price_is_at_an_area(one: Area, closeness: float) -> None:
    assert votes(lane("1H", 0, one))[1]["location"] == pytest.approx(closeness)


def test_the_nearest_area_of_all_timeframes_is_told() -> None:
    base, high = lane("1H", 0, area(1, 98.2, 98)), lane("4H", 0, area(1, 98.8, 90))
    place = places_at(NOW, [base, high])[1]
    assert (place.timeframe, place.distance) == ("4H", pytest.approx(0.1))


def test_of_touched_areas_the_one_with_the_nearest_edge_is_told() -> None:
    deep, near, apart = area(1, 99.9, 98), area(1, 99.1, 97), area(1, 98.95, 97)
    for lanes in (
        [lane("1H", 0, deep, near, apart)],
        [lane("1H", 0, deep), lane("4H", 0, apart), lane("1D", 0, near)],
        [lane("1H", 0, near), lane("4H", 0, deep), lane("1D", 0, apart)],
    ):
        place = places_at(NOW, lanes)[1]
        assert (place.area, place.distance) == (near, 0)


def test_between_two_areas_it_is_at_neither_and_says_so() -> None:
    swing = area(-1, 101.1, 101.1)._replace(kind="swing_high")
    base = lane("1H", 0, area(1, 99.5, 98), swing, engulfing=100)
    found, values = votes(base, lane("4H", 1))
    assert values["location"] == pytest.approx(0.2)
    assert found.terms[1].rationale == (
        "between both, in support: 1H order block at 99.5 and 0.05 ATR from resistance: "
        "1H swing high at 101.1"
    )
    assert found.rationale == (
        "Moderate confluence: HTF bullish bias + LTF engulfing, between support and resistance"
    )


def test_a_swing_is_at_a_level_and_not_in_it() -> None:
    swing = area(1, 99.2, 99.2)._replace(kind="swing_low")
    assert votes(lane("1H", 0, swing))[0].terms[1].rationale == "at support: 1H swing low at 99.2"


def test_a_market_that_does_not_move_is_neutral() -> None:
    flat = walk(3, 60)
    same = np.full(60, 100.0)
    moved = flat.replace(open=same, high=same, low=same, close=same)
    score = detect(moved).confluence()
    assert set(score["direction"]) == {"neutral"}
    assert set(score["momentum"]) == {0.0}
    last = detect(moved)[-1]
    assert isinstance(last, ConfluenceFinding)
    assert last.terms[3].rationale == "No RSI: the price does not move"


def test_a_move_that_has_faded_is_none() -> None:
    rsi = RunningRsi(14)
    for close in [100.0, 101.0, *[101.0] * 15]:
        rsi.update(close)
    assert not rsi.flat
    for _ in range(400):
        rsi.update(101.0)
    assert rsi.flat


def test_location_says_something_on_real_prices(shared_file: Callable[[str], Path]) -> None:
    data = bid_side(real("BTC 15M", shared_file))[:4_000]
    votes = detect(data, timeframes=["15M", "1H", "4H"]).confluence()["location"]
    assert 0.1 < (votes > 0).mean() < 0.35
    assert 0.1 < (votes < 0).mean() < 0.35


def test_without_a_range_there_is_no_location() -> None:
    one = lane("1H", 0, area(1, 99, 98))
    one.structure._atr.value = None
    assert places_at(NOW, [one]) == {}


@pytest.mark.parametrize(
    ("weights", "field"),
    [
        ({"trnd": 1}, "weights"),
        ({"trend": -1}, "weights.trend"),
        ({"trend": nan}, "weights.trend"),
        ({"trend": inf}, "weights.trend"),
        ({"trend": "1"}, "weights.trend"),
        (dict.fromkeys(WEIGHTS, 0), "weights"),
    ],
)  # fmt: skip
def test_weights_that_make_no_sense_are_refused(weights: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        checked_weights(weights)
    assert caught.value.details["field"] == field


def test_weights_are_shares() -> None:
    assert sum(checked_weights({"trend": 7}).values()) == pytest.approx(1)
    only = {"trend": 0, "location": 0, "pattern": 3, "momentum": 0}
    assert votes(lane("1H", 1, hammer=100), weights=only)[0].score == 1


def test_carried_on_indicators_equal_those_of_talib() -> None:
    data = walk(5, 400)
    atr, rsi = RunningAtr(14), RunningRsi(14)
    rows = [(atr.update(b.high, b.low, b.close), rsi.update(b.close)) for b in bars_of(data)]
    expected = (
        talib.ATR(data.high, data.low, data.close, 14).tolist(),
        talib.RSI(data.close, 14).tolist(),
    )
    for column, wanted in zip(zip(*rows, strict=True), expected, strict=True):
        values = [nan if value is None else value for value in column]
        assert values == pytest.approx(wanted, nan_ok=True, rel=1e-9)


def test_the_score_is_told_at_closes_of_the_shortest_timeframe_alone() -> None:
    analysis = MarketAnalysis("BTC-USD", ["4H", "15M"])
    assert analysis.timeframes == ["15M", "4H"]
    assert analysis.closed("4H", NOW) == []
    assert isinstance(analysis.closed("15M", NOW)[-1], ConfluenceFinding)
    assert analysis.forming("15M", NOW._replace(time=NOW.time + 900_000)) == []


@pytest.mark.parametrize(
    "bar",
    [
        NOW, NOW._replace(time=NOW.time - HOUR), NOW._replace(time=200 * HOUR, high=nan),
        NOW._replace(time=200 * HOUR, high=99.5), NOW._replace(time=200 * HOUR, high=inf),
        NOW._replace(time=200 * HOUR, close=98.0),
    ],
    ids=["again", "earlier", "no number", "high below close", "no end", "close below low"],
)  # fmt: skip
def test_a_candle_that_is_none_is_refused_and_leaves_no_trace(bar: Bar) -> None:
    analysis, clean = (MarketAnalysis("BTC-USD", ["1H"]) for _ in range(2))
    assert analysis.closed("1H", NOW) == clean.closed("1H", NOW)
    with pytest.raises(InvalidCandles):
        analysis.closed("1H", bar)
    good = NOW._replace(time=NOW.time + HOUR)
    assert analysis.closed("1H", good) == clean.closed("1H", good)


def test_an_unknown_timeframe_is_named() -> None:
    with pytest.raises(UnknownTimeframe, match="'2H': it has 1H"):
        MarketAnalysis("BTC-USD", ["1H"]).closed("2H", NOW)
    with pytest.raises(InvalidRequest, match="at least one"):
        MarketAnalysis("BTC-USD", [])


def test_it_goes_on_where_it_was_saved() -> None:
    given = bars_of(walk(2, 500))
    whole, part = (MarketAnalysis("BTC-USD", ["15M"]) for _ in range(2))
    for bar in given[:300]:
        whole.closed("15M", bar)
        part.closed("15M", bar)
    again = pickle.loads(pickle.dumps(part))
    for bar in given[300:]:
        assert again.closed("15M", bar) == whole.closed("15M", bar)


def test_findings_are_told_as_messages_that_can_be_read_back() -> None:
    found = detect(walk(2, 400), timeframes=["15M", "1H"])
    messages = [message_of(one, "BTC-USD", "2024-01-01T00:00:00.000Z") for one in found]
    assert {type(one) for one in messages} == {Pattern, Structure, Confluence}
    assert [decode(encode(one)) for one in messages] == messages
    gap = next(m.data for m in messages if isinstance(m, Structure) and m.data.kind == "fvg")
    assert gap.bar_time < gap.confirmed_at
    assert gap.bottom < gap.top


def test_tables_hold_what_was_found() -> None:
    found = detect(walk(2, 400), timeframes=["15M", "1H"])
    patterns, structure, score = found.patterns(), found.structure(), found.confluence()
    assert len(patterns) + len(structure) + len(score) == len(found)
    assert len(score) == 400
    assert score["score"].between(0, 1).all()
    assert list(score.columns[3:7]) == list(WEIGHTS)
    assert set(structure["timeframe"]) == {"15M", "1H"}
    assert (structure["bar_time"] < structure["confirmed_at"]).all()
    assert str(patterns["confirmed_at"].dt.tz) == "UTC"
    assert detect(walk(2, 3)).structure().empty


def test_timeframes_and_several_candles_are_not_both() -> None:
    with pytest.raises(InvalidRequest, match="leave out timeframes"):
        detect({"15M": walk(2, 10)}, timeframes=["1H"])
    with pytest.raises(InvalidRequest, match="no candles"):
        detect({})
