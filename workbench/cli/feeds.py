"""``workbench feeds``: the feeds of markets, and what they tell."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from workbench.cli.output import Output
from workbench.cli.servers import add_server_options, needed
from workbench.client.market_asking import absolute
from workbench.messages import AnyMessage

if TYPE_CHECKING:
    from workbench.client.server import Server

BASE = "api/market-data"
_FIELDS = (
    "timeframes", "feed", "exchange", "market", "path", "start", "end", "speed", "seed", "name",
    "patterns", "detectors", "history",
)  # fmt: skip


def add(commands: Any) -> None:
    """Add the subcommand and its own."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "feeds",
        help="start, list, watch, stop and remove the feeds of markets",
        description="Feeds run on a server: start one with `workbench serve`, or Jupyter.",
    )
    parser.set_defaults(handler=list_feeds, url=None, token_env=None, json=False)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")

    def action(name: str, handler: Callable[[argparse.Namespace], int], help_: str) -> Any:
        one = actions.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        add_server_options(one)
        one.set_defaults(handler=handler)
        return one

    action("list", list_feeds, "list the feeds").add_argument(
        "--json", action="store_true", help="as JSON"
    )
    _add_start(action("start", start, "start the feed of a market"))
    for name, handler, help_ in (
        ("stop", stop, "end feeds; their streams stay"),
        ("rm", remove, "end feeds and remove their streams"),
    ):
        action(name, handler, help_).add_argument("name", metavar="NAME", nargs="+")
    watched = action("watch", watch, "follow a market, by its symbol or the name of a feed")
    watched.add_argument("name", metavar="SYMBOL")
    watched.add_argument("--json", action="store_true", help="print the messages, one a line")
    watched.add_argument("--from-now", action="store_true", help="skip what was told before")


def _add_start(one: argparse.ArgumentParser) -> None:
    one.add_argument("symbol", metavar="SYMBOL", help="such as BTC-USD")
    one.add_argument("--timeframes", nargs="+", metavar="TF", help="such as 1M 15M 1H")
    one.add_argument("--feed", help="synthetic, replay or exchange [synthetic]")
    one.add_argument("--exchange", help="of an exchange: its name, such as binance")
    one.add_argument("--market", help="of an exchange: the symbol there, such as BTC/USDT")
    one.add_argument("--path", help="of a replay: a file of recorded frames [stored candles]")
    one.add_argument("--start", help="of a replay: from here, ISO 8601")
    one.add_argument("--end", help="of a replay: up to here")
    one.add_argument("--speed", help="multiples of market time (60x), or candles a second")
    one.add_argument("--seed", type=int, help="of a synthetic feed")
    one.add_argument("--patterns", nargs="+", metavar="NAME", help="candlestick patterns")
    one.add_argument("--detectors", nargs="+", metavar="NAME", help="registered ones")
    one.add_argument(
        "--weights", nargs="+", type=_weight, metavar="TERM=N", help="such as trend=0.5 momentum=0"
    )
    one.add_argument("--history", type=int, metavar="N", help="candles from before it begins [300]")
    one.add_argument(
        "--options", type=_options, metavar="JSON", help="of an exchange: what ccxt takes, no keys"
    )
    one.add_argument("--name", help="of the feed and its stream [the symbol]")
    one.add_argument("--replace", action="store_true", help="in the place of one of this name")


def _weight(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError:
        msg = f"{text!r} is no weight: write TERM=NUMBER, such as trend=0.5"
        raise argparse.ArgumentTypeError(msg) from None


def _options(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        msg = f"{text!r} is no JSON object: write one, such as '{{\"timeout\": 5000}}'"
        raise argparse.ArgumentTypeError(msg)
    return found


def list_feeds(args: argparse.Namespace) -> int:
    """``feeds list``."""
    feeds = _server(args).rest.get(BASE)["feeds"]
    if args.json:
        print(json.dumps(feeds, indent=2))
        return 0
    output = Output()
    if not feeds:
        output.line("There are no feeds yet. Start with: workbench feeds watch BTC-USD")
        return 0
    head = ("NAME", "STATUS", "FEED", "SYMBOL", "TIMEFRAMES", "READERS", "MESSAGES", "SOURCE")
    output.table(head, [_row(feed) for feed in feeds], right=(5, 6))
    return 0


def start(args: argparse.Namespace) -> int:
    """``feeds start``."""
    body: dict[str, Any] = {"symbol": args.symbol}
    body |= {name: value for name in _FIELDS if (value := getattr(args, name)) is not None}
    if args.path is not None:
        body["path"] = absolute(args.path)
    if args.weights is not None:
        body["weights"] = dict(args.weights)
    if args.options is not None:
        body["options"] = args.options
    if args.replace:
        body["replace"] = True
    reply = _server(args).rest.post(f"{BASE}/start", body)
    print(f"{reply['name']}: {reply['status']}, {reply['source']}")
    print(f"stream: {reply['stream_url']}")
    return 0


def stop(args: argparse.Namespace) -> int:
    """``feeds stop``."""
    server = _server(args)
    for name in args.name:
        reply = server.rest.post(f"{BASE}/{quote(name, safe='')}/stop", {})
        print(f"{name}: {reply['status']}")
    return 0


def remove(args: argparse.Namespace) -> int:
    """``feeds rm``."""
    server = _server(args)
    for name in args.name:
        server.rest.delete(f"{BASE}/{quote(name, safe='')}")
        print(f"removed {name}")
    return 0


def watch(args: argparse.Namespace) -> int:
    """``feeds watch``."""
    server = _server(args)
    return show(_batches(server, args.name, args.from_now), Output(), as_json=args.json)


def show(batches: Iterable[list[AnyMessage]], output: Output, *, as_json: bool = False) -> int:
    """Print the messages of a market as they come; return 1 if they end with an error."""
    from workbench.cli.following import tell
    from workbench.cli.market_narration import narrate

    return tell(batches, output, narrate, as_json=as_json)


def _server(args: argparse.Namespace) -> Server:
    return needed(args, "feeds")


def _batches(server: Server, name: str, from_now: bool) -> Iterator[list[AnyMessage]]:
    from workbench.client.market_stream import MarketStream

    # A symbol may be written with a slash, the name of a stream is not.
    with MarketStream(server, name.replace("/", "-"), from_now=from_now) as stream:
        yield from stream.batches()


def _row(feed: dict[str, Any]) -> tuple[str, ...]:
    symbol = f"{feed['symbol']} (synthetic)" if feed["synthetic"] else feed["symbol"]
    return (
        feed["name"],
        feed["status"],
        feed["feed"],
        symbol,
        " ".join(feed["timeframes"]),
        str(feed["subscribers"]),
        f"{feed['messages']:,}",
        feed["source"],
    )
