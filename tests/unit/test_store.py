from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from workbench.data import store as store_module
from workbench.data.candles import VALUES, Candles
from workbench.data.store import CandleStore, folder_name
from workbench.errors import Conflict, DataError, InvalidRequest, UnknownSymbol, UnknownTimeframe
from workbench.timeframes import Timeframe

H1 = Timeframe.parse("1H")


def make(symbol: str = "EUR-USD", timeframe: Timeframe = H1, price: float = 1.1) -> Candles:
    column = np.array([price, 0.1 + 0.2, 1 / 3])
    time = 1_500_000_000_123 + np.arange(3) * timeframe.ms
    return Candles(symbol, timeframe, time, *[column] * 5, "somewhere, ünïcode", True)


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return CandleStore(tmp_path / "candles")


def test_what_is_saved_is_loaded_to_the_last_bit(store: CandleStore) -> None:
    store.save(make(), tz="Europe/Athens", imported_at="2024-01-01T00:00:00.000Z")
    loaded = store.load("EUR-USD", H1)
    for name in ("time", *VALUES):
        assert np.array_equal(getattr(loaded, name), getattr(make(), name))
    assert (loaded.source, loaded.synthetic) == ("somewhere, ünïcode", True)
    assert (loaded.symbol, loaded.timeframe) == ("EUR-USD", H1)
    assert store.metadata("EUR-USD", H1) == {
        "symbol": "EUR-USD", "timeframe": "1H", "source": "somewhere, ünïcode",
        "synthetic": "true", "tz": "Europe/Athens", "imported_at": "2024-01-01T00:00:00.000Z",
    }  # fmt: skip


def test_saving_twice_needs_replace(store: CandleStore) -> None:
    store.save(make())
    with pytest.raises(Conflict, match="stored already"):
        store.save(make(price=2.0))
    assert store.load("EUR-USD", H1).open[0] == 1.1
    store.save(make(price=2.0), replace=True)
    assert store.load("EUR-USD", H1).open[0] == 2.0


def test_a_write_that_fails_leaves_the_old_candles_and_no_litter(
    store: CandleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.save(make())

    def half_written(candles: Candles, part: Path, metadata: dict[str, str]) -> None:
        part.write_bytes(b"PAR1 half")
        raise OSError("disk full")

    monkeypatch.setattr(store_module, "_write", half_written)
    with pytest.raises(OSError, match="disk full"):
        store.save(make(price=2.0), replace=True)
    assert list(path.parent.iterdir()) == [path]
    assert store.load("EUR-USD", H1).open[0] == 1.1


def test_a_file_appears_whole_or_not_at_all(
    store: CandleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    replace = os.replace

    def watch(part: Path, path: Path) -> None:
        other = CandleStore(store.root)
        seen.append((path.exists(), other.symbols(), part.parent == path.parent))
        replace(part, path)

    monkeypatch.setattr(os, "replace", watch)
    store.save(make())
    assert seen == [(False, [], True)]


@pytest.mark.parametrize(
    "symbol",
    ["EUR/USD", "^GSPC", "BTC-USD", "brk.b", ".hidden", "a%2Fb", "x y", "ÄÖ", "a:b*?", "~"],
)
def test_symbols_are_kept_as_they_are(store: CandleStore, symbol: str) -> None:
    path = store.save(make(symbol))
    assert path.parent.parent == store.root
    assert unquote(path.parent.name) == symbol
    assert not path.parent.name.startswith(".")
    assert store.symbols() == [symbol]
    assert store.load(symbol, H1).symbol == symbol


@pytest.mark.parametrize(
    "symbol",
    ["", " ", "..", ".", "../x", "a/../b", "/etc", "a/", "a\\..\\b", "x\0", "x\n", " x", "x" * 65],
)
def test_paths_and_oddities_are_no_symbols(store: CandleStore, symbol: str) -> None:
    for act in (folder_name, store.timeframes, lambda s: store.load(s, H1)):
        with pytest.raises(InvalidRequest, match="cannot be a symbol") as caught:
            act(symbol)
        assert caught.value.details["field"] == "symbol"
    with pytest.raises(InvalidRequest):
        store.save(make(symbol))
    assert not store.root.exists()


def test_listing_ignores_what_is_not_ours(store: CandleStore) -> None:
    assert store.symbols() == []
    store.save(make(timeframe=Timeframe.parse("4H")))
    store.save(make(timeframe=Timeframe.parse("15M")))
    (store.root / "EUR-USD" / "notes.parquet").touch()
    (store.root / "EUR-USD" / ".1D.parquet.123.part").touch()
    (store.root / "EUR-USD" / "60M.parquet").touch()
    (store.root / "empty").mkdir()
    (store.root / "not%2fours").mkdir()
    (store.root / "not%2fours" / "1H.parquet").touch()
    (store.root / "file").touch()
    assert store.symbols() == ["EUR-USD"]
    assert [t.name for t in store.timeframes("EUR-USD")] == ["15M", "4H"]
    assert store.timeframes("nothing") == []


def test_one_length_is_stored_once_however_it_is_written(store: CandleStore) -> None:
    store.save(make(timeframe=Timeframe.parse("60M")))
    assert store.has("EUR-USD", H1)
    with pytest.raises(Conflict):
        store.save(make())


def test_what_is_missing_is_named(store: CandleStore) -> None:
    store.save(make())
    for act in (store.load, store.metadata, store.delete):
        with pytest.raises(UnknownSymbol) as unknown:
            act("GOOGL", H1)
        assert unknown.value.details["allowed"] == ["EUR-USD"]
        with pytest.raises(UnknownTimeframe, match="stored in 1H, not in 1D") as timeframe:
            act("EUR-USD", Timeframe.parse("1D"))
        assert timeframe.value.details["allowed"] == ["1H"]


def test_delete(store: CandleStore) -> None:
    path = store.save(make())
    store.save(make(timeframe=Timeframe.parse("1D")))
    store.delete("EUR-USD", H1)
    assert [t.name for t in store.timeframes("EUR-USD")] == ["1D"]
    store.delete("EUR-USD", Timeframe.parse("1D"))
    assert store.symbols() == []
    assert not path.parent.exists()


def test_a_damaged_file_is_reported_as_such(store: CandleStore) -> None:
    path = store.save(make())
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="import them again") as caught:
        store.load("EUR-USD", H1)
    assert caught.value.details["value"] == "1H.parquet"
    assert str(path.parent) not in caught.value.message


def test_nothing_is_stored_of_no_candles(store: CandleStore) -> None:
    with pytest.raises(InvalidRequest, match="no candles"):
        store.save(make()[:0])


def modules_after(code: str) -> set[str]:
    """Return the heavy modules a fresh interpreter has after running `code`."""
    heavy = "{'pandas', 'pyarrow', 'plotly', 'talib', 'numba'}"
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*{heavy} & sys.modules.keys())"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return set(run.stdout.split())


def test_listing_and_checking_import_neither_pyarrow_nor_pandas(store: CandleStore) -> None:
    store.save(make())
    code = f"""
from pathlib import Path
from workbench.data import catalog
root = Path({str(store.root)!r})
assert catalog.find('eurusd', root).kind == 'imported'
assert catalog.check_timeframes('BTC-USD', ['4H', '15M'], root)
"""
    assert modules_after(code) == set()


def test_loading_imports_no_pandas(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from workbench.data import load
assert load('EUR-USD', ['1H', '4H'], '2017-01-01', '2017-12-29', Path({str(tmp_path)!r}))
"""
    assert modules_after(code) == {"pyarrow"}
