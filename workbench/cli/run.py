"""``workbench run``: start a backtest and follow it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Output, writable
from workbench.cli.servers import add_server_options, found

if TYPE_CHECKING:
    from workbench.client.run import Run

EXAMPLE = """example:
  workbench run sma_cross --symbol EUR-USD --timeframes 1H \\
      --start 2017-01-01 --end 2017-12-29 --param fast=20 --param slow=60"""


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="start a backtest and follow it",
        description="Start a backtest in a process of its own and follow it to its end.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "strategy",
        metavar="STRATEGY",
        help="a registered name (workbench strategies), or FILE.py:Class",
    )
    parser.add_argument("--symbol", required=True, help="such as EUR-USD (workbench data list)")
    parser.add_argument(
        "--timeframes", required=True, nargs="+", metavar="TF", help="such as 15M 1H 4H"
    )
    parser.add_argument("--start", required=True, help="ISO 8601 date or time, UTC")
    parser.add_argument("--end", required=True, help="likewise; a plain date is included")
    add_account(parser)
    parser.add_argument("--speed", type=float, help="candles a second [as fast as possible]")
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE",
        help="value of a parameter of the strategy; may be repeated",
    )  # fmt: skip
    parser.add_argument("--name", help="name of the run, for people")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the HTML report there")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print the messages, one a line")
    shown.add_argument("--detach", action="store_true", help="print the run's id and return")
    add_server_options(parser)
    parser.set_defaults(handler=run)


def add_account(parser: argparse.ArgumentParser) -> None:
    """Add the options of the account and of chance."""
    parser.add_argument("--capital", type=float, dest="initial_capital", help="[10000]")
    parser.add_argument("--commission", type=float, help="fraction of the notional, per fill [0]")
    parser.add_argument("--slippage", type=float, help="fraction of the price [0]")
    parser.add_argument("--leverage", type=float, help="notional, in multiples of equity [1]")
    parser.add_argument(
        "--risk", type=float, dest="risk_per_trade", help="fraction of equity at risk [0.02]"
    )
    parser.add_argument("--seed", type=int, help="for strategies that draw random numbers")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", type=setting,
        help="any other setting of the account, such as spread=0.0001, max_positions=3, "
        "convention=vectorbt, 'commission={\"per_order\": 1}'; may be repeated",
    )  # fmt: skip


def setting(text: str) -> tuple[str, Any]:
    """Return a field of `Settings` and its value, which is JSON or a word."""
    import difflib

    import msgspec

    from workbench.engine.settings import Settings

    name, equals, value = text.partition("=")
    known = Settings.__struct_fields__
    if not equals or name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise argparse.ArgumentTypeError(f"no setting {text!r} (NAME=VALUE); {hint}")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


OPTIONS = (
    "initial_capital", "commission", "slippage", "leverage", "risk_per_trade", "speed", "seed",
    "name",
)  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Start the run; follow it unless it is to be left alone."""
    from workbench.cli.loading import load_strategy, parse_params
    from workbench.client.api import start
    from workbench.client.discovery import start_private

    if args.report is not None:
        writable(args.report)
    strategy = load_strategy(args.strategy)
    params = parse_params(args.param, strategy)
    given = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    given |= dict(args.set)
    output = Output()
    pickles = not isinstance(strategy, str)
    server = found(args, pickles=pickles)
    if server is None:
        server = start_private()
        none = "No server that takes strategies out of files runs" if pickles else "No server runs"
        print(f"{none} here: started a private one at {server.url}", file=sys.stderr)
    started = start(
        strategy,
        symbol=args.symbol,
        timeframes=args.timeframes,
        start=args.start,
        end=args.end,
        server=server,
        strategy_params=params,
        **given,
    )
    if args.detach:
        output.line(started.id)
        return 0
    if not args.json:
        output.line(f"{started.id} at {server.url}", "dim")
    try:
        _follow(started, args, output)
    except KeyboardInterrupt:
        print(
            f"\n{started.id} goes on. workbench runs watch {started.id} follows it again, "
            f"workbench runs stop {started.id} ends it.",
            file=sys.stderr,
        )
        raise
    return 0


def _follow(run: Run, args: argparse.Namespace, output: Output) -> None:
    from workbench.cli.following import TYPES, follow, write_json

    if args.json:
        write_json(run.stream().batches())
    else:
        follow(run.stream(types=TYPES).batches(), output)
    if args.report is not None:
        path = run.report(args.report)
        if not args.json:
            output.line(f"report: {path}")
