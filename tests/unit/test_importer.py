from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.data import samples
from workbench.data.candles import VALUES, Candles
from workbench.data.importer import import_file, read_file
from workbench.data.store import CandleStore
from workbench.errors import Conflict, InvalidCandles, InvalidRequest, UnknownTimeframe
from workbench.messages import parse_time
from workbench.timeframes import Timeframe

HEADER = "time,open,high,low,close,volume"
ROWS = [
    "2024-01-02 10:00,1.1,1.3,1.0,1.2,10",
    "2024-01-02 11:00,1.2,1.4,1.1,1.3,20",
    "2024-01-02 12:00,1.3,1.5,1.2,1.4,30",
]
OPENS = [parse_time(f"2024-01-02T{hour}:00") for hour in (10, 11, 12)]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, name: str = "x.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return write


def same(one: Candles, other: Candles) -> bool:
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in ("time", *VALUES))


def test_a_plain_file(write: Callable[..., Path]) -> None:
    result = read_file(write(HEADER, *ROWS), "X", "1H")
    assert result.candles.time.tolist() == OPENS
    assert result.candles.high.tolist() == [1.3, 1.4, 1.5]
    assert result.candles.source == "imported from x.csv"
    assert (result.rows_read, result.duplicates_dropped, result.notes) == (3, 0, [])
    assert result.report.ok
    assert str(result).startswith("X 1H: 3 candles, 2024-01-02T10:00:00Z to 2024-01-02T12:00:00Z")


@pytest.mark.parametrize(
    "header",
    [
        "Date,Open,High,Low,Close,Volume", "timestamp,o,h,l,c,v",
        "Gmt time,Open,High,Low,Close,Volume ", '"DateTime","OPEN","HIGH","LOW","CLOSE","VOL"',
        "Open Time,Open Price,High Price,Low Price,Close Price,Volume BTC",
    ],
)  # fmt: skip
def test_usual_headers(header: str, write: Callable[..., Path]) -> None:
    result = read_file(write(header, *ROWS), "X", "1H")
    assert result.candles.time.tolist() == OPENS
    assert result.candles.volume.tolist() == [10, 20, 30]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_and_decimal_commas(mark: str, write: Callable[..., Path]) -> None:
    lines = [line.replace(",", mark).replace(".", ",") for line in (HEADER, *ROWS)]
    result = read_file(write(*lines, encoding="utf-8-sig"), "X", "1H")
    assert result.candles.open.tolist() == [1.1, 1.2, 1.3]


def test_columns_in_any_order_with_others_between(write: Callable[..., Path]) -> None:
    lines = ["Close,Adj Close,Low,High,Open,Date", "2,9,1,4,3,2024-01-02", "2,9,1,4,3,2024-01-03"]
    result = read_file(write(*lines), "X", "1D")
    assert [float(getattr(result.candles, n)[0]) for n in VALUES] == [3, 4, 1, 2, 0]
    assert "no volume column" in result.notes[0]


def test_metatrader_files(write: Callable[..., Path]) -> None:
    header = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    lines = [f"2024.01.02\t{h}:00:00\t1\t3\t1\t2\t{h}\t0\t7" for h in (10, 11, 12)]
    result = read_file(write(header, *lines), "X", "1H")
    assert result.candles.time.tolist() == OPENS
    assert result.candles.volume.tolist() == [10, 11, 12]
    assert "tick count" in result.notes[0]


def test_a_line_above_the_header_and_rows_newest_first(write: Callable[..., Path]) -> None:
    result = read_file(write("https://www.example.com", HEADER, *ROWS[::-1]), "X", "1H")
    assert result.candles.time.tolist() == OPENS
    assert "newest first" in result.notes[0]


def test_unsorted_rows_are_sorted_and_told(write: Callable[..., Path]) -> None:
    result = read_file(write(HEADER, ROWS[1], ROWS[0], ROWS[2]), "X", "1H")
    assert result.candles.close.tolist() == [1.2, 1.3, 1.4]
    assert "1 steps back" in result.notes[0]


def test_exact_duplicates_are_dropped_and_counted(write: Callable[..., Path]) -> None:
    result = read_file(write(HEADER, *ROWS, ROWS[1], ROWS[1]), "X", "1H")
    assert result.candles.time.tolist() == OPENS
    assert result.duplicates_dropped == 2
    assert any("2 rows that repeat" in note for note in result.notes)


