"""What sources and servers say, as inputs of a session: pure."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.feeds.source import BarUpdate, Hole, Item, Moment, Note, Tick
from workbench.runs.publishing import Command
from workbench.trading.inputs import Asked, Bars, Input, Missing, Passed, Ticks, Word


def inputs_of(items: Sequence[tuple[str, Item]], at: int) -> list[Input]:
    """Return items, in their order, as inputs; neighbours of a kind and symbol together.

    Parameters
    ----------
    items
        Symbol and item.
    at
        When they came, epoch ms.
    """
    found: list[Input] = []
    for symbol, item in items:
        last = found[-1] if found else None
        match item:
            case Tick():
                trade = (item.time, item.price, item.size, item.number)
                if isinstance(last, Ticks) and last.symbol == symbol:
                    last.trades.append(trade)
                else:
                    found.append(Ticks(at, symbol, [trade]))
            case BarUpdate():
                row = (*item.bar, item.closed)
                if isinstance(last, Bars) and (last.symbol, last.origin) == (symbol, item.origin):
                    last.bars.append(row)
                else:
                    found.append(Bars(at, symbol, [row], item.origin))
            case Moment():
                found.append(Passed(at, symbol, item.time))
            case Note():
                found.append(Word(at, symbol, item.state, item.message, item.code))
            case Hole():
                span = (item.what, item.missing, item.start, item.end, item.filled)
                found.append(Missing(at, symbol, *span, item.timeframe))
    return found


def asked_of(command: Command, at: int) -> Asked:
    """Return a command out of the log as an input."""
    return Asked(at, command.action, command.seq)
