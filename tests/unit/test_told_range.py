"""The range of a run that has not said from when to when it goes."""

from __future__ import annotations

import json

import msgspec
import pytest

from workbench.errors import InvalidRequest
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Equity,
    EquityData,
    FinalMetrics,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Trade,
    iso_time,
)
from workbench.runs import publication
from workbench.runs.ledger import Ledger
from workbench.runs.reading import report_of
from workbench.runs.service import RunService
from workbench.runs.spec import RunSpec
from workbench.runs.telling import entry, exit_
from workbench.runs.told_range import told_range

DAY = "2017-03-01T"


@pytest.fixture
def service(tmp_path):
    service = RunService(tmp_path / "home", list, max_workers=0)
    yield service
    service.close()


def spec(**change):
    given = {"symbol": "EUR-USD", "timeframes": ["4H", "1H"], "start_date": "", "end_date": ""}
    return RunSpec(strategy_ids=["x"], **given | change)


def equity(run_id, time):
    return Equity("t", data=EquityData(run_id, time, 1.0, 1.0, 0.0))


def told(service, *messages):
    service.log.create("r", "backtest")
    service.append("r", "kernel", 1, messages)
    return told_range(service.log, "r")


def trade(hour):
    return entry("trade_1", "X", "long", 1, f"{DAY}{hour}:00Z", 1, bar=0, strategy="s")


def left(hour):
    ledger = Ledger(1.0)
    ledger.take(trade("01"))
    return exit_(ledger, "trade_1", 1, f"{DAY}{hour}:00Z", "x", bar=0, strategy="s")


def progress(hour):
    data = ProgressData("r", 1.0, f"{DAY}{hour}:00Z", ProgressMetrics(*[0.0] * 6))
    return Progress("t", data=data, extra=ProgressExtra(1, 1))


@pytest.fixture
def logs(service, monkeypatch):
    """Takes any message, of a run that the registry need not know."""
    monkeypatch.setattr(service, "note", lambda stream, messages: {})
    return lambda *messages: told(service, *messages)


@pytest.mark.parametrize(
    ("messages", "span"),
    [
        ([equity("r", f"{DAY}05:00Z")], ("05", "06")),
        ([equity("r", f"{DAY}05:00Z"), equity("r", f"{DAY}09:00Z")], ("05", "10")),
        ([trade("01"), equity("r", f"{DAY}05:00Z"), left("08")], ("01", "09")),
        ([trade("05"), left("09"), trade("02"), left("06")], ("01", "10")),
        ([progress("02"), equity("r", f"{DAY}05:00Z"), progress("07")], ("02", "08")),
    ],
)
def test_it_is_from_the_first_time_told_to_the_end_of_the_last_candle(logs, messages, span):
    first, last = span
    assert logs(*messages).span(spec()) == (f"{DAY}{first}:00:00Z", f"{DAY}{last}:00:00Z")


def test_what_was_given_stays(logs):
    found = logs(equity("r", f"{DAY}05:00Z"))
    assert found.span(spec(start_date="2017-01-05")) == ("2017-01-05", f"{DAY}06:00:00Z")
    assert found.span(spec(end_date="2017-12-05")) == (f"{DAY}05:00:00Z", "2017-12-05")
    given = spec(start_date="2016-01-01", end_date="2016-02-01")
    assert found.span(given) == ("2016-01-01", "2016-02-01")


@pytest.mark.parametrize("given", [{}, {"start_date": "2017-01-05"}, {"end_date": "2017-12-05"}])
def test_where_nothing_was_told_it_says_what_to_give(logs, given):
    told = left("01")
    data = msgspec.structs.replace(told.data, entry_time="no time", exit_time="no time")
    message = Trade("t", data=data, extra=told.extra)
    with pytest.raises(InvalidRequest, match=r"Give start= and end= to wb\.publish") as caught:
        logs(message).span(spec(**given))
    assert caught.value.details["field"] == ("end_date" if "start_date" in given else "start_date")


def published(service, hours):
    body = {"name": "mine", "symbol": "EUR-USD", "timeframes": ["1H"]}
    run_id = publication.open_stream(service, json.dumps(body).encode()).record.id
    messages = [equity(run_id, iso_time(1_488_326_400_000 + h * 3_600_000)) for h in hours]
    data = CompleteData(run_id, FinalMetrics(0, 0, 0, *[0.0] * 10))
    end = Complete("t", data=data, extra=CompleteExtra("complete", 0, 1.0))
    service.append(run_id, "kernel", 1, [*messages, end])
    return run_id


def test_a_report_shows_the_candles_of_that_range(service):
    page = report_of(service.home, published(service, range(30)))
    assert "2017-03-01T00:00:00Z to 2017-03-02T06:00:00Z (UTC)" in page
    assert "No candles" not in page


def test_a_report_of_what_told_of_no_time_says_so(service):
    assert "No candles: start_date is not known" in report_of(service.home, published(service, []))


def test_a_run_that_is_complete_is_so_whatever_was_told_of_its_progress(service):
    assert service.detail(published(service, [1]))["progress"] == 100.0
