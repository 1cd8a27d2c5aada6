"""Real prices with their gaps, weekends, clock changes and still candles."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from workbench.data.candles import PRICES, Candles
from workbench.data.importer import ImportResult, read_file
from workbench.data.resample import resample
from workbench.data.samples import load_sample
from workbench.engine.market import market
from workbench.engine.rules import layout
from workbench.engine.settings import Convention, Settings
from workbench.errors import InvalidCandles
from workbench.messages import iso_time, parse_time
from workbench.timeframes import Timeframe

Find = Callable[[str], Path]
ROW = ["time", *(f"bid_{name}" for name in PRICES), "-", *(f"ask_{name}" for name in PRICES), "-"]
NEW_YORK = "America/New_York"


@cache
def binance(path: Path) -> Candles:
    return read_file(path, "BTC", "15M").candles


@cache
def lean(path: Path, tz: str = "UTC") -> ImportResult:
    """One year of the file: reading all twelve takes seconds."""
    with zipfile.ZipFile(path) as archive, archive.open("eurusd.csv") as file:
        year = b"".join(line for line in file if line.startswith(b"2017"))
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "eurusd.zip"
        with zipfile.ZipFile(part, "w") as archive:
            archive.writestr("eurusd.csv", year)
        return read_file(part, "EUR-USD", "1H", tz=tz, columns=ROW)


@pytest.fixture
def bitcoin(shared_file: Find) -> Candles:
    return binance(shared_file("btcusdt_binance_15m_2023.feather"))


@pytest.fixture
def euro(shared_file: Find) -> Candles:
    return lean(shared_file("eurusd_oanda_1h_lean.zip")).candles


def missing(candles: Candles, code: int) -> list[str]:
    at = np.flatnonzero(market(candles, Settings())[layout.M_MISSING] == code)
    return [iso_time(int(time)) for time in candles.time[at]]


def test_an_exchange_that_never_closes_has_one_outage(bitcoin: Candles) -> None:
    assert missing(bitcoin, layout.DATA_GAP) == ["2023-03-24T14:00:00Z"]
    assert missing(bitcoin, layout.MARKET_CLOSED) == []
    hours = resample(bitcoin, Timeframe.parse("1H"))
    assert missing(hours, layout.DATA_GAP) == ["2023-03-24T14:00:00Z"]
    assert not missing(resample(bitcoin, Timeframe.parse("4H")), layout.DATA_GAP)


def test_an_outage_over_a_saturday_is_no_weekend_where_saturdays_are_traded(
    bitcoin: Candles,
) -> None:
    lost = (parse_time("2023-02-11T06:00"), parse_time("2023-02-11T18:00"))
    kept = (bitcoin.time < lost[0]) | (bitcoin.time >= lost[1])
    columns = {name: getattr(bitcoin, name)[kept] for name in bitcoin.names}
    holed = bitcoin.replace(**columns)
    gaps = ["2023-02-11T18:00:00Z", "2023-03-24T14:00:00Z"]
    assert missing(holed, layout.DATA_GAP) == gaps


def test_weekends_of_a_currency_are_a_closed_market(euro: Candles) -> None:
    closed = missing(euro, layout.MARKET_CLOSED)
    days = [datetime.fromisoformat(time).strftime("%a") for time in closed]
    # The last weekend but one went on over Christmas.
    assert days == ["Sun"] * 50 + ["Tue"]
    assert closed[-1] == "2017-12-26T00:00:00Z"
    assert missing(euro, layout.DATA_GAP) == []
    broker = load_sample("EUR-USD")
    assert missing(broker, layout.DATA_GAP) == ["2017-12-25T22:00:00Z"]
    assert len(missing(broker, layout.MARKET_CLOSED)) == 51


def test_nights_of_a_stock_are_known_after_four() -> None:
    hours = [day * 24 + hour for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11) for hour in range(14, 21)]
    flat = np.full(len(hours), 50.0)
    time = parse_time("2024-01-08") + np.array(hours) * 3_600_000
    candles = Candles("S", Timeframe.parse("1H"), time, flat, flat, flat, flat, flat, "made")
    gaps = missing(candles, layout.DATA_GAP)
    assert gaps == [f"2024-01-{day:02}T14:00:00Z" for day in (9, 10, 11, 12)]
    assert missing(candles, layout.MARKET_CLOSED)[0] == "2024-01-15T14:00:00Z"
    assert len(missing(candles, layout.MARKET_CLOSED)) == 5


def test_real_spreads_are_in_the_market(euro: Candles) -> None:
    m = market(euro, Settings(spread=1.0))
    spreads = m[layout.M_ASK_CLOSE] - m[layout.M_CLOSE]
    assert np.median(spreads) == pytest.approx(0.00013, abs=1e-9)
    assert 0.00003 < spreads.min() < spreads.max() < 0.0025
    assert (m[layout.M_ASK_HIGH] > m[layout.M_HIGH]).all()


def test_real_hours_tell_all_of_their_longer_candles(euro: Candles) -> None:
    m = market(resample(euro, Timeframe.parse("4H")), Settings(), euro)
    assert m[layout.M_FIRST][-1] == len(euro)
    assert m[layout.I_ASK_LOW].tolist() == euro.ask_low.tolist()  # type: ignore[union-attr]


def test_the_lean_files_times_are_utc(shared_file: Find, euro: Candles) -> None:
    # Beside another broker's year in UTC: the same hours have the same prices.
    broker = load_sample("EUR-USD")
    _, ours, theirs = np.intersect1d(euro.time, broker.time, return_indices=True)
    apart = np.abs(euro.ask_close[ours] - broker.close[theirs])  # type: ignore[index]
    assert len(apart) > 6000
    assert np.median(apart) < 0.0001
    # As New York's, the weeks would not begin at the hour they do.
    result = lean(shared_file("eurusd_oanda_1h_lean.zip"), NEW_YORK)
    assert "time_zone" in {finding.kind for finding in result.report.warnings}


def as_new_york_writes(candles: Candles, path: Path) -> Path:
    frame = candles.to_frame().reset_index()
    frame["time"] = frame["time"].dt.tz_convert(NEW_YORK).dt.strftime("%Y%m%d %H:%M")
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("first", "last", "opens"),
    [
        ("2017-02-27", "2017-03-16", ["2017-03-05T22:00:00Z", "2017-03-12T21:00:00Z"]),
        ("2017-10-24", "2017-11-09", ["2017-10-29T21:00:00Z", "2017-11-05T22:00:00Z"]),
    ],
)
def test_clock_changes_of_a_file_in_new_york_time(
    first: str, last: str, opens: list[str], euro: Candles, tmp_path: Path
) -> None:
    part = euro.slice(parse_time(first), parse_time(last))
    path = as_new_york_writes(part, tmp_path / "x.csv")
    text = path.read_text()
    assert all(f"\n{time[:10].replace('-', '')} 17:00," in text for time in opens)
    again = read_file(path, "X", "1H", tz=NEW_YORK).candles
    assert again.time.tolist() == part.time.tolist()
    assert missing(again, layout.MARKET_CLOSED) == opens
    assert missing(again, layout.DATA_GAP) == []


def test_hours_written_twice_and_never(bitcoin: Candles, tmp_path: Path) -> None:
    for day in ("2023-03-12", "2023-11-05"):
        midnight = parse_time(day)
        part = bitcoin.slice(midnight - 86_400_000, midnight + 2 * 86_400_000)
        path = as_new_york_writes(part, tmp_path / f"{day}.csv")
        again = read_file(path, "X", "15M", tz=NEW_YORK).candles
        assert again.time.tolist() == part.time.tolist()
        assert not market(again, Settings())[layout.M_MISSING].any()
        text = path.read_text()
        assert text.count(f"{day.replace('-', '')} 01:30") == (2 if day == "2023-11-05" else 1)
    path.write_text(text.replace("20231105 00:30", "20230312 02:30"))
    with pytest.raises(InvalidCandles, match="2023-03-12T02:30:00 does not exist in America/New"):
        read_file(path, "X", "15M", tz=NEW_YORK)


@pytest.mark.parametrize("path", ["pessimistic", "ohlc", "adaptive"])
def test_still_candles_are_traded_like_any(path: str, bitcoin: Candles) -> None:
    still = np.flatnonzero((bitcoin.high == bitcoin.low) & (bitcoin.volume == 0))
    assert len(still) == 5
    m = market(bitcoin, Settings(convention=Convention(path=path)))  # type: ignore[arg-type]
    for at in still.tolist():
        rows = slice(*m[layout.M_FIRST][at : at + 2])
        prices = np.array([column[rows] for column in m[layout.I_OPEN : layout.I_CLOSE + 1]])
        assert set(prices.ravel().tolist()) == {bitcoin.close[at]}
    assert not m[layout.M_VOLUME][still].any()


def test_a_hole_in_the_prices_is_refused_with_its_row(bitcoin: Candles) -> None:
    frame = bitcoin.to_frame()
    frame.iloc[777, frame.columns.get_loc("close")] = np.nan
    broken = Candles.from_frame(frame, "BTC", "15M")
    when = iso_time(int(bitcoin.time[777]))
    with pytest.raises(InvalidCandles, match=rf"BTC 15M.*price missing.*row 777 \({when}\)") as got:
        market(broken, Settings())
    assert got.value.details["rows"] == [777]
