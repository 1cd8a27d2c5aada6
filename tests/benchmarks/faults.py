"""The fault test with as many disconnects as asked for: ``python -m tests.benchmarks.faults``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from faults import run_faults
from server_process import ServerProcess


def main() -> int:
    """Run it once and say what happened; the exit code is 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.faults", description=__doc__)
    parser.add_argument("--disconnects", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1_500.0, help="candles a second")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process = ServerProcess(Path(folder) / "home")
        try:
            report = asyncio.run(run_faults(process, args.disconnects, args.seed, args.speed))
        finally:
            process.stop()
    equal = sum(
        reader.digest.hexdigest() == report.digest and not reader.faults
        for reader in report.readers
    )
    print(
        f"{report.events:,} events; {report.cuts:,} connections cut at random bytes, "
        f"{report.publisher_cuts} of the publisher, {report.kills} servers killed; "
        f"{equal} of {len(report.readers)} clients equal to the journal; {report.seconds:.0f} s"
    )
    return 0 if equal == len(report.readers) else 1


if __name__ == "__main__":
    sys.exit(main())
