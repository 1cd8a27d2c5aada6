"""A user's own detectors: plugged in, guarded, and held to the promise by check_detector."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from random_runs import walk

from workbench import OwnDetector
from workbench.analysis import own
from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.batch import detect
from workbench.analysis.detecting import ConfluenceFinding, Finding, PatternFinding
from workbench.analysis.market import MarketAnalysis
from workbench.analysis.patterns import ALL, PatternDetector
from workbench.analysis.patterns.names import checked_names
from workbench.analysis.structure import StructureDetector
from workbench.analysis.telling import message_of
from workbench.analysis.testing import check_detector
from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.errors import DetectorError, InvalidRequest
from workbench.messages import decode, encode
from workbench.timeframes import Timeframe

DATA = walk(7, 600)


class Rises(OwnDetector):
    """Three rising closes in a row."""

    least = 3

    def __init__(self, timeframe: str) -> None:
        super().__init__(timeframe)
        self.closes: list[float] = []

    def update(self, bar: Bar) -> Sequence[Finding]:
        self.closes = [*self.closes[1 - self.least :], bar.close]
        return [self.pattern(bar, "rises", "bullish")] if self.rising(self.closes) else []

    def peek(self, bar: Bar) -> Sequence[Finding]:
        rising = self.rising([*self.closes[1 - self.least :], bar.close])
        return [self.pattern(bar, "rises", "bullish", provisional=True)] if rising else []

    def rising(self, closes: list[float]) -> bool:
        return len(closes) == self.least and sorted(set(closes)) == closes


@pytest.mark.parametrize("make", [Rises, StructureDetector, PatternDetector])
def test_honest_ones_pass(make: Any) -> None:
    assert len(check_detector(make, DATA, cuts=5)) > 20


def test_all_patterns_pass() -> None:
    assert check_detector(lambda data: PatternDetector("15M", ALL), DATA[:300], cuts=3)


def leaking_bias(candles: Candles) -> list[Finding]:
    """Give each candle the direction of its whole longer one, of which it cannot know the end."""
    hours = resample(candles, Timeframe.parse("4H"))
    rises = dict(zip(hours.time.tolist(), (hours.close > hours.open).tolist(), strict=True))
    detector, of = OwnDetector(candles.timeframe.name), Timeframe.parse("4H").floor
    return [detector.pattern(bar, "bias", "bullish") for bar in bars_of(candles)
            if rises[of(bar.time)]]  # fmt: skip


class LeakingBias(OwnDetector):
    """The same as a class, which has the hours from outside."""

    def __init__(self, candles: Candles) -> None:
        super().__init__(candles.timeframe.name)
        self.told = {one.bar_time for one in leaking_bias(candles)}

    def update(self, bar: Bar) -> Sequence[Finding]:
        return [self.pattern(bar, "bias", "bullish")] if bar.time in self.told else []


def repainting_swings(candles: Candles) -> list[Finding]:
    """Mark swings as smartmoneyconcepts does: by candles after them, and the last row always."""
    high, width = candles.high, 5
    padded = np.r_[high, np.full(width, -np.inf)]
    top = np.array([padded[max(0, k - width) : k + width + 1].max() for k in range(len(high))])
    marked = high == top
    marked[[0, -1]] = True
    detector = OwnDetector(candles.timeframe.name)
    return [detector.pattern(bar, "swing", "bearish")
            for bar, mark in zip(bars_of(candles), marked, strict=True) if mark]  # fmt: skip


@pytest.mark.parametrize(
    "make", [leaking_bias, lambda data: LeakingBias(data), repainting_swings],
    ids=["leaking timeframe", "as a class", "repainting swings"],
)  # fmt: skip
def test_what_looks_ahead_or_repaints_is_found(make: Any) -> None:
    with pytest.raises(AssertionError, match=r"looks ahead, or repaints: over the first \d+"):
        check_detector(make, DATA)


class Late(OwnDetector):
    """Says of an earlier candle that it was known then."""

    def update(self, bar: Bar) -> Sequence[Finding]:
        before = bar._replace(time=bar.time - 900_000)
        return [self.pattern(before, "late", "bullish")]


class Rewrites(OwnDetector):
    """Changes what it has told."""

    def __init__(self, timeframe: str) -> None:
        super().__init__(timeframe)
        self.told: list[Any] = []

    def update(self, bar: Bar) -> Sequence[Finding]:
        for one in self.told:
            one.numbers["now"] = bar.close
        self.told.append(self.structure(bar, "zone", "bullish", bar.low))
        return self.told[-1:]


class Keeps(Rises):
    """Counts candles that still grow as closed ones."""

    def peek(self, bar: Bar) -> Sequence[Finding]:
        self.update(bar)
        return []


class Chance(OwnDetector):
    """Is never the same."""

    draws = np.random.default_rng(1)

    def update(self, bar: Bar) -> Sequence[Finding]:
        return [self.pattern(bar, "chance", "bullish")] if self.draws.random() > 0.5 else []


class Early(OwnDetector):
    """Takes a candle that grows for a closed one."""

    def update(self, bar: Bar) -> Sequence[Finding]:
        return []

    def peek(self, bar: Bar) -> Sequence[Finding]:
        return [self.pattern(bar, "early", "bullish")]


class Wrong(OwnDetector):
    """Returns a word."""

    def update(self, bar: Bar) -> Sequence[Finding]:
        return ["up"]  # type: ignore[list-item]


class Raises(OwnDetector):
    """Fails on the third candle."""

    count = 0

    def update(self, bar: Bar) -> Sequence[Finding]:
        self.count += 1
        return [] if self.count < 3 else [self.pattern(bar, "x", "bullish", 1 // 0)]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Late, "it is known at the close of the candle given"),
        (Rewrites, "It changes what it has found"),
        (Keeps, "peek leaves a trace: First difference"),
        (Chance, "It is not the same twice"),
        (Early, "a candle that grows proves nothing"),
        (Wrong, "returned 'up', which is no finding"),
        (Raises, "ZeroDivisionError"),
    ],
)
def test_other_broken_promises_are_found(make: Any, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_detector(make, DATA[:100])


def named(found: Sequence[Finding]) -> set[tuple[str, str]]:
    return {(one.timeframe, one.pattern) for one in found if isinstance(one, PatternFinding)}


@pytest.mark.parametrize("how", ["class", "instance", "name"])
def test_it_is_used_on_each_timeframe(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point = own.EntryPoint("rises", f"{__name__}:Rises", own.GROUP)
    monkeypatch.setattr(own.EntryPoint, "load", lambda self: Rises)
    monkeypatch.setattr(own, "entry_points", lambda group: [point])
    given: Any = {"class": Rises, "instance": Rises("1D"), "name": "rises"}[how]
    found = detect(DATA, timeframes=["15M", "1H"], patterns=[], detectors=[given])
    assert named(found) == {("15M", "rises"), ("1H", "rises")}
    if how == "instance":
        assert given.closes == []


def test_an_instance_keeps_its_settings() -> None:
    mine = Rises("15M")
    mine.least = 6
    many, few = (detect(DATA, patterns=[], detectors=[one]).patterns() for one in (Rises, mine))
    assert 0 < len(few) < len(many) / 2


def test_a_failure_is_raised_or_told_and_the_others_go_on() -> None:
    with pytest.raises(DetectorError, match="Detector Raises, update of the 15M candle") as caught:
        detect(DATA, detectors=[Raises])
    assert caught.value.details["value"] == "Raises"
    told: list[DetectorError] = []
    analysis = MarketAnalysis("X", ["15M"], detectors=[Raises, Rises], on_failure=told.append)
    found = [one for bar in bars_of(DATA) for one in analysis.closed("15M", bar)]
    assert len(told) == 1
    assert ("15M", "rises") in named(found)


def test_growing_candles_are_shown_to_it() -> None:
    analysis = MarketAnalysis("X", ["15M"], patterns=[], detectors=[Rises])
    first, second, third = bars_of(DATA)[:3]
    for bar, close in ((first, 1.0), (second, 2.0)):
        analysis.closed("15M", Bar(bar.time, close, close, close, close, 0.0))
    (shown,) = analysis.forming("15M", Bar(third.time, 2.0, 3.0, 2.0, 3.0, 0.0))
    assert isinstance(shown, PatternFinding)
    assert shown.provisional


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("risez", "Unknown detector 'risez'"),
        (42, "write a list of classes"),
        ([42], "has no update"),
        (print, "has no update"),
        ({"a": 1}, "write a list of classes"),
    ],
)
def test_what_is_no_detector_is_refused(given: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        MarketAnalysis("X", ["15M"], detectors=given)


class Says(OwnDetector):
    """Says one thing of each candle, as it was told to."""

    def __init__(self, timeframe: str, say: Any = None) -> None:
        super().__init__(timeframe)
        self.say = say

    def update(self, bar: Bar) -> Sequence[Finding]:
        return [self.say(self, bar)]


CANNOT: list[tuple[Any, str]] = [
    (lambda my, bar: my.pattern(bar, "x", "up"), "direction 'up'"),
    (lambda my, bar: my.pattern(bar, "", "bullish"), "pattern ''"),
    (lambda my, bar: my.pattern(bar, "x", "bullish", 1.5), "strength 1.5"),
    (lambda my, bar: my.pattern(bar, "x", "bullish", np.nan), "strength nan"),
    (lambda my, bar: my.structure(bar, "pivot", "bullish", 1.0), "kind 'pivot'"),
    (lambda my, bar: my.structure(bar, "zone", "bullish", np.nan), "price nan"),
    (lambda my, bar: my.structure(bar, "zone", "bullish", "1"), "price '1'"),
    (lambda my, bar: my.structure(bar, "zone", "bullish", 1.0, top=np.inf), "top inf"),
    (lambda my, bar: my.structure(bar, "zone", "bullish", 1.0, status="gone"), "status 'gone'"),
    (lambda my, bar: my.structure(bar, "zone", "bullish", 1.0, id=7), "id 7"),
    (lambda my, bar: my.structure(bar, "zone", "bullish", 1, numbers={"a": None}), "numbers.*None"),
    (lambda my, bar: my.structure(bar, "zone", "bullish", 1.0, bar_time=10**30), "bar_time 1000"),
    (lambda my, bar: ConfluenceFinding("15M", 0, 0, 0.5, "bullish", (), ""), "is no finding"),
    (lambda my, bar: checked_names(["dojo"]), "raised InvalidRequest"),
    (lambda my, bar: sys.exit(3), "raised SystemExit"),
]


@pytest.mark.parametrize(("say", "words"), CANNOT, ids=[words for _, words in CANNOT])
def test_what_cannot_be_told_is_refused_and_costs_a_stream_that_detector_alone(
    say: Any, words: str
) -> None:
    given = Says("15M", say)
    with pytest.raises(DetectorError, match=f"Detector Says, update of the 15M.*{words}"):
        detect(DATA[:5], detectors=[given])
    told: list[DetectorError] = []
    analysis = MarketAnalysis("X", ["15M"], detectors=[given, Rises], on_failure=told.append)
    found = [one for bar in bars_of(DATA[:50]) for one in analysis.closed("15M", bar)]
    assert [one.code for one in told] == ["detector_error"]
    assert ("15M", "rises") in named(found)


def test_numbers_of_numpy_are_told_as_pythons() -> None:
    def say(my: Says, bar: Bar) -> Finding:
        price = np.float32(bar.low)
        return my.structure(
            bar, "zone", np.str_("bullish"), price, bar_time=np.int64(bar.time),  # type: ignore[arg-type]
            top=np.float64(bar.high), bottom=np.int64(0), numbers={"n": np.int32(3)},
        )  # fmt: skip

    (one,) = (o for o in detect(DATA[:1], detectors=[Says("15M", say)]) if hasattr(o, "kind"))
    assert {type(getattr(one, name)) for name in ("price", "top", "bottom")} == {float}
    message = message_of(one, "X", "2024-01-01T00:00:00.000Z")
    assert decode(encode(message)) == message


def test_one_that_cannot_be_made_is_left_out_of_a_stream() -> None:
    class Needs(OwnDetector):
        def __init__(self, timeframe: str, more: int) -> None:
            raise AssertionError

    with pytest.raises(DetectorError, match="Needs could not be made for 15M: TypeError"):
        detect(DATA[:5], detectors=[Needs])
    told: list[DetectorError] = []
    MarketAnalysis("X", ["15M", "1H"], detectors=[Needs], on_failure=told.append)
    assert len(told) == 1


@pytest.mark.parametrize("given", [Rises, Rises("1H"), (Rises,), {Rises}])
def test_one_alone_needs_no_list(given: Any) -> None:
    assert named(detect(DATA, patterns=[], detectors=given)) == {("15M", "rises")}