def test_conflicting_duplicates_are_refused(write: Callable[..., Path]) -> None:
    other = ROWS[1].replace("1.3,20", "1.2,20")
    with pytest.raises(InvalidCandles, match="occurs already: row 5") as caught:
        read_file(write(HEADER, *ROWS, other), "X", "1H")
    assert caught.value.details["rows"] == [5]
    assert caught.value.details["problems"] == {"duplicate": 1}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("2024-01-02 13:00,,1.5,1.2,1.4,30", "bad_price"),
        ("2024-01-02 13:00,null,null,null,null,null", "bad_price"),
        ("2024-01-02 13:00,1.3,1.5,1.2,-1,30", "bad_price"),
        ("2024-01-02 13:00,1.3,1.2,1.2,1.4,30", "broken_ohlc"),
        ("2024-01-02 13:00,1.3,1.5,1.4,1.4,30", "broken_ohlc"),
        ("2024-01-02 13:00,1.3,1.5,1.2,1.4,nan", "bad_volume"),
    ],
)
def test_broken_rows_are_refused_by_line(
    row: str, problem: str, write: Callable[..., Path]
) -> None:
    # The empty line counts: line numbers are those an editor shows.
    with pytest.raises(InvalidCandles, match="row 6") as caught:
        read_file(write(HEADER, *ROWS, "", row), "X", "1H")
    assert caught.value.details["rows"] == [6]
    assert problem in caught.value.details["problems"]


def test_cells_that_are_no_numbers_and_short_rows(write: Callable[..., Path]) -> None:
    with pytest.raises(InvalidCandles, match="close is not a number, first 'x': rows") as caught:
        read_file(write(HEADER, *ROWS, "2024-01-02 13:00,1.3,1.5,1.2,x,3"), "X", "1H")
    assert caught.value.details["rows"] == [5]
    with pytest.raises(InvalidCandles, match="missing cells") as caught:
        read_file(write(HEADER, *ROWS, "2024-01-02 13:00,1.3"), "X", "1H")
    assert caught.value.details["rows"] == [5]


@pytest.mark.parametrize("lines", [ROWS, [""], ["time,price", "2024-01-02,1"]])
def test_a_file_without_a_usable_header_is_refused(
    lines: list[str], write: Callable[..., Path]
) -> None:
    with pytest.raises(InvalidRequest, match=r"no usable header.*time .*open, high") as caught:
        read_file(write(*lines), "X", "1H")
    assert caught.value.details["field"] == "header"


def test_a_header_alone_is_no_data(write: Callable[..., Path]) -> None:
    with pytest.raises(InvalidCandles, match="there are no candles"):
        read_file(write(HEADER), "X", "1H")


def test_files_that_cannot_be_read(tmp_path: Path, write: Callable[..., Path]) -> None:
    with pytest.raises(InvalidRequest, match="There is no file"):
        read_file(tmp_path / "none.csv", "X", "1H")
    with pytest.raises(InvalidRequest, match="not a kind of file") as caught:
        read_file(write("x", name="x.xlsx"), "X", "1H")
    assert ".csv" in caught.value.details["allowed"]
    for name in ("x.parquet", "x.feather"):
        with pytest.raises(InvalidRequest, match="cannot be read"):
            read_file(write("no such thing", name=name), "X", "1H")
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        read_file(write(HEADER, "é", encoding="latin-1"), "X", "1H")
    with pytest.raises(UnknownTimeframe):
        read_file(write(HEADER, *ROWS), "X", "hourly")


def test_a_wrong_timeframe_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(InvalidCandles, match="declared 4H, but the median step is 1:00:00"):
        read_file(write(HEADER, *ROWS), "X", "4H")


def test_clock_times_are_converted(write: Callable[..., Path]) -> None:
    result = read_file(write(HEADER, *ROWS), "X", "1H", tz="America/New_York")
    assert result.candles.time.tolist() == [t + 5 * 3_600_000 for t in OPENS]


def test_offsets_win_over_the_zone(write: Callable[..., Path]) -> None:
    lines = [row.replace(":00,", ":00Z,", 1) for row in ROWS]
    result = read_file(write(HEADER, *lines), "X", "1H", tz="America/New_York")
    assert result.candles.time.tolist() == OPENS
    assert "not applied" in result.notes[0]


