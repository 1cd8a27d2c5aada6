"""Prometheus metrics under `/metrics`, and the status route of the contract."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from tornado.httpclient import HTTPClientError


@pytest.fixture
def scrape(jp_fetch):
    """Return all of our samples: {(name, label value): number}."""

    async def read():
        reply = await jp_fetch("metrics")
        assert reply.headers["Content-Type"].startswith("text/plain")
        return {
            (sample.name, *(v for k, v in sample.labels.items())): sample.value
            for family in text_string_to_metric_families(reply.body.decode())
            for sample in family.samples
            if sample.name.startswith("workbench_")
        }

    return read


async def test_a_run_and_its_readers_are_measured(call, spec_body, story, connect, scrape, app):
    before = await scrape()
    assert before["workbench_connections", "backtest"] == 0
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    run_id = reply["backtest_id"]
    messages, _ = await story(run_id)
    info = app.service.log.info(run_id)
    after = await scrape()
    assert after["workbench_runs", "complete"] == 1
    assert after["workbench_log_messages", "backtest"] == info.seq
    assert after["workbench_log_bytes",] > 0
    published = after["workbench_messages_published_total",]
    assert 0 < published <= info.seq
    batches = after["workbench_batches_published_total",]
    assert 0 < batches <= published
    assert after["workbench_publish_seconds_count",] == batches
    assert after["workbench_publish_seconds_bucket", "+Inf"] == batches
    assert 0 < after["workbench_publish_seconds_sum",] < 60
    # Of what the reader has got, `connected` is not of the log.
    assert after["workbench_messages_delivered_total", "backtest"] == len(messages) - 1
    assert after["workbench_bytes_delivered_total", "backtest"] > 0
    assert after["workbench_closed_total", "1000"] >= 1
    assert after["workbench_lag_messages", "backtest"] == 0


async def test_refusals_are_counted_by_code(story, scrape):
    await story("backtest_x")
    found = await scrape()
    assert found["workbench_refused_total", "not_found"] == 1
    assert found["workbench_closed_total", "4404"] == 1


async def test_metrics_ask_for_a_login(http_server_client, jp_base_url):
    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch(jp_base_url + "metrics")
    assert caught.value.code == 403


async def test_a_stopped_server_leaves_the_registry(app, monkeypatch):
    monkeypatch.setattr(app.service, "close", lambda: None)  # Not before the fixtures end.

    def ours():
        return [m.name for m in REGISTRY.collect() if m.name.startswith("workbench_")]

    names = ours()
    assert len(names) == len(set(names)) > 10
    await app.stop_extension()
    assert ours() == []


def test_every_metric_is_documented(app):
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    for metric in app._metrics.collect():
        suffix = "_total" if metric.type == "counter" else ""
        assert f"`{metric.name}{suffix}" in text, metric.name


async def test_the_status_route_counts_as_the_contract_prints(app, call, spec_body, connect):
    app.service.supervisor._max_workers = 0
    body = json.dumps(spec_body).encode()
    first, second = app.service.start(body).id, app.service.start(body).id
    sockets = [await connect(first), await connect(first), await connect(second)]
    for socket in sockets:
        await socket.read_message()
    code, status = await call("GET", "api", "ws", "stream", "status")
    assert code == 200
    assert set(status) == {"timestamp", "active_connections", "streams"}
    assert status["active_connections"] == {
        "backtest": 3, "live_trading": 0, "market_data": 0, "total": 3
    }  # fmt: skip
    assert sorted(status["streams"], key=lambda row: -row["connections"]) == [
        {"type": "backtest", "id": first, "connections": 2},
        {"type": "backtest", "id": second, "connections": 1},
    ]
    for socket in sockets:
        socket.close()
    for _ in range(500):
        _, status = await call("GET", "api", "ws", "stream", "status")
        if not status["streams"]:
            break
        await asyncio.sleep(0.01)
    assert status["active_connections"]["total"] == 0
    assert status["streams"] == []
