"""Prometheus metrics under Jupyter's own `/metrics`: read when scraped, nothing on the hot path."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from workbench_server.handlers.publish import PublishHandler

if TYPE_CHECKING:
    from workbench_server.app import WorkbenchApp


class Metrics(Collector):
    """What one server tells Prometheus, from start to stop.

    Parameters
    ----------
    app
        The extension; held weakly, so that one which is never stopped can go.
    """

    def __init__(self, app: WorkbenchApp) -> None:
        self._app = weakref.ref(app)
        self._registered = False

    def register(self) -> None:
        """Appear in the process's registry."""
        if not self._registered:
            REGISTRY.register(self)
            self._registered = True

    def unregister(self) -> None:
        """Disappear from it."""
        if self._registered:
            REGISTRY.unregister(self)
            self._registered = False

    def describe(self) -> Iterable[Metric]:
        """Claim no names: a process may hold several servers, one after the other."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read the counters."""
        app = self._app()
        if app is None:
            return
        counters = app.manager.counters
        kept = app.service.figures()
        connections = {k: n for k, n in app.manager.totals().items() if k != "total"}
        publishers = sum(isinstance(socket, PublishHandler) for socket in app.sockets)
        yield _gauge("connections", "Subscribers connected.", "stream_type", connections)
        yield GaugeMetricFamily("workbench_publishers", "Producers connected.", publishers)
        yield _gauge(
            "lag_messages",
            "Messages the subscriber that is furthest behind has still to get.",
            "stream_type",
            app.manager.lags(),
        )
        yield _gauge(
            "waiting_bytes",
            "Bytes that wait for sockets which do not keep up.",
            "stream_type",
            app.manager.waiting(),
        )
        yield _counter(
            "messages_delivered",
            "Messages written to subscribers.",
            "stream_type",
            counters.delivered,
        )
        yield _counter(
            "bytes_delivered",
            "Bytes written to subscribers.",
            "stream_type",
            counters.delivered_bytes,
        )
        yield _counter(
            "messages_conflated",
            "Messages merged away for slow subscribers.",
            "stream_type",
            counters.conflated,
        )
        yield CounterMetricFamily(
            "workbench_messages_published", "Messages taken from producers.", counters.published
        )
        yield CounterMetricFamily(
            "workbench_batches_published", "Batches taken from producers.", counters.batches
        )
        latency = counters.publish_latency
        yield HistogramMetricFamily(
            "workbench_publish_seconds",
            "From a batch's arrival to its acknowledgement.",
            latency.cumulative(),
            latency.total,
        )
        yield _counter(
            "refused", "Messages, batches and connections refused.", "code", counters.refused
        )
        yield _counter(
            "closed", "Connections closed by the server; 1006: dead.", "code", counters.closed
        )
        yield _gauge("log_messages", "Messages in the logs.", "stream_type", kept.messages)
        yield GaugeMetricFamily("workbench_log_bytes", "State file on disk.", kept.bytes)
        yield _gauge("runs", "Runs by status.", "status", kept.runs)
        yield _gauge("sessions", "Live sessions by status.", "status", kept.sessions)


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"workbench_{name}", text, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family


def _counter(
    name: str, text: str, label: str, values: Mapping[str, float] | Mapping[int, float]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"workbench_{name}", text, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([str(value)], number)
    return family
