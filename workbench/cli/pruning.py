"""``workbench runs prune``: deleting what is old or too much."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from workbench.cli.output import confirmed
from workbench.cli.sources import Runs, runs_of
from workbench.errors import InvalidRequest

_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}


def add(action: Callable[..., Any]) -> None:
    """Add the subcommand."""
    parser = action("prune", prune, "delete the oldest finished runs that nobody follows")
    parser.add_argument("--days", metavar="N", type=_days, help="those that ended longer ago")
    parser.add_argument(
        "--bytes", metavar="N", type=_bytes, help="until all take no more: 500M, 2G"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say which")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def prune(args: argparse.Namespace) -> int:
    """``runs prune``."""
    from workbench.runs.retention import surplus

    if args.days is None and args.bytes is None:
        msg = "Nothing says which runs are to go: give --days, --bytes or both"
        raise InvalidRequest(msg, field="days", value=None, allowed="--days N, --bytes N")
    runs = runs_of(args)
    found = surplus(
        runs.stored(),
        now=time.time(),
        keep_days=args.days,
        keep_bytes=args.bytes,
        in_use=runs.followed(),
    )
    if not found:
        print("no run is to go")
        return 0
    for run in found:
        print(f"{run.id}  ended {run.finished}  {run.bytes:,} bytes")
    if not args.dry_run:
        delete(runs, [run.id for run in found], yes=args.yes)
    return 0


def delete(runs: Runs, ids: Sequence[str], *, yes: bool) -> None:
    """Delete runs once it is confirmed.

    Raises
    ------
    InvalidRequest
        It is not.
    """
    what = ids[0] if len(ids) == 1 else f"{len(ids)} runs"
    if not yes and not confirmed(f"Delete {what} with all events?"):
        msg = f"{what}: not deleted; say yes, or give --yes"
        raise InvalidRequest(msg, field="yes", value=False, allowed=True)
    for run_id in ids:
        runs.delete(run_id)
        print(f"deleted {run_id}")
    runs.shrink()


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days < 1e6:
        msg = f"{text!r} is no number of days"
        raise argparse.ArgumentTypeError(msg)
    return days


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d{1,15}(?:\.\d+)?)([KMGT]?)B?", text.upper())
    if match is None:
        msg = f"{text!r} is no size, such as 500M or 2G"
        raise argparse.ArgumentTypeError(msg)
    return round(float(match[1]) * _UNITS[match[2]])
