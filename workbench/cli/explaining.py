"""``workbench runs explain`` and ``why-not``: the reasons behind a run's trades."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.cli.sources import runs_of
from workbench.messages import Message

if TYPE_CHECKING:
    from workbench.report.explaining import Story


def add(action: Callable[..., Any]) -> None:
    """Add the subcommands."""
    trade = action("explain", explain, "say why a trade was entered and left", "")
    trade.add_argument("trade", metavar="TRADE", help="trade_3, or 3")
    moment = action("why-not", why_not, "say why there was no entry on a candle", "")
    moment.add_argument("time", metavar="TIME", help="ISO 8601, UTC: 2024-01-15T08:15")


def explain(args: argparse.Namespace) -> int:
    """``runs explain``."""
    print(_story(args).explain(args.trade))
    return 0


def why_not(args: argparse.Namespace) -> int:
    """``runs why-not``."""
    print(_story(args).why_not(args.time))
    return 0


def _story(args: argparse.Namespace) -> Story:
    from workbench.report.explaining import TYPES, Story

    told = runs_of(args).messages(args.id, TYPES)
    return Story(one for one in told if isinstance(one, Message))
