"""How wb.detect is called, and what it says where it cannot be."""

from __future__ import annotations

import pickle
from typing import Any

import pandas as pd
import pytest
from random_runs import walk

import workbench as wb
from workbench.analysis.bars import bars_of
from workbench.analysis.detecting import ConfluenceFinding
from workbench.analysis.findings import Findings
from workbench.analysis.market import MarketAnalysis
from workbench.data.resample import resample
from workbench.data.samples import load_sample
from workbench.errors import InvalidCandles, InvalidRequest, UnknownTimeframe, WorkbenchError
from workbench.timeframes import Timeframe

DATA = walk(11, 400)
HOURS = resample(DATA, Timeframe.parse("1H"))
WHOLE = wb.detect(DATA)
BOTH = wb.detect({"15M": DATA, "1H": HOURS})


def table(**attrs: Any) -> pd.DataFrame:
    frame = DATA.to_frame()
    frame.attrs = attrs
    return frame


@pytest.mark.parametrize(
    "given",
    [
        table(), table(symbol="X", timeframe="15M"), table().drop(columns="volume"),
        table().reset_index(), table().rename(columns=str.title), table().tz_localize(None),
        {"15M": table()}, {"15m": DATA},
    ],
    ids=["index", "attrs", "no volume", "column", "titles", "no zone", "mapping", "lower case"],
)  # fmt: skip
def test_tables_are_candles(given: Any) -> None:
    assert wb.detect(given) == WHOLE


def test_history_is_taken_as_it_comes() -> None:
    sample = load_sample("EUR-USD")
    frame = wb.history("EUR-USD", "1H", start="2017-03-01", end="2017-03-20")
    start, end = (int(frame.index[k].timestamp() * 1000) for k in (0, -1))
    assert wb.detect(frame) == wb.detect(sample.slice(start, end + 1))


def test_several_timeframes_as_tables_and_one_as_a_word() -> None:
    assert wb.detect({"15M": table(), "1H": HOURS.to_frame()}) == BOTH
    assert wb.detect(DATA, timeframes="1H") == wb.detect(HOURS)


@pytest.mark.parametrize(
    ("given", "more", "error", "words"),
    [
        ("BTC-USD", {}, InvalidRequest, r"wb\.history\('BTC-USD'"),
        ([DATA], {}, InvalidRequest, "list are no candles"),
        (DATA[:0], {}, InvalidRequest, "There are no candles"),
        (table().drop(columns="low"), {}, InvalidCandles, "lacks low"),
        (table().reset_index(drop=True), {}, InvalidCandles, "has no times"),
        (table().iloc[:1], {}, InvalidRequest, "attrs.'timeframe'"),
        ({"1H": DATA}, {}, InvalidRequest, "named '1H' are 15M ones"),
        ({"1H": table()}, {}, InvalidCandles, r"\d+ 1H candles of TABLE do not open on the grid"),
        ({"BTC": DATA}, {}, UnknownTimeframe, "'BTC'"),
        ({"15M": DATA, "1H": HOURS.replace(symbol="Y")}, {}, InvalidRequest, "of TEST and Y"),
        ({"15M": DATA, "15m": DATA}, {}, InvalidRequest, "given twice"),
        (DATA, {"timeframes": []}, InvalidRequest, "no timeframe"),
        (DATA, {"timeframes": 15}, InvalidRequest, "timeframes are 15"),
        (DATA, {"timeframes": "5M"}, UnknownTimeframe, "5M cannot be built"),
        (DATA, {"structure": {"widht": 3}}, InvalidRequest, "'widht'.*Did you mean 'width'"),
        (DATA, {"structure": {"width": 2.5}}, InvalidRequest, "width .* 2.5"),
        (DATA, {"structure": 3}, InvalidRequest, "structure settings are 3"),
        (DATA, {"weights": [0.5]}, InvalidRequest, r"are \[0.5\]"),
        (DATA, {"patterns": 3}, InvalidRequest, "patterns are 3"),
        (DATA, {"detectors": 3}, InvalidRequest, "Detectors are 3"),
    ],
)
def test_what_it_cannot_take_is_named(
    given: Any, more: dict[str, Any], error: type[WorkbenchError], words: str
) -> None:
    with pytest.raises(error, match=words):
        wb.detect(given, **more)


def test_candles_off_the_grid_are_refused_as_in_a_stream() -> None:
    off = HOURS.replace(time=HOURS.time + 1_800_000)
    with pytest.raises(InvalidCandles, match="do not open on the grid"):
        wb.detect(off)
    with pytest.raises(InvalidCandles, match="does not open on the grid"):
        MarketAnalysis("X", ["1H"]).closed("1H", bars_of(off)[0])


def test_it_is_shown_in_short() -> None:
    counts = WHOLE.counts()
    assert sum(counts.values()) == len(WHOLE)
    assert counts["confluence"] == 400
    assert repr(WHOLE).startswith(f"<Findings: {len(WHOLE):,}: confluence 400, ")
    assert len(repr(WHOLE)) < 400
    assert repr(Findings()) == "<Findings: 0>"
    page = WHOLE._repr_html_()
    assert page.count("<table") == 3
    assert len(page) < 20_000


def test_a_part_has_tables_too() -> None:
    part = WHOLE[100:200]
    assert type(part) is Findings
    assert len(part.confluence()) == sum(isinstance(o, ConfluenceFinding) for o in part)
    assert WHOLE[-1] == list(WHOLE)[-1]
    assert pickle.loads(pickle.dumps(part)) == part
