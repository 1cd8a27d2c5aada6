"""``workbench runs``: what has been run, and what became of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from workbench.cli import controls, explaining, pruning, sweeps
from workbench.cli.measuring import show_groups
from workbench.cli.output import Output
from workbench.cli.servers import add_server_options
from workbench.cli.sources import runs_of
from workbench.report.measures import percent
from workbench.report.statistics import grouped


def add(commands: Any) -> None:
    """Add the subcommand and its own."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "runs",
        help="list, show, watch, control and delete runs, and write their reports",
        description="Works on a running server, or without one on the state folder itself.",
    )
    parser.set_defaults(handler=list_runs, url=None, token_env=None, json=False)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")

    def action(name: str, handler: Any, help_: str, ids: str | None = None) -> Any:
        one = actions.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        if ids is not None:
            one.add_argument("id", metavar="ID", nargs=ids or None, help="id of a run")
        add_server_options(one)
        one.set_defaults(handler=handler)
        return one

    action("list", list_runs, "list the runs, the newest first").add_argument(
        "--json", action="store_true", help="as JSON"
    )
    action("show", show, "tell all about a run", "").add_argument(
        "--json", action="store_true", help="as JSON"
    )
    action("rm", remove, "delete runs with their logs", "+").add_argument(
        "--yes", action="store_true", help="do not ask"
    )
    controls.add(action)
    pruning.add(action)
    explaining.add(action)
    action("watch", watch, "follow a run from its beginning to its end", "").add_argument(
        "--json", action="store_true", help="print the messages, one a line"
    )
    action("report", report, "write a run's report as an HTML page", "").add_argument(
        "-o", "--output", metavar="FILE", help="where to, - for standard output [ID.html]"
    )


def list_runs(args: argparse.Namespace) -> int:
    """``runs list``."""
    listed = runs_of(args).summaries()
    if args.json:
        print(json.dumps(listed, indent=2))
        return 0
    output = Output()
    if not listed:
        output.line("Nothing has been run yet. Start with: workbench demo")
        return 0
    head = ("ID", "STATUS", "DONE", "STRATEGY", "SYMBOL", "TIMEFRAMES", "FROM", "TO", "RETURN", "TRADES")  # fmt: skip # noqa: E501
    output.table(head, [_row(run) for run in listed], right=(2, 8, 9))
    for reason, count in Counter(run["reason"] for run in listed if run.get("reason")).items():
        output.line(f"{count} pending: {reason}", "dim")
    return 0


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    metrics = _final_metrics(run)
    symbol = f"{run['symbol']} (synthetic)" if run["synthetic"] else run["symbol"]
    return (
        run["backtest_id"],
        run["status"],
        f"{run['progress']:.0f} %",
        run["strategy"] if run["kind"] == "backtest" else f"{run['strategy']} ({run['kind']})",
        symbol,
        " ".join(run["timeframes"]),
        run["start_date"][:10],
        run["end_date"][:10],
        percent(metrics["total_return"], signed=True) if metrics else "–",
        str(metrics["total_trades"]) if metrics else "–",
    )


def show(args: argparse.Namespace) -> int:
    """``runs show``."""
    run = runs_of(args).detail(args.id)
    if args.json:
        print(json.dumps(run, indent=2))
        return 0
    output = Output()
    output.line(run["backtest_id"], "bold")
    rows = [(name, _text(run[name])) for name in _FACTS if run.get(name) not in (None, "", [])]
    rows += [
        (name, _text(value))
        for name, value in run["spec"].items()
        if name not in run and value is not None
    ]
    if run["synthetic"]:
        rows.insert(0, ("SYNTHETIC DATA", "generated, never traded"))
    result = run["result"] or {}
    error = (result.get("data") or {}).get("error")
    if error:
        rows.insert(0, ("error", error))
    for label, text in rows:
        output.line(f"  {label:<18}{text}")
    metrics = _final_metrics(run) or run["metrics"]
    if metrics:
        extra = result.get("extra") or {}
        capital, final = run["spec"]["initial_capital"], extra.get("final_equity")
        statistics, intervals = extra.get("statistics"), extra.get("intervals")
        output.line()
        groups = grouped(metrics, statistics, intervals, capital, final)
        show_groups(output, "METRIC", groups)
    return 0


_FACTS = (
    "name", "status", "reason", "progress", "strategy", "symbol", "timeframes", "start_date",
    "end_date", "source", "created", "started", "finished", "tags", "notes", "seq",
)  # fmt: skip


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {one}" for name, one in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def remove(args: argparse.Namespace) -> int:
    """``runs rm``."""
    runs = runs_of(args)
    for run_id in args.id:
        runs.detail(run_id)
    pruning.delete(runs, args.id, yes=args.yes)
    return 0


def watch(args: argparse.Namespace) -> int:
    """``runs watch``."""
    from workbench.cli.following import TYPES, follow, write_json

    runs = runs_of(args)
    if args.json:
        write_json(runs.batches(args.id, None))
    elif (told := runs.detail(args.id))["kind"] == "sweep":
        sweep = told["spec"]["sweep"]
        sweeps.follow(runs.batches(args.id, sweeps.TYPES), sweeps.spec_of(sweep), Output())
    else:
        follow(runs.batches(args.id, TYPES), Output())
    return 0


def report(args: argparse.Namespace) -> int:
    """``runs report``."""
    page = runs_of(args).report(args.id)
    if args.output == "-":
        sys.stdout.write(page)
        return 0
    path = Path(args.output or f"{args.id}.html")
    path.write_text(page, encoding="utf-8")
    print(f"report: {path}")
    return 0


def _final_metrics(run: dict[str, Any]) -> dict[str, Any]:
    metrics: dict[str, Any] = ((run["result"] or {}).get("data") or {}).get("metrics") or {}
    return metrics
