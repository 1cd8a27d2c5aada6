"""``python -m tests.benchmarks [NAME…] [--quick] [--write]``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from tests.benchmarks import report

NAMES = (
    "engine",
    "engine_fast",
    "late_join",
    "fan_out",
    "market",
    "market_feed",
    "market_stream",
    "live",
    "stall",
    "control",
    "imports",
)


def main() -> int:
    """Measure, print, and write on demand."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} [all]")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer; only to try it")
    parser.add_argument("--write", action="store_true", help="put the tables in docs/benchmarks.md")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in NAMES]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}: choose from {', '.join(NAMES)}")
    if args.write and args.quick:
        parser.error("--write needs whole runs: leave out --quick")
    for name in args.names or NAMES:
        benchmark = import_module(f"tests.benchmarks.{name}")
        rows = benchmark.measure(args.quick)
        print(f"\n{benchmark.TITLE}\n\n{report.table(rows)}", flush=True)
        if args.write:
            report.write({benchmark.TITLE: rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
