"""``workbench data``: the candles there are, and bringing in more."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli import fetching
from workbench.cli.output import Output, clean, confirmed
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import iso_time
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    from workbench.data import Candles, SymbolInfo


def add(commands: Any) -> None:
    """Add the subcommand and its own."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "data", help="import, fetch, check, list and remove candles"
    )
    parser.set_defaults(handler=list_data)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    _add_import(actions)
    fetching.add(actions)
    listed = actions.add_parser("list", help="list the symbols that can be run on")
    listed.set_defaults(handler=list_data)
    checked = actions.add_parser(
        "check", help="check files without storing anything; fails when one is unusable"
    )
    checked.add_argument("file", metavar="FILE", nargs="+", type=Path)
    _add_reading(checked)
    checked.set_defaults(handler=check)
    removed = actions.add_parser("rm", help="remove imported candles")
    removed.add_argument("symbol", metavar="SYMBOL")
    removed.add_argument("timeframe", metavar="TF", nargs="?", help="this one only [all]")
    removed.add_argument("--yes", action="store_true", help="do not ask")
    removed.set_defaults(handler=remove)


def _add_import(actions: Any) -> None:
    parser = actions.add_parser(
        "import",
        help="check a CSV, Parquet or Feather file and store its candles",
        description=(
            "Checks a file and stores its candles. CSV needs a header with time (or date), open, "
            "high, low, close and, if known, volume; or bid_open, ... and ask_open, ...; or "
            "--columns. It may be alone in a zip archive."
        ),
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--symbol", required=True, help="to file the candles under")
    _add_reading(parser)
    parser.add_argument("--replace", action="store_true", help="overwrite what is stored")
    parser.set_defaults(handler=import_)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeframe", required=True, metavar="TF", help="of the candles in it")
    parser.add_argument(
        "--tz", default="UTC", metavar="ZONE", help="IANA zone the file's times are in [UTC]"
    )
    parser.add_argument(
        "--dayfirst", action=argparse.BooleanOptionalAction, default=None,
        help="whether 01.02.2017 is in February; only where the dates do not tell",
    )  # fmt: skip
    parser.add_argument(
        "--columns", type=lambda text: text.split(","), metavar="A,B,C",
        help="names of the columns, of a file without a header: time,open,high,low,close "
        "(bid_open, ask_open, ...); - passes over one",
    )  # fmt: skip


def import_(args: argparse.Namespace) -> int:
    """``data import``."""
    from workbench.data import import_file

    result = import_file(
        args.file,
        args.symbol,
        args.timeframe,
        args.tz,
        replace=args.replace,
        dayfirst=args.dayfirst,
        columns=args.columns,
    )
    _print(str(result))
    print(f"stored as {clean(result.candles.symbol)} {result.candles.timeframe}")
    return 0


def check(args: argparse.Namespace) -> int:
    """``data check``."""
    from workbench.data.importer import read_file

    timeframe = Timeframe.parse(args.timeframe)
    bad = 0
    for path in args.file:
        try:
            result = read_file(path, path.stem, timeframe, args.tz, args.dayfirst, args.columns)
            _print(str(result))
        except WorkbenchError as error:
            bad += 1
            print(f"workbench: {clean(error.message)}", file=sys.stderr)
    return 1 if bad else 0


def list_data(args: argparse.Namespace) -> int:
    """``data list``."""
    from workbench.data import symbols

    rows = []
    for info in symbols():
        for name in info.timeframes:
            candles = _load(info, Timeframe.parse(name))
            first, last = (iso_time(int(candles.time[at]))[:10] for at in (0, -1))
            rows.append((info.symbol, name, info.kind, f"{len(candles):,}", first, last))
    head = ("SYMBOL", "TIMEFRAME", "KIND", "CANDLES", "FROM", "TO")
    Output().table(head, rows, right=(3,))
    return 0


def _load(info: SymbolInfo, timeframe: Timeframe) -> Candles:
    from workbench import paths
    from workbench.data import CandleStore, samples, synthetic

    if info.kind == "sample":
        return samples.load_sample(info.symbol)
    if info.kind == "synthetic":
        return synthetic.btc_usd()
    return CandleStore(paths.candles_dir()).load(info.symbol, timeframe)


def remove(args: argparse.Namespace) -> int:
    """``data rm``."""
    from workbench import paths
    from workbench.data import CandleStore

    store = CandleStore(paths.candles_dir())
    stored = store.timeframes(args.symbol)
    # With nothing stored, the shortest possible one makes the store say what there is.
    chosen = [Timeframe.parse(args.timeframe)] if args.timeframe else stored
    for timeframe in chosen or [Timeframe.parse("1M")]:
        store.metadata(args.symbol, timeframe)
    names = ", ".join(timeframe.name for timeframe in chosen)
    if not args.yes and not confirmed(f"Remove {args.symbol} {names}?"):
        msg = f"{args.symbol} {names}: not removed; say yes, or give --yes"
        raise InvalidRequest(msg, field="yes", value=False, allowed=True)
    for timeframe in chosen:
        store.delete(args.symbol, timeframe)
        print(f"removed {clean(args.symbol)} {timeframe}")
    return 0


def _print(text: str) -> None:
    for line in text.splitlines():
        print(clean(line))
