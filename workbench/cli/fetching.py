"""``workbench data fetch``: candles of an exchange into the store."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Output, Pace
from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    from workbench.data.exchange.fetching import Step


def add(actions: Any) -> None:
    """Add the action."""
    parser: argparse.ArgumentParser = actions.add_parser(
        "fetch",
        help="fetch candles of an exchange and store them",
        description=(
            "Asks an exchange for the closed candles of a range and stores them; what is stored "
            "already is not asked for again, so an interrupted fetch goes on where it was. Needs "
            'pip install "jupyter-backtest-workbench[exchange]", and no account.'
        ),
    )
    parser.add_argument("symbol", metavar="SYMBOL", help="to file the candles under: BTC-USD")
    parser.add_argument("--timeframe", required=True, metavar="TF", help="such as 15M")
    parser.add_argument("--exchange", required=True, metavar="NAME", help="as ccxt calls it")
    parser.add_argument("--start", required=True, metavar="DATE", help="ISO 8601, UTC")
    parser.add_argument("--end", metavar="DATE", help="the day is included [now]")
    parser.add_argument(
        "--market", metavar="PAIR", help="the symbol there, where it is another: BTC/USDT"
    )
    parser.add_argument("--replace", action="store_true", help="begin anew, forget what is stored")
    parser.add_argument(
        "--options", type=_options, default={}, metavar="JSON", help="for ccxt, such as a proxy"
    )
    parser.set_defaults(handler=fetch)


def fetch(args: argparse.Namespace) -> int:
    """``data fetch``."""
    from workbench.data.exchange import fetch

    out = Output()
    with out.progress():
        result = fetch(
            args.symbol,
            args.timeframe,
            exchange=args.exchange,
            start=args.start,
            end=args.end,
            market=args.market,
            replace=args.replace,
            options=args.options,
            progress=Progress(out),
        )
    for line in str(result).splitlines():
        out.line(line)
    out.line(f"stored as {result.candles.symbol} {result.candles.timeframe}")
    return 0


class Progress:
    """Shows how far a fetch is, and what holds it up.

    Parameters
    ----------
    clock
        Seconds of a clock that never jumps.
    """

    def __init__(self, out: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._begun = clock()

    def __call__(self, step: Step) -> None:
        """Take the next step."""
        if step.trouble is not None:
            self._out.line(f"{step.trouble.message}; trying again in {step.wait:.0f} s", "yellow")
            return
        if not step.total:
            return
        gone = self._clock() - self._begun
        rate = step.done / gone if step.done and gone > 0 else None
        eta = (step.total - step.done) / rate if rate else None
        self._out.pace(Pace(100 * step.done / step.total, step.done, step.total, rate, eta))


def _options(text: str) -> dict[str, Any]:
    try:
        options = json.loads(text)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        allowed = '{"httpsProxy": "http://localhost:8080"}'
        msg = f"--options {text!r} is not a JSON object: write such as {allowed}"
        raise InvalidRequest(msg, field="options", value=text, allowed=allowed)
    return options
