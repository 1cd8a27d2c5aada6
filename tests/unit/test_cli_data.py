"""``workbench data`` on a state folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.cli import main

ROWS = ["time,open,high,low,close,volume"] + [
    f"2024-01-0{day} {hour:02d}:00,10,12,9,{10 + hour % 2},5"
    for day in (1, 2)
    for hour in range(24)
]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "gold.csv"
    path.write_text("\n".join(ROWS))
    return path


def test_import_list_and_remove(home: Path, csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["data", "import", str(csv), "--symbol", "GOLD", "--timeframe", "1H"]
    assert main(given) == 0
    text = capsys.readouterr().out
    assert "48 candles, 0 errors" in text
    assert "stored as GOLD 1H" in text
    assert main(given) == 1
    assert "GOLD 1H is stored already" in capsys.readouterr().err
    assert main([*given, "--replace"]) == 0
    capsys.readouterr()
    assert main(["data", "list"]) == 0
    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["GOLD", "1H", "imported", "48", "2024-01-01", "2024-01-02"] in listed
    assert next(row[:3] for row in listed if row[0] == "EUR-USD") == ["EUR-USD", "1H", "sample"]
    assert main(["data", "rm", "GOLD", "--yes"]) == 0
    assert main(["data", "rm", "GOLD", "--yes"]) == 1


def test_nothing_is_removed_without_a_yes(
    home: Path, csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["data", "import", str(csv), "--symbol", "GOLD", "--timeframe", "1H"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert main(["data", "rm", "GOLD"]) == 1
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert main(["data", "rm", "GOLD", "1H"]) == 0


def test_check_stores_nothing_and_fails_on_any_bad_file(
    home: Path, csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join([*ROWS[:5], "2024-01-01 04:00,10,9,8,11,5", *ROWS[6:]]))
    assert main(["data", "check", str(csv), "--timeframe", "1H"]) == 0
    assert main(["data", "check", str(bad), str(csv), "--timeframe", "1H"]) == 1
    out, err = capsys.readouterr()
    assert out.count("48 candles, 0 errors") == 2
    assert err.startswith("workbench: bad.csv was refused")
    assert err.count("\n") == 1
    assert not home.exists()


def test_the_zone_moves_the_times(
    home: Path, csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--symbol", "GOLD", "--timeframe", "1H", "--tz", "Europe/Berlin"]
    assert main(["data", "import", str(csv), *given]) == 0
    assert "2023-12-31T23:00:00Z" in capsys.readouterr().out


def test_a_missing_file_is_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--symbol", "GOLD", "--timeframe", "1H"]
    assert main(["data", "import", "nowhere.csv", *given]) == 1
    error = capsys.readouterr().err
    assert "nowhere.csv" in error
    assert error.count("\n") == 1


def test_a_file_without_a_header_is_imported_by_columns(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bare.csv"
    rows = [f"20240102 {hour:02}:00,1.1,1.3,1.0,1.2,7,1.2,1.4,1.1,1.3" for hour in range(24)]
    path.write_text("\n".join(rows))
    names = "time,bid_open,bid_high,bid_low,bid_close,-,ask_open,ask_high,ask_low,ask_close"
    given = [str(path), "--timeframe", "1H", "--tz", "America/New_York", "--columns", names]
    assert main(["data", "check", *given]) == 0
    assert main(["data", "import", *given, "--symbol", "BARE"]) == 0
    text = capsys.readouterr().out
    assert "2024-01-02T05:00:00Z to 2024-01-03T04:00:00Z" in text
    assert "prices are the bid, the ask is kept beside" in text
    assert main(["data", "check", str(path), "--timeframe", "1H", "--columns", "time,open"]) == 1
    assert "lack high, low, close" in capsys.readouterr().err
