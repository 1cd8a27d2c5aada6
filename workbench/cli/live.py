"""``workbench live``: live sessions, on paper or at an exchange."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Output
from workbench.cli.run import add_account
from workbench.cli.servers import add_server_options, needed

if TYPE_CHECKING:
    from workbench.client.server import Server

BASE = "api/live-trading"
EXAMPLE = """example:
  workbench live start sma_cross --symbols BTC-USD ETH-USD --timeframes 1M \\
      --limit max_daily_loss=500 --limit max_position=5000
  workbench live watch live_20261123_071500
  workbench live flatten --all"""
_LIMITS = "NAME=NUMBER: max_position, max_exposure, max_leverage, max_daily_loss, max_drawdown, "
_SETTINGS = ("initial_capital", "commission", "slippage", "leverage", "risk_per_trade", "seed")
_LIVE = ("latency", "participation", "exchange", "account", "history", "name")


def add(commands: Any) -> None:
    """Add the subcommand and its own."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "live",
        help="start, list, watch, flatten and stop live sessions",
        description="Live sessions run on a server: start one with `workbench serve`, or Jupyter.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(handler=list_sessions, url=None, token_env=None, json=False)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")

    def action(name: str, handler: Callable[[argparse.Namespace], int], help_: str) -> Any:
        one = actions.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        add_server_options(one)
        one.set_defaults(handler=handler)
        return one

    action("list", list_sessions, "list the sessions").add_argument(
        "--json", action="store_true", help="as JSON"
    )
    _add_start(action("start", start, "start a session"))
    show = action("show", show_session, "show what a session holds, risks and has earned")
    show.add_argument("id", metavar="ID")
    show.add_argument("--json", action="store_true", help="as JSON")
    watched = action("watch", watch, "follow a session: orders, positions, breaches, profit")
    watched.add_argument("id", metavar="ID")
    watched.add_argument("--json", action="store_true", help="print the messages, one a line")
    watched.add_argument("--from-now", action="store_true", help="skip what was told before")
    flat = action("flatten", flatten, "close everything, cancel all orders, open nothing more")
    flat.add_argument("id", metavar="ID", nargs="*")
    flat.add_argument("--all", action="store_true", help="all sessions: the kill switch")
    for name, path, help_ in (
        ("pause", "pause_entries", "open nothing more; what is held goes on"),
        ("resume", "resume_entries", "let sessions open positions again"),
        ("stop", "stop", "end sessions; what is held is closed unless they keep it"),
    ):
        action(name, _posting(path), help_).add_argument("id", metavar="ID", nargs="+")
    action("rm", remove, "remove ended sessions and their logs").add_argument(
        "id", metavar="ID", nargs="+"
    )


def _add_start(one: argparse.ArgumentParser) -> None:
    one.add_argument("strategy", metavar="STRATEGY", help="a registered name, or FILE.py:Class")
    one.add_argument("--symbols", required=True, nargs="+", metavar="SYMBOL", help="BTC-USD …")
    one.add_argument("--timeframes", nargs="+", default=["1M"], metavar="TF", help="[1M]")
    one.add_argument("--broker", default="paper", help="paper, or an exchange's name [paper]")
    one.add_argument(
        "--real", action="store_true", help="at the exchange itself, not its test system"
    )
    one.add_argument("--account", help="of the exchange, as the server knows it [default]")
    one.add_argument("--feed", help="synthetic, replay or exchange [the server's]")
    one.add_argument("--exchange", help="of the feed: its name, such as binance")
    one.add_argument("--market", help="of the feed: the symbol there, such as BTC/USDT")
    one.add_argument("--path", help="of a replay: a file of recorded frames [stored candles]")
    one.add_argument("--start", help="of a replay: from here, ISO 8601")
    one.add_argument("--end", help="of a replay: up to here")
    one.add_argument("--speed", help="of the feed: multiples of market time (60x), or candles/s")
    one.add_argument("--latency", type=float, help="of paper: seconds from decision to market [0]")
    one.add_argument(
        "--participation", type=float, help="of paper: largest part of each trade of the market"
    )
    one.add_argument("--history", type=int, metavar="N", help="candles from before it [500]")
    one.add_argument(
        "--limit", action="append", default=[], type=_limit, metavar="NAME=NUMBER",
        help=_LIMITS + "max_orders_per_minute, max_open_orders, stale_after, price_band; repeated",
    )  # fmt: skip
    one.add_argument(
        "--on-breach", choices=("reject", "flatten"), help="what a met limit does [reject]"
    )
    one.add_argument("--keep", action="store_true", help="stop leaves what is held as it is")
    add_account(one)
    one.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    one.add_argument("--name", help="of the session, for people")
    one.add_argument("--watch", action="store_true", help="follow it; Ctrl-C leaves it running")


