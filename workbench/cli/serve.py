"""``workbench serve``: hands over to the server's own program."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from workbench.errors import ServerUnreachable


def add(commands: Any) -> None:
    """Add the subcommand, for the list of commands; see `hand_over`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "serve", help="serve runs and their streams over HTTP (see workbench serve --help)"
    )
    parser.set_defaults(handler=lambda _: hand_over([]))


def hand_over(arguments: Sequence[str]) -> int:
    """Become ``python -m workbench_server``; does not return.

    Raises
    ------
    ServerUnreachable
        The server is not installed.
    """
    if find_spec("workbench_server") is None:
        msg = "workbench_server cannot be imported: install jupyter-backtest-workbench"
        raise ServerUnreachable(msg)
    os.execv(sys.executable, [sys.executable, "-m", "workbench_server", *arguments])
