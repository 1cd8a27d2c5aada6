"""Trades and equity against vectorbt and nautilus_trader, by what they said once."""

from __future__ import annotations

import pytest
from oracles import ours
from oracles.recording import ENGINES, job, jobs, recorded, told

JOBS = [(engine, *one) for engine in ENGINES for one in jobs(engine)]


@pytest.mark.parametrize(("engine", "seed", "way"), JOBS)
def test_equal_to_what_was_written_down(engine: str, seed: int, way: str) -> None:
    trades, equity = recorded(engine)[seed, way]
    mine = ours.run(*job(engine, seed, way), convention=engine)
    my_trades, my_equity = told(mine)
    for one, other in zip(my_trades, trades, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    assert my_equity == pytest.approx(equity, abs=1e-6)
    assert len(trades) > 10


def test_nothing_is_written_down_twice_or_missing() -> None:
    for engine in ENGINES:
        assert list(recorded(engine)) == list(jobs(engine))