def _limit(text: str) -> tuple[str, float]:
    from workbench.trading.limits import LIMIT_NAMES

    name, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if name not in LIMIT_NAMES or value != value:
        msg = f"{text!r} is no limit: write NAME=NUMBER with one of {', '.join(LIMIT_NAMES)}"
        raise argparse.ArgumentTypeError(msg)
    return name, int(value) if value.is_integer() else value


def start(args: argparse.Namespace) -> int:
    """``live start``."""
    from workbench.cli.loading import load_strategy, parse_params
    from workbench.client.live_opening import live

    strategy = load_strategy(args.strategy)
    names = (*_SETTINGS, *_LIVE, "start", "end", "speed", "path", "market")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    given |= dict(args.set)
    limits: dict[str, Any] = dict(args.limit)
    if args.on_breach is not None:
        limits["action"] = args.on_breach
    session = live(
        strategy,
        symbols=args.symbols,
        timeframes=args.timeframes,
        broker=args.broker,
        feed=args.feed,
        server=_server(args),
        strategy_params=parse_params(args.param, strategy),
        limits=limits,
        sandbox=not args.real,
        keep=args.keep,
        **given,
    )
    print(session.id)
    return _follow(session.server, session.id, args) if args.watch else 0


def list_sessions(args: argparse.Namespace) -> int:
    """``live list``."""
    from workbench.cli.live_narration import error_of

    found_ = _server(args).rest.get(BASE)["sessions"]
    if args.json:
        print(json.dumps(found_, indent=2))
        return 0
    output = Output()
    if not found_:
        output.line(
            "There are no sessions yet. Start with: workbench live start sma_cross "
            "--symbols BTC-USD"
        )
        return 0
    head = ("ID", "STATUS", "STRATEGY", "SYMBOLS", "BROKER", "EQUITY", "OPEN P&L", "EXPOSURE")
    output.table(head, [_row(one) for one in found_], right=(5, 6, 7))
    for one in found_:
        why = error_of(one)
        if why is not None:
            output.line(f"{one['session_id']}: {why}", "red")
    return 0


def show_session(args: argparse.Namespace) -> int:
    """``live show``."""
    from workbench.cli.live_narration import heading, tables

    info = _server(args).rest.get(f"{BASE}/{args.id}")
    if args.json:
        print(json.dumps(info, indent=2))
        return 0
    output = Output()
    output.lines(heading(info))
    for title, head, rows, right in tables(info):
        output.line(title, "bold")
        if rows:
            output.table(head, rows, right=right)
        else:
            output.line("  none", "dim")
    return 0


def watch(args: argparse.Namespace) -> int:
    """``live watch``."""
    return _follow(_server(args), args.id, args)


def flatten(args: argparse.Namespace) -> int:
    """``live flatten``."""
    server = _server(args)
    if args.all == bool(args.id):
        raise SystemExit("workbench live flatten: give ids, or --all")
    if args.all:
        for one in server.rest.post(f"{BASE}/flatten", {})["sessions"]:
            print(f"flattening {one['session_id']}")
        return 0
    for one in args.id:
        server.rest.post(f"{BASE}/{one}/flatten", {})
        print(f"flattening {one}")
    return 0


def remove(args: argparse.Namespace) -> int:
    """``live rm``."""
    server = _server(args)
    for one in args.id:
        server.rest.delete(f"{BASE}/{one}")
        print(f"removed {one}")
    return 0


def _posting(path: str) -> Callable[[argparse.Namespace], int]:
    def handler(args: argparse.Namespace) -> int:
        server = _server(args)
        for one in args.id:
            reply = server.rest.post(f"{BASE}/{one}/{path}", {})
            print(f"{path.replace('_', ' ')} {one}: {reply['status']}")
        return 0

    return handler


def _follow(server: Server, session: str, args: argparse.Namespace) -> int:
    from workbench.cli.following import tell
    from workbench.cli.live_narration import TYPES, narrate
    from workbench.client.stream import Stream

    as_json = getattr(args, "json", False)
    types = None if as_json else TYPES
    with Stream(server, session, types=types, from_now=getattr(args, "from_now", False)) as stream:
        return tell(stream.batches(), Output(), narrate, as_json=as_json)


def _server(args: argparse.Namespace) -> Server:
    return needed(args, "sessions")


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    pnl, risk = one.get("pnl") or {}, one.get("risk") or {}
    return (
        one["session_id"],
        one["status"],
        one["strategy"],
        " ".join(one["symbols"]),
        one["broker"],
        _money(pnl.get("equity")),
        _money(pnl.get("unrealized")),
        _money(risk.get("exposure")),
    )


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"
