"""``workbench contract``: the wire contract as files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

FILES = {
    "schemas.json": "JSON Schemas of all messages, requests and replies",
    "asyncapi.json": "the WebSockets, as AsyncAPI 3.0",
    "openapi.json": "the REST routes, as OpenAPI 3.1",
    "index.html": "all of these as a page to read",
}


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "contract", help="print or write the wire contract: JSON Schemas, AsyncAPI, OpenAPI, page"
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("file", nargs="?", choices=FILES, help="print this one")
    chosen.add_argument("--write", metavar="DIR", type=Path, help="write all of them into DIR")
    parser.set_defaults(handler=show)


def show(args: argparse.Namespace) -> int:
    """Print one, write all, or list what there is."""
    from workbench.cli.output import Output
    from workbench.contract import files

    output = Output()
    if args.write is not None:
        for path in files.write(args.write):
            output.line(str(path))
    elif args.file is not None:
        sys.stdout.write(files.content(args.file).decode())
    else:
        for name, text in FILES.items():
            output.line(f"{name}  {text}")
    return 0
