"""The candles of a run that has not said from when to when it goes."""

from __future__ import annotations

from workbench.errors import StrategyError
from workbench.messages import Equity, EquityData, error_message, iso_time

START, HOUR = 1_488_326_400_000, 3_600_000
BODY = {"name": "mine", "symbol": "EUR-USD", "timeframes": ["1H", "4H"]}


async def test_they_are_those_of_the_times_it_has_told(call, app):
    _, opened = await call("POST", "api", "backtesting", "publish", body=BODY)
    run_id = opened["backtest_id"]

    async def candles(**query):
        return await call("GET", "api", "backtesting", run_id, "candles", params=query)

    status, reply = await candles()
    assert status == 400
    assert "Give start= and end= to wb.publish" in reply["error"]
    app.service.append(
        run_id,
        "kernel",
        1,
        [
            Equity("t", data=EquityData(run_id, iso_time(START + hour * HOUR), 1.0, 1.0, 0.0))
            for hour in range(24)
        ],
    )
    _, reply = await candles()
    # It goes on, and may go as far as there are candles.
    assert reply["time"][0] == START
    assert iso_time(reply["time"][-1])[:7] == "2017-12"
    app.service.append(run_id, "kernel", 25, [error_message(StrategyError("ended"))])
    _, reply = await candles()
    assert reply["time"] == [START + hour * HOUR for hour in range(24)]
    _, reply = await candles(timeframe="4H")
    assert reply["time"] == [START + hour * HOUR for hour in range(0, 24, 4)]
