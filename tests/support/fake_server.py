"""A stand-in for the server: one page with the widget, one made-up run, its stream and its candles.

The page calls the widget's default export as anywidget does, with a fake model, so that the view
can be driven without a kernel. The run is a moving-average cross over EURUSD 2017 where that file
is at hand, else over a generated walk. The query of the page chooses what is shown: ``scenario``
(live, finished, error, missing, deleted, bare: no candles come; plain: finished, on a server
without replays; signals: finished, some signals were not filled; relay, saved; grid, line, walk:
a sweep of ``bars`` combinations, finished where ``rate`` is 0), ``theme`` (light, dark),
``width``, ``rate`` (candles a second), ``bars`` (that many generated candles instead),
``synthetic``. With ``market`` it is the view of a market of that name, see `market_story`,
with ``live`` that of a session, see `fake_live`, with ``sessions`` (names, with commas between
them) that of all sessions, see `fake_sessions`.
"""

from __future__ import annotations

import asyncio
import csv
import json
import math
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fake_sessions
from fake_live import HANDLERS, Sessions, Ticks, live_traits
from fake_replay import FakeReplay
from fake_sweep import FakeSweep
from market_story import MarketHandler
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "workbench" / "widgets" / "static"
SAMPLE = ROOT.parent / "shared" / "data" / "eurusd_1h_2017.csv"
HOUR_MS = 3_600_000
CAPITAL = 10_000.0
BASE = "/user/fake/"

Message = dict[str, Any]
Candle = tuple[int, float, float, float, float, float]


def read_sample() -> list[Candle]:
    """Return EURUSD 1H 2017, or a walk of the same length."""
    if not SAMPLE.exists():
        return make_candles(6_200)
    rows: list[Candle] = []
    with SAMPLE.open() as file:
        for row in csv.DictReader(file):
            moment = datetime.strptime(row["Time"], "%d.%m.%Y %H:%M:%S.%f").replace(tzinfo=UTC)
            prices = (float(row[name]) for name in ("Open", "High", "Low", "Close", "Volume"))
            rows.append((round(moment.timestamp() * 1000), *prices))  # type: ignore[arg-type]
    return rows


def make_candles(count: int) -> list[Candle]:
    """Return a generated walk."""
    draw = random.Random(7)
    start = 1_483_228_800_000
    price = 42_000.0
    rows: list[Candle] = []
    for i in range(count):
        last = price
        price *= math.exp(draw.gauss(0, 0.004))
        high = max(last, price) * (1 + abs(draw.gauss(0, 0.0015)))
        low = min(last, price) * (1 - abs(draw.gauss(0, 0.0015)))
        rounded = (round(v, 2) for v in (last, high, low, price))
        rows.append((start + i * HOUR_MS, *rounded, 1.0))  # type: ignore[arg-type]
    return rows


