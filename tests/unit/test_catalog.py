from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.data import catalog, samples, synthetic
from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.data.store import CandleStore
from workbench.errors import InsufficientData, InvalidRequest, UnknownSymbol, UnknownTimeframe
from workbench.messages import iso_time, parse_time
from workbench.timeframes import Timeframe


def add(root: Path, symbol: str, timeframe: str, start: str, count: int) -> Candles:
    tf = Timeframe.parse(timeframe)
    close = 100 + np.arange(count) % 13
    candles = Candles(
        symbol, tf, parse_time(start) + np.arange(count) * tf.ms, close, close + 1, close - 1,
        close, np.ones(count), f"imported {timeframe}",
    )  # fmt: skip
    CandleStore(root).save(candles)
    return candles


def test_samples_are_there_out_of_the_box(tmp_path: Path) -> None:
    listed = [(i.symbol, i.timeframes, i.kind, i.synthetic) for i in catalog.symbols(tmp_path)]
    assert listed == [
        ("BTC-USD", ("15M",), "synthetic", True),
        ("EUR-USD", ("1H",), "sample", False),
        ("GOOGL", ("1D",), "sample", False),
    ]


def test_the_default_root_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    add(tmp_path / "candles", "SPY", "1D", "2024-01-01", 10)
    assert catalog.find("SPY").kind == "imported"


def test_imported_candles_hide_a_sample_of_their_name(tmp_path: Path) -> None:
    add(tmp_path, "EUR-USD", "15M", "2020-01-01", 1000)
    assert catalog.find("EUR-USD", tmp_path).kind == "imported"
    loaded = catalog.load("EUR-USD", ["1H"], "2020-01-01", "2020-01-05", tmp_path)
    assert loaded["1H"].source == "imported 15M"


@pytest.mark.parametrize("name", ["EUR-USD", "EURUSD", "eur-usd", "EUR/USD", "eur_usd", "EUR USD"])
def test_symbols_are_found_however_they_are_written(name: str, tmp_path: Path) -> None:
    assert catalog.find(name, tmp_path).symbol == "EUR-USD"


def test_a_name_that_fits_two_symbols_finds_only_itself(tmp_path: Path) -> None:
    add(tmp_path, "EURUSD", "1H", "2020-01-01", 10)
    assert catalog.find("EURUSD", tmp_path).symbol == "EURUSD"
    assert catalog.find("EUR-USD", tmp_path).symbol == "EUR-USD"
    with pytest.raises(UnknownSymbol, match="did you mean EUR-USD or EURUSD"):
        catalog.find("eur/usd", tmp_path)


@pytest.mark.parametrize(("name", "hint"), [("EUR-USB", "EUR-USD"), ("GOOG", "GOOGL")])
def test_unknown_symbols_get_a_hint(name: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSymbol, match=f"did you mean {hint}") as caught:
        catalog.find(name, tmp_path)
    assert caught.value.details == {
        "field": "symbol", "value": name, "allowed": ["BTC-USD", "EUR-USD", "GOOGL"],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["", "-", "ZZZ", "../etc"])
def test_unknown_symbols_without_a_likeness(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSymbol) as caught:
        catalog.find(name, tmp_path)
    assert "did you mean" not in caught.value.message


def test_timeframes_come_back_shortest_first_and_once(tmp_path: Path) -> None:
    checked = catalog.check_timeframes("BTC-USD", ["4H", "1h", "15M", "60M"], tmp_path)
    assert [t.name for t in checked] == ["15M", "1H", "4H"]


@pytest.mark.parametrize(
    ("timeframes", "bad"),
    [(["1H", "15M"], "15M"), (["90M"], "90M"), (["4H", "6H"], "6H"), (["4H", "1H", "30M"], "30M")],
)
def test_timeframes_that_cannot_be_built(timeframes: list[str], bad: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownTimeframe, match=f"EUR-USD has no {bad}") as caught:
        catalog.check_timeframes("EUR-USD", timeframes, tmp_path)
    details = caught.value.details
    assert (details["field"], details["value"]) == ("timeframes", bad)
    assert bad not in details["allowed"]
    assert "4H" in details["allowed"]


