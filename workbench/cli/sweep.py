"""``workbench sweep``: try many parameters and show the best."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Output
from workbench.cli.run import OPTIONS, add_account
from workbench.cli.servers import add_server_options, found
from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    from workbench.engine import Strategy

EXAMPLE = """values:
  fast=5:25:2        5, 7, … 23: from, to (exclusive), step
  slow=30,50,100     these
  shorts=false       one for all combinations
  leverage=1,2,5     a setting of the account, likewise

example:
  workbench sweep sma_cross --symbol EUR-USD --timeframe 1H --start 2017-01-01 \\
      --end 2017-12-29 fast=5:25:2 slow=30:80:5 --maximize sharpe_ratio"""
MOST_VALUES = 1_000_000


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "sweep",
        help="try many parameters of a strategy",
        description="Try many parameters of a strategy in processes of their own; show the best.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "strategy",
        metavar="STRATEGY",
        help="a registered name (workbench strategies), or FILE.py:Class",
    )
    parser.add_argument("values", metavar="NAME=VALUES", nargs="+", help="see below")
    parser.add_argument("--symbol", required=True, help="such as EUR-USD (workbench data list)")
    parser.add_argument(
        "--timeframe", required=True, action="append", metavar="TF", help="may be repeated"
    )
    parser.add_argument("--start", required=True, help="ISO 8601 date or time, UTC")
    parser.add_argument("--end", required=True, help="likewise; a plain date is included")
    best = parser.add_mutually_exclusive_group()
    best.add_argument("--maximize", metavar="METRIC", help="what decides [sharpe_ratio]")
    best.add_argument("--minimize", metavar="METRIC")
    parser.add_argument(
        "--min-trades", type=int, default=1, help="fewer never make the best [1]", metavar="N"
    )
    parser.add_argument("--constraint", metavar="EXPRESSION", help="Python, such as 'fast < slow'")
    parser.add_argument("--method", choices=("grid", "random", "bayesian"), default="grid")
    parser.add_argument("--trials", type=int, help="combinations, unless it is a grid [100]")
    parser.add_argument(
        "--walk-forward", type=int, metavar="SPLITS", help="choose on a part, trade the next"
    )
    parser.add_argument(
        "--train", type=float, default=0.7, help="fraction of a split that is chosen on [0.7]"
    )
    parser.add_argument(
        "--anchored", action="store_true", help="choose on all candles before the traded part"
    )
    parser.add_argument("--workers", type=int, help="processes [cores, at most 4]")
    add_account(parser)
    parser.add_argument("--name", help="name of the sweep, for people")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print the messages, one a line")
    shown.add_argument("--detach", action="store_true", help="print the sweep's id and return")
    add_server_options(parser)
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Start the sweep; follow it unless it is to be left alone."""
    from workbench.cli import sweeps
    from workbench.cli.following import write_json
    from workbench.cli.loading import load_strategy
    from workbench.client.discovery import start_private
    from workbench.client.sweeping import sweep

    strategy = load_strategy(args.strategy)
    options = parse_values(args.values, strategy)
    names = [name for name in OPTIONS if name != "speed"]
    options |= {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    options |= dict(args.set)
    if args.walk_forward is not None:
        options["walk_forward"] = {
            "splits": args.walk_forward, "train": args.train, "anchored": args.anchored,
        }  # fmt: skip
    constraint = None if args.constraint is None else constraint_of(args.constraint)
    output = Output()
    server = found(args, pickles=constraint is not None or not isinstance(strategy, str))
    if server is None:
        server = start_private()
        print(f"No server runs here: started a private one at {server.url}", file=sys.stderr)
    started = sweep(
        strategy,
        symbol=args.symbol,
        timeframes=args.timeframe,
        start=args.start,
        end=args.end,
        maximize=args.maximize,
        minimize=args.minimize,
        constraint=constraint,
        method=args.method,
        trials=args.trials,
        workers=args.workers,
        min_trades=args.min_trades,
        server=server,
        **options,
    )
    if args.detach:
        output.line(started.id)
        return 0
    try:
        if args.json:
            write_json(started.run.stream().batches())
        else:
            output.line(f"{started.id} at {server.url}", "dim")
            stream = started.run.stream(types=sweeps.TYPES)
            sweeps.follow(stream.batches(), started.spec, output)
    except KeyboardInterrupt:
        print(
            f"\n{started.id} goes on. workbench runs watch {started.id} follows it again, "
            f"workbench runs stop {started.id} ends it.",
            file=sys.stderr,
        )
        raise
    return 0


def parse_values(pairs: Sequence[str], strategy: type[Strategy] | str) -> dict[str, Any]:
    """Return ``name=values`` texts as lists, or one value, of the types the parameters have.

    Raises
    ------
    InvalidRequest
        One cannot be read.
    UnknownStrategy
        There is no such strategy.
    """
    from workbench.cli.loading import typed
    from workbench.engine.strategies import registry

    kind = registry.get(strategy) if isinstance(strategy, str) else strategy
    defaults = kind.parameters()
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not text:
            msg = f"{pair} has no values: write name=from:to:step, name=a,b,c or name=value"
            raise InvalidRequest(msg, field="values", value=pair, allowed="name=values")
        wanted = _type_of(name, defaults)
        if ":" in text and wanted in (int, float):
            values[name] = _range(pair, text)
        elif "," in text:
            values[name] = [typed(one.strip(), wanted) for one in text.split(",")]
        else:
            values[name] = typed(text, wanted)
    return values


def _type_of(name: str, defaults: dict[str, Any]) -> type:
    """Return the type of a parameter, or of a setting of the account."""
    from workbench.engine.settings import Settings
    from workbench.sweeps.account import is_setting

    if name in defaults or not is_setting(name):
        return type(defaults.get(name, ""))
    default = getattr(Settings(), name)
    return float if default is None else type(default)


def constraint_of(expression: str) -> Callable[[dict[str, Any]], bool]:
    """Return a Python expression of the parameters as a function of them.

    Raises
    ------
    InvalidRequest
        It is none.
    """
    try:
        compile(expression, "--constraint", "eval")
    except (SyntaxError, ValueError) as error:
        msg = f"--constraint {expression} is no Python expression: {error}"
        raise InvalidRequest(
            msg, field="constraint", value=expression, allowed="an expression"
        ) from error

    def constraint(_params: dict[str, Any]) -> bool:
        return bool(eval(expression, {}, _params))

    return constraint


def _range(pair: str, text: str) -> list[int | float]:
    parts = text.split(":")
    try:
        first, last, *rest = [int(part) if _whole(part) else float(part) for part in parts]
        step = rest[0] if rest else 1
        count = int(-((first - last) // step))
        if len(parts) > 3 or not 0 < count <= MOST_VALUES:
            raise ValueError
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        msg = f"{pair} is no range: write name=from:to:step, with a step that leads from one to it"
        raise InvalidRequest(msg, field="values", value=pair, allowed="5:25:2") from error
    return [round(first + place * step, 12) for place in range(count)]


def _whole(text: str) -> bool:
    return text.lstrip("+-").isdecimal()
