"""Which server a command talks to."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from workbench.errors import InvalidRequest, ServerUnreachable

if TYPE_CHECKING:
    from workbench.client.server import Server


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--url`` and ``--token-env``; a token itself never is an argument."""
    group = parser.add_argument_group("server")
    group.add_argument("--url", help="the server [the one that serves the state folder]")
    group.add_argument(
        "--token-env", metavar="NAME", help="environment variable with the server's token"
    )


def found(args: argparse.Namespace, *, pickles: bool = False) -> Server | None:
    """Return the server that was named, or one that runs (with `pickles`: and takes them).

    Raises
    ------
    InvalidRequest
        The variable named by ``--token-env`` is not set.
    ServerUnreachable
        The server that was named does not answer.
    """
    from workbench.client.discovery import find

    token = None
    if args.token_env is not None:
        token = os.environ.get(args.token_env)
        if not token:
            msg = f"--token-env names {args.token_env}, which is not set"
            raise InvalidRequest(msg, field="token_env", value=args.token_env, allowed="a variable")
    return find(args.url, token, pickles=pickles)


def needed(args: argparse.Namespace, what: str) -> Server:
    """Return the server, as `found` does, for `what` (``feeds``) cannot be without one.

    Raises
    ------
    InvalidRequest, ServerUnreachable
        As of `found`; or none runs.
    """
    server = found(args)
    if server is None:
        msg = f"No server runs, and {what} need one: start it with `workbench serve`"
        raise ServerUnreachable(msg)
    return server