def test_daily_dates_name_days(write: Callable[..., Path]) -> None:
    lines = [f"2024-03-{day:02},1,3,1,2,5" for day in (8, 9, 10, 11, 12)]
    result = read_file(write(HEADER, *lines), "X", "1D", tz="America/New_York")
    assert result.candles.time[0] == parse_time("2024-03-08")
    assert np.unique(np.diff(result.candles.time)).tolist() == [86_400_000]
    assert "stay at 00:00 UTC" in result.notes[0]


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "feather"])
@pytest.mark.parametrize("times", ["index", "naive", "utc", "local", "ms", "s", "text"])
def test_every_format_gives_the_same_candles(kind: str, times: str, tmp_path: Path) -> None:
    sample = samples.load_sample("EUR-USD")[:500]
    frame = sample.to_frame()
    tz = "UTC"
    if times != "index":
        frame = frame.reset_index()
    if times == "naive":
        frame["time"] = frame["time"].dt.tz_localize(None)
    elif times == "local":
        tz = "America/New_York"
        frame["time"] = frame["time"].dt.tz_convert(tz).dt.tz_localize(None)
    elif times in ("ms", "s"):
        frame["time"] = sample.time // (1 if times == "ms" else 1000)
    elif times == "text":
        frame["time"] = frame["time"].dt.strftime("%d.%m.%Y %H:%M:%S.000")
    path = tmp_path / f"x.{kind}"
    if kind in ("csv", "tsv"):
        frame.to_csv(path, sep="," if kind == "csv" else "\t", index=times == "index")
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_feather(path)
    assert same(read_file(path, "EUR-USD", "1H", tz=tz).candles, sample)


def test_tables_name_rows_and_lacking_columns(tmp_path: Path) -> None:
    frame = samples.load_sample("EUR-USD")[:50].to_frame().reset_index()
    frame.loc[7, "close"] = np.nan
    frame.to_parquet(tmp_path / "x.parquet")
    with pytest.raises(InvalidCandles, match="row 8 ") as caught:
        read_file(tmp_path / "x.parquet", "X", "1H")
    assert caught.value.details["rows"] == [8]
    frame.drop(columns=["time", "low"]).to_feather(tmp_path / "x.feather")
    with pytest.raises(InvalidRequest, match="lacks time, low"):
        read_file(tmp_path / "x.feather", "X", "1H")
    frame.loc[3, "time"] = pd.NaT
    frame.to_parquet(tmp_path / "x.parquet")
    with pytest.raises(InvalidCandles, match=r"no time in rows \[4\]"):
        read_file(tmp_path / "x.parquet", "X", "1H")


def test_import_stores_with_its_provenance(write: Callable[..., Path], tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "candles")
    path = write(HEADER, *ROWS)
    result = import_file(path, "X", "1H", tz="Europe/Athens", store=store)
    stored = store.load("X", Timeframe.parse("1H"))
    assert same(stored, result.candles)
    assert stored.source == "imported from x.csv"
    assert store.metadata("X", stored.timeframe)["tz"] == "Europe/Athens"
    assert result.stored_at == store.path("X", stored.timeframe)
    with pytest.raises(Conflict):
        import_file(path, "X", "1H", store=store)
    import_file(path, "X", "1H", store=store, replace=True)
    assert store.load("X", stored.timeframe).time.tolist() == OPENS


def test_refused_files_leave_the_store_alone(write: Callable[..., Path], tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "candles")
    with pytest.raises(InvalidCandles):
        import_file(write(HEADER, ROWS[0], ROWS[0] + "1"), "X", "1H", store=store)
    with pytest.raises(InvalidRequest, match="cannot be a symbol"):
        import_file(write(HEADER, *ROWS), "../x", "1H", store=store, replace=True)
    assert store.symbols() == []


def test_the_default_store_is_the_users_own(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    result = import_file(write(HEADER, *ROWS), "X", "1H")
    assert result.stored_at == tmp_path / "candles" / "X" / "1H.parquet"


def test_a_brokers_file_in_its_own_zone(shared_file: Callable[[str], Path]) -> None:
    path = shared_file("eurusd_mt5_15m_2022-2023.csv")
    as_utc = read_file(path, "EURUSD", "15M")
    assert [f.kind for f in as_utc.report.warnings if f.kind == "time_zone"] == ["time_zone"]
    assert "Europe/Athens" in str(as_utc.report)
    result = read_file(path, "EURUSD", "15M", tz="Europe/Athens")
    assert "time_zone" not in {f.kind for f in result.report.warnings}
    candles = result.candles
    assert len(candles) == 24_424
    assert candles.time[0] == parse_time("2022-10-09T21:00")
    assert (candles.volume[0], candles.open[0]) == (60, 0.97312)


def test_exchange_files_with_outages(shared_file: Callable[[str], Path]) -> None:
    result = read_file(shared_file("btcusdt_binance_15m_2023.feather"), "BTC", "15M")
    gap = next(f for f in result.report.warnings if f.kind == "gaps")
    assert "1 gap, 5 candles missing" in gap.message
    assert "2023-03-24T14:00:00Z" in gap.message
    hours = read_file(shared_file("btcusdt_binance_1h_2017-2024.feather"), "BTC", "1H")
    gap = next(f for f in hours.report.warnings if f.kind == "gaps")
    assert "28 gaps, 128 candles missing" in gap.message
