"""Which candles may tell what happened within a run's, and where they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.data import build_intrabar, check_intrabar, load, load_intrabar
from workbench.data.candles import Candles
from workbench.data.store import CandleStore
from workbench.engine.market import market
from workbench.engine.rules import layout
from workbench.engine.settings import Settings
from workbench.errors import InsufficientData, InvalidRequest, UnknownTimeframe
from workbench.messages import parse_time
from workbench.timeframes import Timeframe


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tf = Timeframe.parse("5M")
    count = 12 * 24 * 10
    close = 100 + np.random.default_rng(1).normal(size=count).cumsum() * 0.1
    time = parse_time("2024-01-01") + np.arange(count) * tf.ms
    opens = np.append(100.0, close[:-1])
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    candles = Candles("SPY", tf, time, opens, high, low, close, np.ones(count), "test")
    CandleStore(tmp_path).save(candles)
    return tmp_path


def test_a_runs_intrabar_candles_tell_all_of_it(root: Path) -> None:
    asked = ("2024-01-02", "2024-01-08")
    run = load("SPY", ["1H"], *asked, root=root)["1H"]
    inside = load_intrabar("spy", ["4H", "1H"], "15m", *asked, root=root)
    assert inside.timeframe.name == "15M"
    assert len(inside) == 4 * len(run)
    m = market(run, Settings(), inside)
    assert (np.diff(m[layout.M_FIRST]) == 4).all()
    assert m[layout.I_CLOSE].tolist() == inside.close.tolist()


def test_candles_at_hand_are_built_from(root: Path) -> None:
    five = load("SPY", ["5M"], "2024-01-02", "2024-01-03", root=root)["5M"]
    assert build_intrabar(five, Timeframe.parse("1H"), "5M").close.tolist() == five.close.tolist()
    assert len(build_intrabar(five, Timeframe.parse("1H"), "30M")) == len(five) // 6
    with pytest.raises(InvalidRequest, match=r"SPY has no 1M candles.*: use 5M or 15M or 30M"):
        build_intrabar(five, Timeframe.parse("1H"), "1M")


@pytest.mark.parametrize(
    ("timeframes", "intrabar", "said", "allowed"),
    [
        (["1H"], "1H", "shorter than the run's 1H, not 1H: use 5M or 15M", ["5M", "15M", "30M"]),
        (["1H", "15M"], "30M", "shorter than the run's 15M", ["5M"]),
        (["1H"], "1M", "SPY has no 1M candles and none to build", ["5M", "15M", "30M"]),
        (["1H"], "25M", "whole 25M candles do not fill the run's 1H", ["5M", "15M", "30M"]),
        (["5M"], "1M", "SPY has candles from 5M up, import shorter ones", []),
    ],
)
def test_what_cannot_be_intrabar_is_refused(
    timeframes: list[str], intrabar: str, said: str, allowed: list[str], root: Path
) -> None:
    with pytest.raises(InvalidRequest, match=said) as caught:
        check_intrabar("SPY", timeframes, intrabar, root)
    assert caught.value.details == {"field": "intrabar", "value": intrabar, "allowed": allowed}


def test_a_sample_has_nothing_shorter(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="EUR-USD has candles from 1H up"):
        check_intrabar("EUR-USD", ["1H"], "15M", tmp_path)
    assert check_intrabar("EUR-USD", ["1D", "4H"], "1H", tmp_path).name == "1H"
    with pytest.raises(UnknownTimeframe, match="hourly"):
        check_intrabar("EUR-USD", ["1D"], "hourly", tmp_path)


def test_shorter_candles_must_cover_the_run(root: Path) -> None:
    # The run's own candles go on for a year; the shorter ones end after ten days.
    five = load("SPY", ["5M"], "2024-01-01", "2024-01-10", root=root)["5M"]
    tf = Timeframe.parse("1H")
    flat = np.full(24 * 365, 100.0)
    time = five.time[0] + np.arange(len(flat)) * tf.ms
    CandleStore(root).save(Candles("SPY", tf, time, flat, flat, flat, flat, flat, "test"))
    with pytest.raises(InsufficientData, match="5M candles of SPY for all of the run") as caught:
        load_intrabar("SPY", ["1H"], "5M", "2024-01-02", "2024-03-01", root)
    assert caught.value.details == {
        "symbol": "SPY", "timeframe": "5M",
        "required_end": "2024-03-01", "available_end": "2024-01-10",
    }  # fmt: skip
