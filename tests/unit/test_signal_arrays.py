"""Columns of signals as users have them: lists, NumPy, pandas; and what is no such column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_runs import walk

import workbench as wb
from workbench.engine.settings import Settings
from workbench.errors import InvalidRequest

CANDLES = walk(5, 200)
TIMES = CANDLES.to_frame().index
FLAGS = np.isin(np.arange(200), (10, 50, 120))
SETTINGS = Settings()


def at(entries: Any, **given: Any) -> list[int]:
    rows = wb.Signals(entries, **given).rows(CANDLES, SETTINGS)
    return [int(row) for row in rows[0][:-1]]


@pytest.mark.parametrize(
    "entries",
    [
        FLAGS.tolist(),
        FLAGS.astype("uint8"),
        np.where(FLAGS, 1.0, np.nan),
        FLAGS.astype(object),
        [True if flag else None for flag in FLAGS],
        pd.Series(FLAGS),
        pd.Series(FLAGS, TIMES),
        pd.Series(FLAGS, TIMES.tz_localize(None)),
        pd.Series(FLAGS, TIMES.tz_convert("America/New_York")),
        pd.Series(np.r_[FLAGS[1:], False]).shift(1),
        pd.Series(np.where(FLAGS, True, None), dtype="boolean"),
        pd.Series(np.where(FLAGS, 1, None), dtype="Int8"),
    ],
    ids=lambda one: f"{type(one).__name__} {getattr(one, 'dtype', '')}",
)
def test_all_kinds_of_flags_are_the_same(entries: Any) -> None:
    assert at(entries) == [10, 50, 120]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"entries": pd.Series(FLAGS, TIMES + pd.Timedelta("1D"))}, "row 0 is 2024-01-06"),
        ({"entries": pd.Series(FLAGS, TIMES)[::-1]}, "entries is indexed by other times"),
        ({"entries": FLAGS, "size": pd.Series(1.0, TIMES - pd.Timedelta("15min"))}, "size is ind"),
        ({"entries": np.True_}, r"np.asarray\(self.close\) by all"),
        ({"entries": FLAGS, "size": "5"}, "size must be numbers.*of type"),
        ({"entries": FLAGS, "size": True}, "size must be numbers.*of type bool"),
        ({"entries": FLAGS.astype(complex)}, "type complex"),
        ({"entries": np.where(FLAGS, "yes", "no")}, "give one bool per candle"),
        ({"entries": [object()] * 200}, "give one bool per candle"),
    ],
)
def test_what_is_no_such_column_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        at(**given)


def test_numbers_may_be_missing_in_pandas_own_way() -> None:
    size = pd.Series(np.where(FLAGS, 2.0, None), dtype="Float64")
    assert at(FLAGS, size=size) == [10, 50, 120]


def test_what_is_changed_afterwards_changes_nothing() -> None:
    flags, size = FLAGS.copy(), np.full(200, 2.0)
    signals = wb.Signals(flags, size=size)
    flags[:], size[:] = False, -1.0
    assert len(signals.rows(CANDLES, SETTINGS)[0]) == 4


def test_masked_entries_are_no_signals():
    entries = np.ma.masked_array(np.ones(20, bool), mask=np.arange(20) != 7)
    stops = np.ma.masked_array(np.full(20, 5), mask=np.arange(20) % 2 == 0)
    signals = wb.Signals(entries, stop_loss=stops, short_entries=np.ma.masked_all(20))
    assert signals._flags["entries"].tolist() == [at == 7 for at in range(20)]
    assert not signals._flags["short_entries"].any()
    assert np.isnan(signals._numbers["stop_loss"][::2]).all()
    assert (signals._numbers["stop_loss"][1::2] == 5).all()
