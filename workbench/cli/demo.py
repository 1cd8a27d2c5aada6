"""``workbench demo``: the whole way once, on real prices, without any set-up."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import Any

from workbench.cli.output import Output, writable
from workbench.errors import WorkbenchError

PARAMETERS = {"fast": 50, "slow": 150}
IDLE_S = 900
KEPT_IDLE_S = 3600
STOP_PATIENCE_S = 10.0


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="a backtest on real prices, streamed to this terminal, with a report",
        description=(
            "Starts a server on a free loopback port, backtests a crossing of two moving "
            "averages on a year of EUR-USD, follows it over the WebSocket and writes a report."
        ),
    )
    parser.add_argument(
        "--output", type=Path, default=Path("demo-report.html"), metavar="FILE",
        help="where to write the report [demo-report.html]",
    )  # fmt: skip
    parser.add_argument(
        "--speed", type=float, default=1500.0, help="candles a second, 0 for full speed [1500]"
    )
    parser.add_argument("--no-report", action="store_true", help="write none")
    parser.add_argument(
        "--keep-server", action="store_true", help="leave the server running, for an hour of rest"
    )
    parser.set_defaults(handler=demo)


def demo(args: argparse.Namespace) -> int:
    """Start a server, run, follow, report, stop the server."""
    from workbench import paths
    from workbench.client.launching import launch
    from workbench.client.server import Server

    if not args.no_report:
        writable(args.output)
    output = Output()
    home = paths.home()
    output.line("Starting a server …", "dim")
    # A private one is found by later commands and kernels, so only a server that stays is.
    kept = ["--private", f"--idle-timeout={KEPT_IDLE_S}"]
    options = kept if args.keep_server else [f"--idle-timeout={IDLE_S}"]
    launched = launch(home, options, home / "logs" / "demo-server.log")
    keep = False
    try:
        output.line(f"Server at {launched.url}", "dim")
        _run(Server(launched.url, launched.token), args, output)
        keep = args.keep_server
    finally:
        if not keep:
            launched.stop()
    if keep:
        launched.let_go()
        output.line(f"The server at {launched.url} stays; workbench runs finds it.")
    return 0


def _run(server: Any, args: argparse.Namespace, output: Output) -> None:
    from workbench.cli.following import TYPES, follow
    from workbench.client.api import start

    run = start(
        "sma_cross",
        symbol="EUR-USD",
        timeframes=["1H"],
        start="2017-01-01",
        end="2017-12-29",
        server=server,
        name="Demo: moving averages on EUR-USD",
        initial_capital=10_000.0,
        commission=0.00002,
        speed=args.speed or None,
        strategy_params=PARAMETERS,
    )
    try:
        follow(run.stream(types=TYPES).batches(), output)
    except KeyboardInterrupt:
        # Its last words are to reach the log before the server goes.
        with contextlib.suppress(WorkbenchError, TimeoutError):
            run.stop()
            run.wait(STOP_PATIENCE_S)
        raise
    output.line()
    if not args.no_report:
        output.line(f"Report:  {run.report(args.output)}", "bold")
    output.line(f"Run:     workbench runs show {run.id}")
    output.line("Next:    make lab opens the live view in JupyterLab")
