"""Parsing, dispatch and exit codes."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

from workbench import __version__
from workbench.cli import contract, data, demo, feeds, live, run, runs, serve, strategies, sweep
from workbench.cli.output import clean
from workbench.errors import WorkbenchError
from workbench.paths import home

DESCRIPTION = "Backtests that stream: start them, follow them, look at what they came to."
EPILOG = """exit codes: 0 done, 1 failed (one line on standard error), 2 wrong usage,
130 interrupted. The state folder is $WORKBENCH_HOME, or the user's data folder."""


class Parser(argparse.ArgumentParser):
    """A parser that takes options in full only: ``--token X`` must not pass for another."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    argv
        Arguments without the program's name; those of the process where absent.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        # Everything after `serve` belongs to the server's own parser.
        if arguments[:1] == ["serve"]:
            return serve.hand_over(arguments[1:])
        chosen = parser().parse_args(arguments)
        code: int = chosen.handler(chosen)
        sys.stdout.flush()
        return code
    except WorkbenchError as error:
        return _fail(error.message)
    except sqlite3.DatabaseError as error:
        return _fail(f"The state file workbench.db in {home()} cannot be read: {error}")
    except BrokenPipeError:
        # The reader of a pipe is gone; what is still buffered must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("\nworkbench: interrupted", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    top = Parser(
        prog="workbench",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"workbench {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (demo, run, sweep, runs, live, feeds, data, strategies, serve, contract):
        module.add(commands)
    return top


def _fail(message: str) -> int:
    print(f"workbench: {clean(message)}", file=sys.stderr)
    return 1
