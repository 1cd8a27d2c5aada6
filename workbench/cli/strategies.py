"""``workbench strategies``: what there is to run."""

from __future__ import annotations

import argparse
import inspect
from typing import Any

from workbench.cli.output import Output


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "strategies", help="list the registered strategies and their parameters"
    )
    parser.set_defaults(handler=show)


def show(args: argparse.Namespace) -> int:
    """List them."""
    from workbench.engine.strategies import registry

    output = Output()
    for name in registry.names():
        kind = registry.get(name)
        first = (inspect.getdoc(kind) or "").partition("\n")[0]
        output.line(f"{name}  {first}".rstrip(), "bold")
        values = kind.parameters()
        for parameter, default in values.items():
            output.line(f"    {parameter} = {default!r}  ({type(default).__name__})")
    return 0
