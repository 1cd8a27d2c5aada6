"""Pages of a run's log over REST."""

from __future__ import annotations

from workbench.messages import Equity, EquityData, Status, StatusData, utc_now
from workbench.runs.publication import open_stream


def _fill(app, run_id, groups):
    """Append blocks of two curve points and a status each."""
    messages = []
    for _ in range(groups):
        point = EquityData(run_id, "2024-01-01T00:00:00Z", 1.0, 1.0, 0.0)
        messages += [Equity(utc_now(), data=point) for _ in range(2)]
        messages.append(Status(utc_now(), data=StatusData(run_id, "running")))
    app.service.append(run_id, "kernel", 1, messages)


async def test_a_page_holds_at_most_limit_of_the_types_and_says_how_far_it_looked(app, call):
    run_id = open_stream(app.service, b"{}").record.id
    _fill(app, run_id, 10)

    async def page(**params):
        texts = {name: str(value) for name, value in params.items()}
        return await call("GET", "api", "backtesting", run_id, "events", params=texts)

    seen, since, pages = [], 0, 0
    while True:
        _, body = await page(since=since, limit=4, types="status")
        assert len(body["events"]) <= 4
        seen += [event["seq"] for event in body["events"]]
        since, pages = body["next"], pages + 1
        if since == body["seq"]:
            break
    assert (seen, pages) == (list(range(3, 31, 3)), 3)
    _, body = await page(since=1, limit=2)
    assert ([event["seq"] for event in body["events"]], body["next"]) == ([2, 3], 3)
    _, body = await page(since=30)
    assert (body["events"], body["next"], body["seq"]) == ([], 30, 30)
    _, body = await page(types="complete")
    assert (body["events"], body["next"]) == ([], 30)


async def test_a_position_beyond_the_log_is_refused_by_range(app, call):
    run_id = open_stream(app.service, b"{}").record.id
    _fill(app, run_id, 1)
    status, body = await call("GET", "api", "backtesting", run_id, "events", params={"since": "4"})
    assert (status, body["code"]) == (400, "invalid_request")
    assert body["details"] == {
        "field": "since", "value": 4, "allowed": "a whole number, 0 to 3",
    }  # fmt: skip
