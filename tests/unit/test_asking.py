"""What is asked of a stream is checked before it is sent, and names the argument."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.client.asking import seek_request, speed_request, step_request, until_request
from workbench.errors import InvalidRequest
from workbench.messages import SeekTo, Until


@pytest.mark.parametrize(
    ("ask", "field", "value"),
    [
        (lambda: seek_request(seq="a"), "seq", "'a'"),
        (lambda: seek_request(seq=1.5), "seq", "1.5"),
        (lambda: seek_request(seq=-1), "seq", "-1"),
        (lambda: seek_request(time=5), "time", "5"),
        (lambda: seek_request(trade=5), "trade", "5"),
        (lambda: seek_request(seq=1, trade="a"), "seek", ["seq", "trade"]),
        (lambda: until_request(time=5), "time", "5"),
        (lambda: until_request(bars="5"), "bars", "'5'"),
        (lambda: until_request(trades=1.5), "trades", "1.5"),
        (lambda: until_request(drawdown="much"), "drawdown", "'much'"),
        (lambda: step_request("5"), "candles", "'5'"),
        (lambda: step_request(None), "candles", "None"),
        (lambda: speed_request(1e12), "speed", 1e12),
    ],
)
def test_a_wrong_one_is_not_sent(ask, field, value):
    with pytest.raises(InvalidRequest) as caught:
        ask()
    assert (caught.value.details["field"], caught.value.details["value"]) == (field, value)


def test_what_is_right_is():
    time = datetime(2024, 1, 15, 8, tzinfo=UTC)
    assert seek_request(time=time).to == SeekTo(time="2024-01-15T08:00:00+00:00")
    assert seek_request(seq=0).to == SeekTo(seq=0)
    assert until_request(drawdown=0.1).until == Until(drawdown=0.1)
    assert step_request(-3).value == -3