def iso(time_ms: int) -> str:
    """Return epoch ms as the wire writes it."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


STATISTICS: Message = {
    "statistics": {
        "cagr": 14.2, "volatility": 11.5, "sortino_ratio": 1.61, "calmar_ratio": 1.1,
        "exposure": 61.5, "sqn": 1.8, "longest_drawdown_duration": 4_320_000.0,
        "expectancy": 21.5, "of_tomorrow": 0.5,
    },
    "intervals": {"sharpe_ratio": [0.4, 2.1]},
}  # fmt: skip
SWEEPS = ("grid", "half", "line", "walk")


class Story:
    """The log of a moving-average cross over some candles, one list of messages per candle."""

    def __init__(
        self, candles: list[Candle], *, synthetic: bool, symbol: str, signals: bool = False
    ) -> None:
        self.candles = candles
        self.signals = signals
        self.synthetic = synthetic
        self.symbol = symbol
        self.steps: list[list[Message]] = []
        self.seq = 0
        self._tell()

    def _message(self, kind: str, data: Message, extra: Message | None = None) -> Message:
        self.seq += 1
        message = {"type": kind, "timestamp": "", "data": data, "seq": self.seq}
        return message if extra is None else {**message, "extra": extra}

    def _tell(self) -> None:
        candles, bars = self.candles, len(self.candles)
        fast, slow = 24, 72
        closes = [c[4] for c in candles]
        peak = equity = balance = CAPITAL
        worst = 0.0
        trades = wins = 0
        position: tuple[str, float, float, int, str] | None = None
        for i, candle in enumerate(candles):
            out: list[Message] = []
            if i == 0:
                out.append(self._message("status", {
                    "backtest_id": "fake", "status": "running", "strategy": "SmaCross",
                    "symbol": self.symbol, "timeframes": ["1H"], "bars": bars,
                    "start": iso(candles[0][0]), "end": iso(candles[-1][0]),
                    "source": "generated sample" if self.synthetic else "bundled sample",
                    "synthetic": self.synthetic, "initial_capital": CAPITAL,
                }))  # fmt: skip
            if i > slow and (i % 6 == 0):
                quick = sum(closes[i - fast : i]) / fast
                calm = sum(closes[i - slow : i]) / slow
                side = "long" if quick > calm else "short"
                if position is not None and position[0] != side:
                    sign = 1 if position[0] == "long" else -1
                    pnl = sign * (candle[1] - position[1]) * position[2]
                    balance += pnl
                    trades += 1
                    wins += pnl > 0
                    out.append(self._message("trade", {
                        "event": "exit", "trade_id": position[4], "symbol": self.symbol,
                        "direction": position[0], "entry_price": position[1],
                        "entry_time": iso(candles[position[3]][0]), "exit_price": candle[1],
                        "exit_time": iso(candle[0]), "exit_reason": "signal", "pnl": pnl,
                        "pnl_percent": 100 * pnl / (position[1] * position[2]),
                        "mfe": 1.0, "mae": -1.0,
                    }, {
                        "bar": i, "quantity": position[2], "remaining": 0.0, "commission": 0.0,
                        "strategy": "SmaCross",
                    }))  # fmt: skip
                    position = None
                if position is None and i % 18 == 0:
                    quantity = round(2 * balance / candle[1], 4)
                    name = f"trade_{trades + 1}"
                    position = (side, candle[1], quantity, i, name)
                    sign = 1 if side == "long" else -1
                    out.append(self._message("trade", {
                        "event": "entry", "trade_id": name, "symbol": self.symbol,
                        "direction": side, "entry_price": candle[1], "entry_time": iso(candle[0]),
                        "quantity": quantity, "stop_loss": candle[1] * (1 - sign * 0.02),
                        "take_profit_levels": [candle[1] * (1 + sign * 0.02)],
                        "reasoning": {
                            "decision": f"enter_{side}", "confidence": 0.7,
                            "rationale": f"Mean of {fast} candles ({quick:.5f}) crossed the mean "
                            f"of {slow} ({calm:.5f}) <b>not markup</b>",
                        },
                    }, {
                        "bar": i, "quantity": quantity, "remaining": quantity, "commission": 0.0,
                        "strategy": "SmaCross",
                    }))  # fmt: skip
            if self.signals and i % 40 == 39:
                out.append(self._signal(i))
            unrealised = 0.0
            if position is not None:
                sign = 1 if position[0] == "long" else -1
                unrealised = sign * (candle[4] - position[1]) * position[2]
            equity = balance + unrealised
            peak = max(peak, equity)
            worst = min(worst, equity / peak - 1)
            out.append(self._message("equity", {
                "backtest_id": "fake", "time": iso(candle[0]), "equity": equity,
                "balance": balance, "drawdown": equity / peak - 1,
            }))  # fmt: skip
            rate = wins / trades if trades else 0.0
            if i % 50 == 49 or i == bars - 1:
                out.append(self._message("progress", {
                    "backtest_id": "fake", "progress": 100 * (i + 1) / bars,
                    "current_time": iso(candle[0]),
                    "metrics": {
                        "balance": balance, "open_positions": int(position is not None),
                        "total_trades": trades, "winning_trades": wins, "win_rate": rate,
                        "max_drawdown": worst,
                    },
                }, {"bar": i + 1, "bars": bars}))  # fmt: skip
            if i % 200 == 199:
                out.append(self._message("metrics", {
                    "backtest_id": "fake", "total_trades": trades, "winning_trades": wins,
                    "win_rate": rate, "profit_factor": 1.31 if trades > wins else 0.0,
                    "sharpe_ratio": 0.84, "max_drawdown": worst,
                }))  # fmt: skip
            if i == bars - 1:
                out.append(self._message("complete", {"backtest_id": "fake", "metrics": {
                    "total_trades": trades, "winning_trades": wins, "losing_trades": trades - wins,
                    "win_rate": rate, "profit_factor": 1.31,
                    "total_return": 100 * (equity / CAPITAL - 1), "max_drawdown": 100 * worst,
                    "sharpe_ratio": 0.84, "average_win": 1.0, "average_loss": -1.0,
                    "largest_win": 2.0, "largest_loss": -2.0, "total_commissions": 0.0,
                }}, {
                    "status": "complete", "bars": bars, "final_equity": equity,
                    **(STATISTICS if self.signals else {}),
                }))  # fmt: skip
            self.steps.append(out)

    def _signal(self, bar: int) -> Message:
        outcome = ("rejected", "expired", "cancelled", "declined")[bar // 40 % 4]
        code = "no_cash" if outcome == "rejected" else outcome
        return self._message("signal", {
            "signal_id": f"signal_{bar}", "symbol": self.symbol, "strategy": "SmaCross",
            "decision": "enter_long", "time": iso(self.candles[bar][0]), "outcome": outcome,
            "code": code, "message": f"This was {outcome}: 12 needed, <b>3</b> there",
            "numbers": {"needed": 12.0, "free": 3.0},
            "reasoning": {
                "decision": "enter_long", "confidence": 0.6, "rationale": "The mean rose",
            },
        }, {"decided": bar, "bar": bar, "inputs": {"fast": 1.25}})  # fmt: skip

    def detail(self) -> Message:
        """Return what GET answers of it."""
        return {"name": "Backtest", "spec": {
            "name": "Backtest", "strategy_ids": ["SmaCross"],
            "strategy_params": {"fast": 24, "slow": 72},
        }}  # fmt: skip

    def connected(self, seq: int, status: str) -> Message:
        """Return the first message of a connection."""
        return {"type": "connected", "timestamp": "", "data": {
            "backtest_id": "fake", "message": "Connected to backtest stream", "epoch": "e1",
            "seq": seq, "status": status, "protocol": "1.0", "symbol": self.symbol,
            "source": "", "synthetic": self.synthetic,
        }}  # fmt: skip

    def columns(self, start: float, end: float, most: int) -> Message:
        """Return the candles of a range as the server would."""
        rows = [c for c in self.candles if start <= c[0] <= end]
        bucket = max(1, -(-len(rows) // most))
        groups = [rows[i : i + bucket] for i in range(0, len(rows), bucket)]
        return {
            "symbol": self.symbol, "timeframe": "1H", "synthetic": self.synthetic,
            "bucket": bucket, "time": [g[0][0] for g in groups], "open": [g[0][1] for g in groups],
            "high": [max(c[2] for c in g) for g in groups],
            "low": [min(c[3] for c in g) for g in groups],
            "close": [g[-1][4] for g in groups], "volume": [sum(c[5] for c in g) for g in groups],
        }  # fmt: skip


def merged(messages: list[Message]) -> list[Message]:
    """Put the equity points of a batch into columns."""
    points = [m for m in messages if m["type"] == "equity"]
    rest = [m for m in messages if m["type"] != "equity"]
    if not points:
        return rest
    data = [m["data"] for m in points]
    columns = {
        "backtest_id": "fake",
        "time": [round(datetime.fromisoformat(d["time"]).timestamp() * 1000) for d in data],
        **{name: [d[name] for d in data] for name in ("equity", "balance", "drawdown")},
    }
    batch = {"type": "equity_columns", "timestamp": "", "data": columns, "seq": points[-1]["seq"]}
    return sorted([*rest, batch], key=lambda m: int(m["seq"]))


PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>view</title>
<script id="jupyter-config-data" type="application/json">
{"baseUrl": "%(base)s", "wsUrl": ""}</script>
<link rel="stylesheet" href="static/widget.css"><style>%(theme)s
body { margin: 12px; background: var(--jp-layout-color1, Canvas); }</style></head>
<body %(attribute)s><div id="host" style="width: %(width)s"></div><script type="module">
import widget from "./static/widget.js";
const traits = { run_id: %(run)s, direct: %(direct)s, title: "EUR-USD backtest",
  height: 560, snapshot: {}, ...%(market)s };
const handlers = new Map();
const fire = (name, ...args) => [...(handlers.get(name) ?? [])].forEach((h) => h(...args));
window.sent = [];
const model = {
  get: (name) => traits[name], set(name, value) { traits[name] = value; fire("change:" + name); },
  save_changes() {}, send(content) { window.sent.push(content); window.kernel?.(content); },
  on(name, h) { handlers.set(name, [...(handlers.get(name) ?? []), h]); },
  off(name, h) { handlers.set(name, (handlers.get(name) ?? []).filter((x) => x !== h)); },
};
window.model = model; window.fire = fire;
%(extra)s
// As anywidget does: a widget per model, and another proxy of the model for each call.
const made = (window.made = widget());
window.closeModel = made.initialize({ model: { ...model } });
window.closeView = made.render({ model: { ...model }, el: document.getElementById("host") });
</script></body></html>"""

