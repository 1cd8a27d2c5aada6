"""What a run has brought, read from its log."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench.errors import InvalidRequest, NotFound, WorkbenchError
from workbench.messages import FINAL_STATUSES, parse_time
from workbench.runs.reading import check_reportable
from workbench.runs.told_candles import Told
from workbench.runs.told_range import ToldRange
from workbench.streams import Entry, Subscription
from workbench_server.handlers.base import ApiHandler

if TYPE_CHECKING:
    from workbench.data.candles import Candles
    from workbench.runs.records import RunRecord
    from workbench.runs.spec import RunSpec

PAGE = 10_000


class ResultsHandler(ApiHandler):
    """Base of the handlers that read a run's log."""

    async def entries(self, run_id: str, types: str) -> list[Entry]:
        """Return all entries of some types, giving way to others between pages."""
        self.service.registry.get(run_id)
        found: list[Entry] = []
        since = 0
        while page := self.service.log.read(run_id, since, PAGE):
            since = page[-1].seq
            found += [entry for entry in page if entry.type == types]
            await asyncio.sleep(0)
        return found


class TradesHandler(ResultsHandler):
    """`GET …/trades`."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """List entries and exits in order, `data` and `extra` of each in one object."""
        trades = []
        for entry in await self.entries(run_id, "trade"):
            message = msgspec.json.decode(entry.wire)
            trades.append({"seq": entry.seq, **message["extra"], **message["data"]})
        self.reply({"backtest_id": run_id, "trades": trades})


class EquityHandler(ResultsHandler):
    """`GET …/equity`."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return the equity curve as columns; `time` in epoch ms."""
        columns: dict[str, list[Any]] = {"time": [], "equity": [], "balance": [], "drawdown": []}
        for entry in await self.entries(run_id, "equity"):
            data = msgspec.json.decode(entry.wire)["data"]
            columns["time"].append(parse_time(data["time"]))
            for name in ("equity", "balance", "drawdown"):
                columns[name].append(data[name])
        self.reply({"backtest_id": run_id, **columns})


class EventsHandler(ResultsHandler):
    """`GET …/events`."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return at most `limit` messages of `types` after `since`.

        `next` is how far the page has looked: the `since` of the next one, until it is `seq`.
        """
        self.service.registry.get(run_id)
        since = self.int_argument("since", 0) or 0
        limit = min(self.int_argument("limit", PAGE, 1) or PAGE, PAGE)
        types = Subscription.parse(self.get_query_argument("types", None), None).types
        info = self.service.log.info(run_id)
        if info is None:
            msg = f"There is no stream {run_id!r}"
            raise NotFound(msg, field="backtest_id", value=run_id)
        if since > info.seq:
            msg = f"since is {since}, the log has messages {info.first_seq} to {info.seq}"
            allowed = f"a whole number, 0 to {info.seq}"
            raise InvalidRequest(msg, field="since", value=since, allowed=allowed)
        found: list[Entry] = []
        while since < info.seq and len(found) < limit:
            looked = self.service.log.read(run_id, since, PAGE if types else limit)
            if not looked:
                break
            chosen = [entry for entry in looked if types is None or entry.type in types]
            found += chosen[: limit - len(found)]
            since = found[-1].seq if len(found) == limit else looked[-1].seq
            await asyncio.sleep(0)
        self.reply(
            {
                "backtest_id": run_id,
                "epoch": info.epoch,
                "seq": max(info.seq, since),
                "next": since,
                "events": [msgspec.Raw(entry.wire) for entry in found],
            }
        )


