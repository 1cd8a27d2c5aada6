"""Value at risk and expected shortfall, against NumPy's own words for them."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.trading.measures import CONFIDENCE, LEAST, RETURNS, AtRisk, Closes, at_risk


def closes_of(prices, times=None):
    made = Closes()
    for time, price in zip(times or range(len(prices)), prices, strict=True):
        made.add(time, price)
    return made


def walk(seed, count):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count)))


def peer(losses):
    """Return both by an integral over the sample's quantiles, as they are defined."""
    ordered, n = np.sort(losses), len(losses)
    var = ordered[int(np.ceil(round(CONFIDENCE * n, 6))) - 1]
    edges = np.arange(n + 1) / n
    weights = np.clip(edges[1:], CONFIDENCE, 1) - np.clip(edges[:-1], CONFIDENCE, 1)
    return var, float((weights * ordered).sum() / (1 - CONFIDENCE))


@pytest.mark.parametrize("count", [LEAST, 31, 59, 100, 137, 200, RETURNS])
def test_of_one_position(count):
    prices = walk(count, count + 1)
    found = at_risk({"A": 500.0}, {"A": closes_of(prices)})
    var, es = peer(-500.0 * (prices[1:] / prices[:-1] - 1))
    assert found == pytest.approx((var, es))
    assert found.es >= found.var > 0


def test_longs_and_shorts_are_taken_together():
    one, other = walk(1, 120), walk(2, 120)
    found = at_risk({"A": 500.0, "B": -300.0}, {"A": closes_of(one), "B": closes_of(other)})
    gains = 500 * (one[1:] / one[:-1] - 1) - 300 * (other[1:] / other[:-1] - 1)
    assert found == pytest.approx(peer(-gains))


def test_what_cancels_out_risks_nothing():
    prices = walk(3, 120)
    made = {"A": closes_of(prices), "B": closes_of(prices)}
    assert at_risk({"A": 500.0, "B": -500.0}, made) == AtRisk(0.0, 0.0)


def test_only_candles_that_all_have_are_scenarios():
    one, other = walk(4, 100), walk(5, 50)
    times = list(range(0, 100, 2))
    found = at_risk({"A": 1.0, "B": 1.0}, {"A": closes_of(one), "B": closes_of(other, times)})
    gains = [one[t] / one[t - 1] - 1 + other[i] / other[i - 1] - 1 for i, t in enumerate(times)][1:]
    assert found == pytest.approx(peer(-np.array(gains)))


def test_only_the_last_returns_count():
    prices = walk(6, 1000)
    found = at_risk({"A": 1.0}, {"A": closes_of(prices)})
    last = prices[-RETURNS - 1 :]
    assert found == pytest.approx(peer(-(last[1:] / last[:-1] - 1)))


def test_with_too_few_returns_nothing_is_said():
    assert at_risk({"A": 1.0}, {"A": closes_of(walk(7, LEAST))}) is None
    assert at_risk({"A": 1.0}, {"A": closes_of(walk(7, LEAST + 1))}) is not None


def test_who_holds_nothing_risks_nothing():
    assert at_risk({"A": 0.0}, {"A": Closes()}) == AtRisk(0.0, 0.0)


def test_a_market_that_only_rises_risks_nothing():
    assert at_risk({"A": 1.0}, {"A": closes_of(1.01 ** np.arange(100))}) == AtRisk(0.0, 0.0)