LIGHT = (
    ":root { --jp-layout-color1: white; --jp-layout-color2: #eee; --jp-ui-font-color1: "
    "rgba(0,0,0,.87); --jp-ui-font-color2: rgba(0,0,0,.54); --jp-border-color2: #e0e0e0; "
    "--jp-brand-color1: #1976d2; }"
)
DARK = (
    ":root { --jp-layout-color1: #111; --jp-layout-color2: #333; --jp-ui-font-color1: "
    "rgba(255,255,255,1); --jp-ui-font-color2: rgba(255,255,255,.7); --jp-border-color2: #424242; "
    "--jp-brand-color1: #2196f3; } html { color-scheme: dark }"
)


def market_traits(name: str) -> Message:
    """Return the traits of a market's view."""
    return {"kind": "market", "name": name, "title": name, "timeframe": "1H"} if name else {}


class PageHandler(RequestHandler):
    """The page, as its query asks for it."""

    def get(self) -> None:
        """Write it."""
        scenario = self.get_argument("scenario", "live")
        run = "-".join(
            self.get_argument(name, default)
            for name, default in (
                ("scenario", "live"), ("rate", "500"), ("bars", "0"), ("synthetic", "0"),
            )
        )  # fmt: skip
        dark = self.get_argument("theme", "light") == "dark"
        self.set_cookie("_xsrf", "fake-xsrf", path=BASE)
        self.write(PAGE % {
            "base": BASE, "theme": DARK if dark else LIGHT,
            "attribute": f'data-jp-theme-light="{"false" if dark else "true"}"',
            "width": self.get_argument("width", "100%"), "run": json.dumps(run),
            "direct": json.dumps(scenario not in ("relay", "saved")),
            "extra": self.get_argument("extra", ""),
            "market": json.dumps(self.traits()),
        })  # fmt: skip

    def traits(self) -> Message:
        """Return the traits beyond those of a run's view."""
        names = self.get_argument("sessions", "")
        if names:
            known = self.settings["fake"].sessions
            fake_sessions.make(known, names)
            return fake_sessions.traits()
        live = self.get_argument("live", "")
        return live_traits(live) if live else market_traits(self.get_argument("market", ""))


