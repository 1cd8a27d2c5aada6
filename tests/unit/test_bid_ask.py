"""Candles with a bid and an ask: made, cut, merged, stored and imported as one."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.data.candles import ASKS, PRICES, VALUES, Candles
from workbench.data.importer import import_file, read_file
from workbench.data.resample import downsample, resample
from workbench.data.store import CandleStore
from workbench.data.validate import validate_candles
from workbench.errors import InvalidCandles, InvalidRequest
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

TF = Timeframe.parse("15M")
SIDES = [f"{side}_{name}" for side in ("bid", "ask") for name in PRICES]
LEAN = ["time", *SIDES[:4], "-", *SIDES[4:], "-"]


def make(count: int = 8, **changes: object) -> Candles:
    rng = np.random.default_rng(3)
    close = 100 + rng.normal(size=count)
    opens = close + rng.normal(size=count)
    prices = [opens, np.maximum(opens, close) + 1, np.minimum(opens, close) - 1, close]
    spread = rng.random((4, count))
    time = parse_time("2024-01-01") + np.arange(count) * TF.ms
    asks = dict(zip(ASKS, np.array(prices) + spread, strict=True))
    columns = {**dict(zip(PRICES, prices, strict=True)), **asks, "volume": np.ones(count)}
    return Candles("X", TF, time, **(columns | changes), source="t")


def same(one: Candles, other: Candles) -> bool:
    assert one.names == other.names
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in one.names)


def test_candles_have_all_asks_or_none() -> None:
    assert make().names == ("time", *VALUES, *ASKS)
    assert make(**dict.fromkeys(ASKS)).names == ("time", *VALUES)
    with pytest.raises(InvalidCandles, match="ask_close but not ask_open: give all four or none"):
        make(ask_open=None)
    with pytest.raises(InvalidCandles, match="differ in length"):
        make(ask_low=np.ones(3))
    with pytest.raises(ValueError, match="read-only"):
        make().ask_open[0] = 1  # type: ignore[index]


@pytest.mark.parametrize("name", ["open", "close"])
def test_an_ask_below_its_bid_is_refused(name: str) -> None:
    candles = make()
    asks = getattr(candles, f"ask_{name}").copy()
    asks[[2, 5]] = getattr(candles, name)[[2, 5]] - 0.01
    with pytest.raises(InvalidCandles, match="2 candles, first row 2 at 2024-01-01T00:30") as got:
        candles.replace(**{f"ask_{name}": asks})
    assert got.value.details["rows"] == [2, 5]
    equal = getattr(candles, name) * (1 - 1e-12)
    assert candles.replace(**{f"ask_{name}": equal}).has_ask


def test_asks_are_cut_and_pickled_with_the_rest() -> None:
    candles = make()
    part = candles.slice(int(candles.time[2]), int(candles.time[5]))
    assert part.ask_low is not None
    assert part.ask_low.tolist() == make().ask_low[2:5].tolist()  # type: ignore[index]
    assert same(pickle.loads(pickle.dumps(candles)), candles)


def test_bid_and_ask_are_merged_alike() -> None:
    candles = make(9)
    asks = {name: getattr(candles, ask) for name, ask in zip(PRICES, ASKS, strict=True)}
    other = candles.replace(**asks, **dict.fromkeys(ASKS))
    for merged, alone in (
        (resample(candles, Timeframe.parse("1H")), resample(other, Timeframe.parse("1H"))),
        (downsample(candles, 2), downsample(other, 2)),
    ):
        for name, ask in zip(PRICES, ASKS, strict=True):
            assert getattr(merged, ask).tolist() == getattr(alone, name).tolist()
    hour = resample(candles, Timeframe.parse("1H"))
    assert hour.ask_high is not None
    assert hour.ask_high[0] == candles.ask_high[:4].max()  # type: ignore[index]


def test_frame_round_trip() -> None:
    candles = make()
    frame = candles.to_frame()
    assert list(frame.columns) == [*VALUES, *ASKS]
    assert same(Candles.from_frame(frame, "X", TF), candles)


@pytest.mark.parametrize(
    ("bid", "ask"),
    [("bid_{}", "ask_{}"), ("bid{}", "ask{}"), ("Bid {}", "Ask {}"), ("BID-{}", "ASK-{}")],
)
@pytest.mark.parametrize("letter", [False, True])
def test_a_frame_names_its_sides_in_many_ways(bid: str, ask: str, letter: bool) -> None:
    candles = make()
    frame = candles.to_frame()
    named = {}
    for name in PRICES:
        short = name[0].upper() if letter else name
        named |= {name: bid.format(short), f"ask_{name}": ask.format(short)}
    assert same(Candles.from_frame(frame.rename(columns=named), "X", TF), candles)
    frame = frame.rename(columns=named)
    frame["close"] = 1.0  # a mid, or the last trade: the bid's own column wins
    assert same(Candles.from_frame(frame, "X", TF), candles)


def test_validation_looks_at_the_ask() -> None:
    candles = make()
    assert validate_candles(candles).ok
    asks = candles.ask_high.copy()  # type: ignore[union-attr]
    asks[3] = np.nan
    report = validate_candles(candles.replace(ask_high=asks))
    assert [(f.kind, f.rows) for f in report.errors] == [("bad_price", (3,))]
    assert "ask price missing" in str(report)
    asks[3] = 1.0
    report = validate_candles(candles.replace(ask_high=asks))
    assert [(f.kind, f.rows) for f in report.errors] == [("broken_ohlc", (3,))]


def test_the_store_keeps_the_ask(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    candles = make()
    store.save(candles)
    assert same(store.load("X", TF), candles)
    plain = candles.replace(**dict.fromkeys(ASKS))
    store.save(plain, replace=True)
    assert not store.load("X", TF).has_ask


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather"])
def test_files_with_bid_and_ask_are_imported(kind: str, tmp_path: Path) -> None:
    candles = make(50)
    names = {
        **{name: f"Bid{name[0].upper()}" for name in PRICES},
        **{name: f"Ask{name[4].upper()}" for name in ASKS},
    }
    frame = candles.to_frame().rename(columns=names).reset_index()
    path = tmp_path / f"x.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    else:
        getattr(frame, f"to_{kind}")(path)
    result = import_file(path, "X", "15M", store=CandleStore(tmp_path / "store"))
    assert same(result.candles, candles)
    assert "the ask is kept beside" in result.notes[0]
    assert same(CandleStore(tmp_path / "store").load("X", TF), candles)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


ROW = "20240102 {:02}:00,1.1,1.3,1.0,1.2,0,1.2,1.4,1.1,1.3,0"


def test_a_file_without_a_header_is_read_by_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", *(ROW.format(hour) for hour in (10, 11, 12)))
    candles = read_file(path, "X", "1H", columns=LEAN).candles
    assert candles.time[0] == parse_time("2024-01-02T10:00")
    assert [getattr(candles, name)[0] for name in (*PRICES, *ASKS)] == [
        1.1, 1.3, 1.0, 1.2, 1.2, 1.4, 1.1, 1.3,
    ]  # fmt: skip
    with pytest.raises(InvalidRequest, match=r"no usable header.*--columns"):
        read_file(path, "X", "1H")
    with pytest.raises(InvalidRequest, match="lack high") as caught:
        read_file(path, "X", "1H", columns=["time", "open", "-", "low", "close"])
    assert caught.value.details["field"] == "columns"
    with pytest.raises(InvalidCandles, match="missing cells"):
        read_file(path, "X", "1H", columns=[*LEAN, "volume"])


def test_columns_name_those_of_a_table_too(tmp_path: Path) -> None:
    frame = make().to_frame()[list(PRICES)].reset_index()
    frame.columns = pd.Index(["a", "b", "c", "d", "e"])
    frame.to_parquet(tmp_path / "x.parquet")
    names = ["time", *PRICES]
    candles = read_file(tmp_path / "x.parquet", "X", "15M", columns=names).candles
    assert candles.close.tolist() == make().close.tolist()
    with pytest.raises(InvalidRequest, match="has 5 columns, a, b, c, d, e: fewer than are named"):
        read_file(tmp_path / "x.parquet", "X", "15M", columns=[*names, "volume"])


def test_broken_asks_are_refused_by_line(tmp_path: Path) -> None:
    crossed = ROW.format(12).replace("1.2,1.4,1.1,1.3,0", "1.05,1.4,1.0,1.3,0")
    path = write(tmp_path / "x.csv", ROW.format(10), ROW.format(11), crossed)
    with pytest.raises(InvalidCandles, match="ask below bid at open or close: row 3") as caught:
        read_file(path, "X", "1H", columns=LEAN)
    assert caught.value.details["problems"] == {"crossed_spread": 1}


def test_an_ask_that_lacks_prices_is_left_out_and_told(tmp_path: Path) -> None:
    head = "time,open,high,low,close,ask_close"
    rows = [f"2024-01-02 {hour}:00,1,2,1,2,3" for hour in (10, 11, 12)]
    result = read_file(write(tmp_path / "x.csv", head, *rows), "X", "1H")
    assert not result.candles.has_ask
    assert any("ask_close left out" in note for note in result.notes)


def test_a_file_alone_in_an_archive_is_read(tmp_path: Path) -> None:
    text = "\n".join(ROW.format(hour) for hour in (10, 11, 12))
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.csv", text)
    assert len(read_file(path, "X", "1H", columns=LEAN).candles) == 3
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.csv", text)
    with pytest.raises(InvalidRequest, match=r"holds 2 text files \(inner.csv, other.csv\)"):
        read_file(path, "X", "1H", columns=LEAN)
    path.write_bytes(b"no archive")
    with pytest.raises(InvalidRequest, match="cannot be unpacked"):
        read_file(path, "X", "1H")