def test_words_are_no_timeframes(tmp_path: Path) -> None:
    with pytest.raises(UnknownTimeframe, match="'hourly'"):
        catalog.check_timeframes("EUR-USD", ["hourly"], tmp_path)
    for wrong in ([], "1H"):
        with pytest.raises(InvalidRequest, match="must be a list"):
            catalog.check_timeframes("EUR-USD", wrong, tmp_path)


def test_a_plain_end_date_is_meant_to_its_end() -> None:
    day = parse_time("2024-01-31")
    assert catalog.parse_range("2024-01-31", "2024-01-31") == (day, day + 86_400_000)
    noon = "2024-01-31T12:00:00Z"
    assert catalog.parse_range("2024-01-31T01:00+01:00", noon) == (day, parse_time(noon))


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("2024-02-01", "2024-01-31", "end_date"),
        ("2024-01-31T12:00", "2024-01-31T12:00", "end_date"),
        ("31.01.2024", "2024-02-01", "start_date"),
        ("2024-01-01", "2024-02-30", "end_date"),
        ("2024-01-01", "", "end_date"),
        (None, "2024-01-01", "start_date"),
    ],
)
def test_ranges_that_are_none(start: str, end: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        catalog.parse_range(start, end)
    assert caught.value.details["field"] == field
    assert caught.value.details["value"] == (end if field == "end_date" else start)


def test_the_request_of_the_contract(tmp_path: Path) -> None:
    loaded = catalog.load("BTC-USD", ["4H", "1H", "15M"], "2024-01-01", "2024-01-31", tmp_path)
    assert list(loaded) == ["15M", "1H", "4H"]
    assert [len(c) for c in loaded.values()] == [2976, 744, 186]
    assert all(c.synthetic and c.source == synthetic.SOURCE for c in loaded.values())
    assert {int(c.time[0]) for c in loaded.values()} == {parse_time("2024-01-01")}
    assert int(loaded["15M"].time[-1]) == parse_time("2024-01-31T23:45")
    assert np.array_equal(loaded["4H"].close, loaded["15M"].close[15::16])


def test_the_year_of_the_sample(tmp_path: Path) -> None:
    loaded = catalog.load("EUR-USD", ["1H"], "2017-01-01", "2017-12-29", tmp_path)
    assert np.array_equal(loaded["1H"].time, samples.load_sample("EUR-USD").time)


def test_a_range_that_starts_inside_a_longer_candle_skips_it(tmp_path: Path) -> None:
    loaded = catalog.load(
        "BTC-USD", ["15M", "4H"], "2024-01-03T01:00", "2024-01-03T13:00", tmp_path
    )
    assert int(loaded["15M"].time[0]) == parse_time("2024-01-03T01:00")
    assert [int(t) for t in loaded["4H"].time] == [
        parse_time(f"2024-01-03T{hour}:00") for hour in ("04", "08", "12")
    ]
    # The last one has not closed and holds nothing from after the end.
    assert loaded["4H"].close[-1] == loaded["15M"].close[-1]
    assert loaded["4H"].high[-1] == loaded["15M"].high[-4:].max()


def test_the_longest_stored_timeframe_that_fits_is_used(tmp_path: Path) -> None:
    for timeframe, count in (("5M", 12 * 24 * 5), ("1H", 24 * 5), ("4H", 6 * 5)):
        add(tmp_path, "X", timeframe, "2024-01-01", count)

    def source(timeframes: list[str]) -> str:
        loaded = catalog.load("X", timeframes, "2024-01-01", "2024-01-05", tmp_path)
        return loaded[timeframes[0]].source

    assert source(["1H"]) == "imported 1H"
    assert source(["2H"]) == "imported 1H"
    assert source(["30M"]) == "imported 5M"
    assert source(["1D"]) == "imported 4H"
    # Longer ones are built from the shortest asked for, not from what is stored.
    assert source(["4H", "1H"]) == "imported 1H"


def test_longer_candles_equal_those_of_the_whole_history(tmp_path: Path) -> None:
    loaded = catalog.load("EUR-USD", ["1H", "1D"], "2017-03-01", "2017-03-31", tmp_path)
    whole = resample(samples.load_sample("EUR-USD"), Timeframe.parse("1D"))
    part = whole.slice(*catalog.parse_range("2017-03-01", "2017-03-31"))
    assert np.array_equal(loaded["1D"].time, part.time)
    assert np.array_equal(loaded["1D"].high, part.high)


@pytest.mark.parametrize(
    ("start", "end", "details"),
    [
        ("2016-12-01", "2017-02-01",
         {"required_start": "2016-12-01", "available_start": "2017-01-01"}),
        ("2017-11-01", "2018-01-31",
         {"required_end": "2018-01-31", "available_end": "2017-12-29"}),
        ("2016-01-01", "2019-12-31T00:00:00Z",
         {"required_start": "2016-01-01", "available_start": "2017-01-01",
          "required_end": "2019-12-31", "available_end": "2017-12-29"}),
        ("2019-01-01", "2019-12-31",
         {"required_end": "2019-12-31", "available_end": "2017-12-29"}),
        ("2017-01-14", "2017-01-14",
         {"required_start": "2017-01-14", "available_start": "2017-01-01",
          "required_end": "2017-01-14", "available_end": "2017-12-29"}),
    ],
)  # fmt: skip
def test_too_little_data_is_told_truthfully(
    start: str, end: str, details: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(InsufficientData) as caught:
        catalog.load("EURUSD", ["4H", "1H"], start, end, tmp_path)
    assert caught.value.message == "Insufficient historical data"
    assert caught.value.details == {"symbol": "EUR-USD", **details}


def test_a_long_weekend_at_either_side_is_no_lack(tmp_path: Path) -> None:
    loaded = catalog.load("EUR-USD", ["1H"], "2016-12-29", "2018-01-01", tmp_path)
    assert len(loaded["1H"]) == 6225
    with pytest.raises(InsufficientData):
        catalog.load("EUR-USD", ["1H"], "2016-12-28", "2018-01-01", tmp_path)
    with pytest.raises(InsufficientData):
        catalog.load("EUR-USD", ["1H"], "2016-12-29", "2018-01-02", tmp_path)


@pytest.mark.parametrize(
    ("symbol", "start", "end", "field"),
    [
        ("BTC-USD", "2030-01-01", "2031-01-01", "start_date"),
        ("BTC-USD", "2025-01-01", "2025-02-01", "start_date"),
        ("BTC-USD", "2020-01-01", "2020-12-31", "end_date"),
        ("EUR-USD", "2018-01-01", "2018-02-01", "start_date"),
        ("GOOGL", "2001-01-01", "2002-01-01", "end_date"),
    ],
)
def test_a_range_without_any_candle_is_refused_at_once(
    symbol: str, start: str, end: str, field: str
) -> None:
    with pytest.raises(InsufficientData, match=f"{field} is 20") as caught:
        catalog.check_within(catalog.find(symbol), start, end)
    assert caught.value.details["field"] == field
    assert " to " in caught.value.details["allowed"]


@pytest.mark.parametrize("symbol", ["BTC-USD", "EUR-USD", "GOOGL"])
def test_what_is_known_of_the_samples_is_so(symbol: str, tmp_path: Path) -> None:
    info = catalog.find(symbol, tmp_path)
    candles = catalog.load_stored(info, Timeframe.parse(info.timeframes[0]), tmp_path)
    first = iso_time(int(candles.time[0]))
    last, end = iso_time(int(candles.time[-1])), catalog.known_until(symbol, info.timeframes)
    catalog.check_within(info, last, end)
    catalog.check_within(info, first, first[:10])
    with pytest.raises(InsufficientData):
        catalog.check_within(info, end, "2040-01-01")
    with pytest.raises(InsufficientData):
        catalog.check_within(info, "1999-01-01", first)
