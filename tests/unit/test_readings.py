"""What a strategy asks of its readings: by name, direction and age, of its own detectors too."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from random_runs import walk

import workbench as wb
from workbench.analysis.bars import Bar
from workbench.analysis.batch import detect
from workbench.analysis.detecting import Finding, PatternFinding, StructureFinding
from workbench.analysis.structure import StructureSettings
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Strategy
from workbench.errors import InvalidRequest, StrategyError
from workbench.timeframes import Timeframe

DATA = walk(11, 500)
COLUMNS = {name: resample(DATA, Timeframe.parse(name)) for name in ("15M", "1H")}
STEP = 900_000


def structures(found: Sequence[Finding]) -> list[StructureFinding]:
    return [one for one in found if isinstance(one, StructureFinding)]


def run(
    look: Callable[[Any], Any], init: Callable[[Any], Any] = lambda _: None, **more: Any
) -> list[Any]:
    """Return what was seen at each candle."""

    class Looks(Strategy):
        def init(self) -> None:
            self.seen: list[Any] = []
            init(self)

        def next(self) -> None:
            self.seen.append((int(self.time[-1]) + STEP, look(self)))

    engine = BacktestEngine(type("Mine", (Looks,), more), COLUMNS)
    engine.advance(engine.bars)
    return engine.strategy.seen  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("kind", ["swing_high", "bos", "fvg", "zone"])
@pytest.mark.parametrize("direction", ["bullish", "bearish"])
def test_structure_is_found_by_direction_whatever_the_other_side_did(
    kind: str, direction: Any
) -> None:
    told = [one for one in structures(detect(DATA))
            if (one.kind, one.direction, one.status) == (kind, direction, "confirmed")]  # fmt: skip
    opens = DATA.time.tolist()
    for close, one in run(lambda my: my.structure.found(kind, 12, direction)):
        oldest = opens[max(0, opens.index(close - STEP) - 11)] + STEP
        wanted = [o for o in told if oldest <= o.confirmed_at <= close]
        assert one == (wanted[-1] if wanted else None)


def test_patterns_are_found_by_direction() -> None:
    seen = run(lambda my: [my.patterns.found("engulfing", 9, side)
                           for side in ("bullish", "bearish", None)])  # fmt: skip
    both = [found for _, found in seen if found[0] and found[1]]
    assert both
    for bull, bear, latest in both:
        assert (bull.direction, bear.direction) == ("bullish", "bearish")
        assert latest is max(bull, bear, key=lambda one: one.confirmed_at)


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (lambda my: my.structure.found("chock"), "nothing called 'chock'. Did you mean 'choch'"),
        (lambda my: my.structure.found("fvg_broken"), "nothing called 'fvg_broken'"),
        (lambda my: my.structure.found("fvg", direction="up"), "direction is 'up'"),
        (lambda my: my.structure.found("fvg", within=0), "within is 0"),
        (lambda my: my.patterns.found("doji", within=True), "within is True"),
        (lambda my: my.patterns.found("dojo"), "Did you mean 'doji'"),
        (lambda my: my.on("1H").confluence, "read self.confluence"),
        (lambda my: my.detect(Rises), r"detect in init\(\)"),
    ],
)
def test_what_cannot_be_asked_is_refused(look: Any, words: str) -> None:
    with pytest.raises(StrategyError, match=words.replace("?", r"\?")):
        run(look)


class Rises(wb.OwnDetector):
    """A close above the one before, or below."""

    before = 0.0

    def update(self, bar: Bar) -> Sequence[Finding]:
        up, self.before = bar.close > self.before, bar.close
        zone = self.structure(bar, "zone", "bullish", bar.low)
        return [self.pattern(bar, "rise", "bullish" if up else "bearish"), zone]


def test_own_detectors_are_read_as_they_are_in_the_stream() -> None:
    def init(my: Any) -> None:
        my.mine, my.hours = my.detect(Rises), my.on("1H").detect(Rises("1H"))

    found = detect(COLUMNS, detectors=[Rises])
    told = [one for one in found if isinstance(one, PatternFinding) and one.pattern == "rise"]

    def look(my: Any) -> Any:
        mine = my.mine
        fall = mine.found("rise", 9, "bearish")
        return mine.found("rise"), my.hours.last, mine.found("zone"), fall, list(mine.new)

    seen = run(look, init)
    assert len(seen) > 400
    hours = [one for one in structures(found) if one.timeframe == "1H"]
    for close, (rise, hour, zone, fall, new) in seen:
        assert rise == [o for o in told if o.timeframe == "15M" and o.confirmed_at <= close][-1]
        assert hour == [o for o in hours if o.confirmed_at <= close][-1]
        assert new == [rise, zone]
        assert fall is None or fall.direction == "bearish"


def test_a_run_with_own_detectors_goes_on_where_it_was_saved() -> None:
    class Keeps(Strategy):
        def init(self) -> None:
            self.mine = self.detect(Rises)
            self.seen: list[Any] = []

        def next(self) -> None:
            self.seen.append(self.mine.found("rise"))

    first, again = (BacktestEngine(Keeps, COLUMNS) for _ in range(2))
    first.advance(100)
    again.load(pickle.loads(pickle.dumps(first.save())))
    for engine in (first, again):
        engine.advance(100)
    assert again.strategy.seen == first.strategy.seen  # type: ignore[attr-defined]


@pytest.mark.parametrize("given", [StructureSettings(width=6), {"width": 6}])
def test_what_counts_as_structure_is_the_strategys(given: Any) -> None:
    def look(my: Any) -> Any:
        return my.structure.last, my.on("1H").structure.last, my.confluence.score

    wide = detect(COLUMNS, structure=StructureSettings(width=6))
    scores = wide.confluence()["score"].tolist()
    seen = run(look, lambda my: my.on("1H"), structure_settings=given)
    assert [one[2] for _, one in seen] == scores[-len(seen) :]
    last = [one for one in structures(wide) if one.timeframe == "1H"][-1]
    assert seen[-1][1][1] == last
    assert seen != run(look, lambda my: my.on("1H"))


def test_settings_that_are_none_are_refused_before_the_run() -> None:
    with pytest.raises(InvalidRequest, match="no 'widht'"):
        run(lambda my: None, structure_settings={"widht": 3})


def test_readings_say_what_they_are() -> None:
    _, (structure, patterns, own) = run(
        lambda my: (repr(my.structure), repr(my.patterns), repr(my.mine)),
        lambda my: setattr(my, "mine", my.detect(Rises)),
    )[-1]
    assert structure.startswith("<Structure 15M: ")
    assert patterns.startswith("<Patterns 15M: ")
    assert own.startswith("<Rises 15M: last ")