class Fake:
    """All stories, by what the id of the run asks for; those of `before` need not be made again."""

    def __init__(self, before: Fake | None = None) -> None:
        self.stories: dict[str, Story] = {} if before is None else before.stories
        self.sweeps: dict[str, FakeSweep] = {} if before is None else before.sweeps
        self.controls: list[Message] = []
        self.opened: list[tuple[str, Message]] = []
        self.open_refusal: Message | None = None
        self.sessions = Sessions()
        self.asked_of_all: list[Message] = []
        self.paused = asyncio.Event()
        self.paused.set()
        self.reason: str | None = None
        self.to_trade = False
        self.refusal: Message | None = None

    def stand(self, reason: str | None = None) -> None:
        """Let all runs stand still."""
        self.reason, self.to_trade = reason, False
        self.paused.clear()

    def story(self, run: str) -> Story:
        """Return the story of a run."""
        scenario, _, bars, synthetic = run.split("-")
        signals = scenario == "signals"
        key = f"{signals}-{bars}-{synthetic}"
        if key not in self.stories:
            made = int(bars) > 0 or synthetic == "1"
            candles = make_candles(int(bars) or 3_000) if made else read_sample()
            symbol = "BTC-USD" if made else "EUR-USD"
            self.stories[key] = Story(
                candles, synthetic=synthetic == "1", symbol=symbol, signals=signals
            )
        return self.stories[key]

    def sweep(self, run: str) -> FakeSweep:
        """Return the sweep of a run."""
        scenario, _, count, _ = run.split("-")
        if run not in self.sweeps:
            self.sweeps[run] = FakeSweep(scenario, int(count) or 200)
        return self.sweeps[run]

    def told(self, run: str) -> Story | FakeSweep:
        """Return what a run tells."""
        return self.sweep(run) if run.startswith(SWEEPS) else self.story(run)


