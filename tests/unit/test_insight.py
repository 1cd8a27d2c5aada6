"""What strategies read of the detectors: the same as the stream tells, and not before."""

from __future__ import annotations

import pickle
from typing import Any, ClassVar

import pytest
from random_runs import walk

from workbench.analysis.batch import detect
from workbench.analysis.detecting import ConfluenceFinding, StructureFinding
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Strategy
from workbench.errors import InvalidRequest, StrategyError
from workbench.timeframes import Timeframe

DATA = walk(11, 700)
COLUMNS = {name: resample(DATA, Timeframe.parse(name)) for name in ("15M", "1H", "4H")}
STEP = 900_000


class Notes(Strategy):
    """Writes down all it can read at each candle."""

    def init(self) -> None:
        self.hours = self.on("1H").structure
        self.notes: list[Any] = []

    def next(self) -> None:
        mine, hours = self.structure, self.hours
        seen = self.confluence
        self.notes.append((
            int(self.time[-1]) + STEP, seen.score, seen.direction, seen.rationale,
            [term.value for term in seen.terms.values()], dict(self.patterns.values),
            dict(self.on("4H").patterns.values), mine.trend, hours.trend, hours.last,
            hours.swing_high, hours.swing_low, mine.fvgs, mine.order_blocks, mine.zones,
            mine.pools, hours.zones, list(mine.new), mine.atr, mine.found("choch", 5),
            self.patterns.found("engulfing", 3), self.patterns.found("doji", 3),
        ))  # fmt: skip


def notes(count: int | None = None, kind: type[Strategy] = Notes) -> list[Any]:
    columns = COLUMNS if count is None else {
        name: resample(DATA[:count], Timeframe.parse(name)) for name in COLUMNS
    }  # fmt: skip
    engine = BacktestEngine(kind, columns)
    engine.advance(engine.bars)
    return engine.strategy.notes  # type: ignore[attr-defined, no-any-return]


def test_the_score_is_the_streams() -> None:
    told = {one.confirmed_at: one for one in detect(COLUMNS) if isinstance(one, ConfluenceFinding)}
    written = notes()
    assert len(written) > 600
    for close, score, direction, rationale, values, *_ in written:
        one = told[close]
        assert (one.score, one.direction, one.rationale) == (score, direction, rationale)
        assert [term.value for term in one.terms] == values


def test_structure_is_the_streams_and_no_longer_candle_is_known_before_it_closes() -> None:
    hourly = [one for one in detect(COLUMNS)
              if isinstance(one, StructureFinding) and one.timeframe == "1H"]  # fmt: skip
    for close, *_, in_last in [(note[0], note[9]) for note in notes()]:
        known = [one for one in hourly if one.confirmed_at <= close]
        assert in_last == (known[-1] if known else None)


@pytest.mark.parametrize("count", [333, 400, 401, 402, 403])
def test_nothing_depends_on_later_candles(count: int) -> None:
    part = notes(count)
    assert repr(part) == repr(notes()[: len(part)])


def test_what_is_found_is_found_for_so_many_candles() -> None:
    class Finds(Notes):
        def next(self) -> None:
            one = self.structure.found("choch")
            before = self.structure.found("choch", 2)
            gone = self.structure.found("fvg_filled")
            self.notes.append((one, before, gone, list(self.structure.new)))

    seen = notes(None, Finds)
    fresh = [number for number, note in enumerate(seen) if note[0] is not None]
    assert fresh
    for number in fresh:
        assert seen[number][0] in seen[number][3]
        assert seen[number + 1][1] is not None
    assert all(gone.status == "filled" for _, _, gone, _ in seen if gone is not None)
    assert any(note[2] for note in seen)


def test_it_is_asked_late_or_seldom_and_says_the_same() -> None:
    class Seldom(Notes):
        def next(self) -> None:
            if len(self.close) % 97 == 0:
                super().next()

    often = {note[0]: note for note in notes()}
    rare = notes(None, Seldom)
    assert len(rare) == 700 // 97
    assert [repr(note[:9]) for note in rare] == [repr(often[note[0]][:9]) for note in rare]


def test_a_run_goes_on_where_it_was_saved() -> None:
    engine, again = (BacktestEngine(Notes, COLUMNS) for _ in range(2))
    engine.advance(400)
    saved = engine.save()
    engine.advance(300)
    again.load(pickle.loads(pickle.dumps(saved)))
    again.advance(300)
    assert repr(again.strategy.notes) == repr(engine.strategy.notes)  # type: ignore[attr-defined]
    # And back, on an engine whose detectors have seen more.
    engine.load(saved)
    engine.advance(300)
    assert repr(again.strategy.notes) == repr(engine.strategy.notes)  # type: ignore[attr-defined]


def test_strategies_of_a_run_share_what_is_seen() -> None:
    engine = BacktestEngine([Notes, type("Other", (Notes,), {})], COLUMNS)
    first, second = engine.strategies
    assert first.structure is second.structure
    engine.advance(200)
    assert repr(first.notes) == repr(second.notes)  # type: ignore[attr-defined]


def test_weights_are_the_strategys() -> None:
    class Trend(Notes):
        confluence_weights: ClassVar = {"location": 0, "pattern": 0, "momentum": 0}

    assert {abs(note[4][0]) for note in notes(None, Trend)} == {
        note[1] for note in notes(None, Trend)
    }

    class Wrong(Notes):
        confluence_weights: ClassVar = {"luck": 1.0}

    with pytest.raises((StrategyError, InvalidRequest), match="no term 'luck'"):
        notes(None, Wrong)


def test_before_the_first_candle_there_is_nothing_to_read() -> None:
    class Hasty(Notes):
        def init(self) -> None:
            self.first = self.confluence

    with pytest.raises(StrategyError, match=r"read confluence in next\(\)"):
        notes(None, Hasty)


def test_its_names_are_no_parameters() -> None:
    with pytest.raises(TypeError, match="structure = 3: 'structure' belongs to every strategy"):
        type("Mine", (Strategy,), {"structure": 3})
