"""How often a session tells what grows, where prices do not go by the clock."""

from __future__ import annotations

import pytest
from sessions_in_hand import InHand

from workbench.engine import Strategy
from workbench.trading.inputs import Ticks

START = 1_704_412_800_000
TICKS = [(START + 1000 * number, 100.0 + number % 7, 1.0, number) for number in range(200)]


class Waits(Strategy):
    def next(self) -> None:
        """Do nothing."""


def told(portions, clock_ms):
    """Return what is told of trades that come in such portions, so much time apart."""
    made = InHand(Waits, timeframes=["1M"])
    at, taken = START, 0
    for many in portions:
        made.take([Ticks(at, "TEST", TICKS[taken : taken + many])])
        at, taken = at + clock_ms, taken + many
    assert taken == len(TICKS)
    return [(type(one).__name__, one.data) for one in made.said]


@pytest.mark.parametrize("portions", [[200], [7, 93, 50, 50]])
@pytest.mark.parametrize("clock_ms", [0, 1, 60_000])
def test_it_follows_from_the_prices_alone(portions, clock_ms):
    assert told(portions, clock_ms) == told([1] * 200, 1000)


def test_twelve_times_a_candle_and_at_its_close():
    growing = [data for name, data in told([200], 0) if name == "Candle" and not data.closed]
    first = [data for data in growing if data.time == growing[0].time]
    assert len(first) == 12
    pnl = [data.time for name, data in told([200], 0) if name == "Pnl"]
    assert len(pnl) == len(set(pnl))