class CandleHandler(RequestHandler):
    """GET …/candles."""

    def get(self, run: str) -> None:
        """Write the candles as columns."""

        def bound(name: str, default: float) -> float:
            text = self.get_argument(name, None)
            return default if text is None else datetime.fromisoformat(text).timestamp() * 1000

        if run.startswith("bare-"):
            self.send_error(503)
            return
        story = self.settings["fake"].story(run)
        most = int(self.get_argument("max_points", "4000"))
        self.write(story.columns(bound("start", -math.inf), bound("end", math.inf), most))


class DetailHandler(RequestHandler):
    """GET of one run."""

    def get(self, run: str) -> None:
        """Write what was asked for."""
        self.write(self.settings["fake"].told(run).detail())


class OpenHandler(RequestHandler):
    """POST …/open."""

    def post(self, run: str) -> None:
        """Note what was asked for, and name a finished run."""
        fake: Fake = self.settings["fake"]
        if fake.open_refusal is not None:
            self.set_status(409)
            self.write(fake.open_refusal)
            return
        fake.opened.append((run, json.loads(self.request.body)))
        self.write({"backtest_id": "finished-500-400-0"})


class ControlHandler(RequestHandler):
    """POST …/control."""

    def post(self, run: str) -> None:
        """Note what was asked for."""
        body = json.loads(self.request.body)
        fake: Fake = self.settings["fake"]
        fake.controls.append({**body, "xsrf": self.request.headers.get("X-XSRFToken")})
        if body["action"] == "speed":
            self.set_status(409)
            self.write({"error": "This run has no speed to set", "details": {}})
            return
        if body["action"] == "pause":
            fake.stand()
        elif body["action"] in ("resume", "run_until"):
            fake.to_trade = body["action"] == "run_until"
            fake.paused.set()
        self.write({"accepted": True})


FAILURE: Message = {
    "type": "error",
    "timestamp": "",
    "data": {
        "error": "The strategy raised ZeroDivisionError: division by zero",
        "details": {
            "strategy": "SmaCross",
            "traceback": '  File "cell 3", line 12, in next\n    ratio = gain / loss\n'
            "ZeroDivisionError: division by zero",
        },
    },
    "extra": {"code": "strategy_error"},
}