class CandlesHandler(ApiHandler):
    """`GET …/candles`."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return the run's candles as columns, merged to at most `max_points`.

        Those of a live session are the closed ones it has told, of its first symbol or `symbol`.

        `start` and `end` are ISO 8601, `end` exclusive; `time` is epoch ms, `bucket` the
        number of candles merged into one.
        """
        record = self.service.registry.get(run_id)
        timeframe = self.get_query_argument("timeframe", record.spec.timeframes[0])
        if timeframe not in record.spec.timeframes:
            msg = f"timeframe is {timeframe!r}, the run has {', '.join(record.spec.timeframes)}"
            raise InvalidRequest(
                msg, field="timeframe", value=timeframe, allowed=record.spec.timeframes
            )
        start, end = self._time_argument("start"), self._time_argument("end")
        points = min(self.int_argument("max_points", 4000, 2) or 4000, 20_000)
        loop = asyncio.get_running_loop()
        told = None if record.spec.live is None else await self._told(record, timeframe)
        if told is None:
            start_date, end_date = await self._span(record)
            if not record.spec.end_date and record.status not in FINAL_STATUSES:
                # It may go as far as there are candles: who draws it asks once.
                end_date = ""
            found = await loop.run_in_executor(
                None, _stored, self.service.home, record.spec, start_date, end_date, timeframe
            )
        else:
            found = told.candles(record.source, record.synthetic)
        self.reply(await loop.run_in_executor(None, _columns, found, start, end, points))

    async def _span(self, record: RunRecord) -> tuple[str, str]:
        """Return the range of a run, by what it has told where it did not say before."""
        told = ToldRange()
        since = 0
        while not (record.spec.start_date and record.spec.end_date):
            page = self.service.log.read(record.id, since, PAGE)
            if not page:
                break
            since = page[-1].seq
            told.add(page)
            await asyncio.sleep(0)
        return told.span(record.spec)

    async def _told(self, record: RunRecord, timeframe: str) -> Told:
        """Return the candles a session has told, giving way to others between pages."""
        live = record.spec.live
        known = [] if live is None else live.symbols
        symbol = self.get_query_argument("symbol", record.spec.symbol)
        if symbol not in known:
            msg = f"symbol is {symbol!r}, the session has {', '.join(known)}"
            raise InvalidRequest(msg, field="symbol", value=symbol, allowed=known)
        told = Told(symbol, timeframe)
        since = 0
        while page := self.service.log.read(record.id, since, PAGE):
            since = page[-1].seq
            told.add(page)
            await asyncio.sleep(0)
        return told

    def _time_argument(self, name: str) -> int | None:
        text = self.get_query_argument(name, None)
        try:
            return None if not text else parse_time(text)
        except ValueError:
            allowed = "an ISO 8601 time, UTC"
            msg = f"{name} is {text!r}, expected {allowed}"
            raise InvalidRequest(msg, field=name, value=text, allowed=allowed) from None


def _stored(home: Path, spec: RunSpec, start: str, end: str, timeframe: str) -> Candles:
    from workbench.data import known_until, load
    from workbench.paths import candles_dir

    root = candles_dir(home)
    end = end or known_until(spec.symbol, spec.timeframes, root)
    return load(spec.symbol, spec.timeframes, start, end, root=root)[timeframe]


def _columns(candles: Candles, start: int | None, end: int | None, points: int) -> dict[str, Any]:
    from workbench.data.resample import downsample

    if len(candles) and (start is not None or end is not None):
        candles = candles.slice(
            candles.time[0] if start is None else start,
            candles.time[-1] + 1 if end is None else end,
        )
    merged = downsample(candles, points)
    return {
        "symbol": candles.symbol,
        "timeframe": candles.timeframe.name,
        "source": candles.source,
        "synthetic": candles.synthetic,
        "candles": len(candles),
        "bucket": -(-len(candles) // max(1, len(merged))),
        **{
            name: getattr(merged, name).tolist()
            for name in ("time", "open", "high", "low", "close", "volume")
        },
    }


class ReportHandler(ApiHandler):
    """`GET …/report`."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return the report as one HTML page; a process of its own makes it."""
        check_reportable(self.service.registry.get(run_id))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workbench.runs.report",
            str(self.service.home),
            run_id,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        page, problem = await process.communicate()
        if process.returncode:
            lines = problem.decode(errors="replace").strip().splitlines()
            msg = f"The report could not be made: {lines[-1] if lines else 'unknown'}"
            raise WorkbenchError(msg, field="backtest_id", value=run_id)
        self.set_header("Content-Security-Policy", "sandbox allow-scripts")
        self.finish(page, set_content_type="text/html; charset=utf-8")