class StreamHandler(WebSocketHandler):
    """The stream of a run at some rate."""

    replay: FakeReplay | None = None

    def open(self, run: str) -> None:
        """Start to send."""
        self.task = asyncio.ensure_future(self.pump(run))

    def on_message(self, message: str | bytes) -> None:
        """Answer pings, and hand a replay its controls."""
        request = json.loads(message)
        if request["type"] == "ping":
            self.write_message(json.dumps({"type": "pong", "timestamp": "", "data": {}}))
        elif self.replay is not None:
            self.settings["fake"].controls.append(request)
            self.replay.ask(request)

    async def say(self, *messages: Message) -> None:
        """Send messages as made now, each in a frame; many together."""
        for message in messages:
            message["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        frames = [messages] if len(messages) > 100 else messages
        for frame in frames:
            await self.write_message(json.dumps(frame))

    async def tell_status(self, seq: int, status: str, reason: str | None = None) -> None:
        """Say that the run entered a state."""
        data: Message = {"backtest_id": "fake", "status": status}
        if reason is not None:
            data["reason"] = reason
        await self.say({"type": "status", "data": data, "seq": seq})

    async def pump(self, run: str) -> None:
        """Send the story in batches, 25 a second."""
        scenario, rate, _, _ = run.split("-")
        fake: Fake = self.settings["fake"]
        if scenario == "missing":
            await self.write_message(
                json.dumps(
                    {
                        "type": "error",
                        "timestamp": "",
                        "data": {"error": "No backtest is named 'fake'", "details": {}},
                    }
                )
            )
            self.close(4404)
            return
        story = fake.told(run)
        since = int(self.get_query_argument("since", "0"))
        done = scenario in ("finished", "plain", "signals") or int(rate) == 0
        await self.say(story.connected(story.seq if done else 0, "complete" if done else "running"))
        replay = self.get_query_argument("replay", "0") == "1"
        if replay and scenario != "plain" and isinstance(story, Story):
            times = [candle[0] for candle in story.candles]
            self.replay = FakeReplay(story.steps, times, merged, self.say)
            await self.replay.play(self.get_query_argument("speed", "0"))
            return
        step = len(story.steps) if done else max(1, int(rate) // 25)
        at = seq = 0
        while at < len(story.steps):
            if not fake.paused.is_set():
                await self.tell_status(seq, "paused", fake.reason)
                await fake.paused.wait()
                await self.tell_status(seq, "running")
            count = 1 if fake.to_trade else step
            batch = merged([m for s in story.steps[at : at + count] for m in s if m["seq"] > since])
            at += count
            await self.say(*batch)
            seq = batch[-1]["seq"] if batch else seq
            if fake.to_trade and any(m["type"] == "trade" for m in batch):
                fake.stand("1 trade")
            if fake.refusal is not None:
                refused, fake.refusal = fake.refusal, None
                await self.say({"type": "control", "data": refused, "seq": seq})
            if scenario == "deleted" and at > len(story.steps) // 3:
                self.close(4404, "deleted")
                return
            if scenario == "error" and at > len(story.steps) // 3:
                await self.write_message(json.dumps({**FAILURE, "seq": story.seq + 1}))
                break
            if not done and not fake.to_trade:
                await asyncio.sleep(0.04)
        self.close(1000)

    def on_close(self) -> None:
        """Stop sending."""
        self.task.cancel()


class StaticFile(RequestHandler):
    """The bundle."""

    def get(self, name: str) -> None:
        """Write one file."""
        self.set_header("Content-Type", "text/css" if name.endswith("css") else "text/javascript")
        self.write((STATIC / name).read_bytes())


def start(port: int = 0) -> tuple[HTTPServer, str, Fake]:
    """Listen on loopback; return the server, the address of the page and the fake."""
    fake = Fake()
    app = Application(
        [
            *((BASE + path, handler) for path, handler in (*HANDLERS, *fake_sessions.HANDLERS)),
            (BASE + r"api/ws/stream/backtest/(.+)", StreamHandler),
            (BASE + r"api/ws/stream/market-data/(.+)", MarketHandler),
            (BASE + r"api/backtesting/(.+)/open", OpenHandler),
            (BASE + r"api/backtesting/(.+)/candles", CandleHandler),
            (BASE + r"api/backtesting/(.+)/control", ControlHandler),
            (BASE + r"api/backtesting/([^/]+)", DetailHandler),
            (BASE + r"static/(widget\.(?:js|css))", StaticFile),
            (BASE, PageHandler),
        ],
        fake=fake,
        markets={},
        live_ticks=Ticks(),
    )
    server = HTTPServer(app)
    sockets = bind_sockets(port, "127.0.0.1")
    server.add_sockets(sockets)
    return server, f"http://127.0.0.1:{sockets[0].getsockname()[1]}{BASE}", fake


if __name__ == "__main__":

    async def main() -> None:
        """Serve until interrupted."""
        print(start(8899)[1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
