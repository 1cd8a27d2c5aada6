"""Why a venue is to close all of a trade, said with the order and not only once it has filled."""

from __future__ import annotations

from workbench.engine.live_engine import LiveEngine
from workbench.engine.rules.layout import BY_REVERSAL
from workbench.engine.story import CLOSED
from workbench.messages import Reasoning
from workbench.trading.tickets import Exit

TIME = "Time stop: held for as long as it was to be"


def why_closed(engine: LiveEngine, exit_: Exit) -> Reasoning:
    """Return the reasoning of an order of its own that closes a trade."""
    if exit_.code != BY_REVERSAL:
        return Reasoning("exit", 1.0, CLOSED.get(exit_.code, TIME))
    entry = next((one for one in engine.orders() if one.order == exit_.order), None)
    if entry is None:
        return Reasoning("exit", 1.0, "Reversed: by an opposite entry that is over")
    why = engine.reason(entry.order, entry.strategy, entry.decided, entry.sign)
    return Reasoning("exit", why.confidence, f"Reversed: {why.rationale}", why.inputs)
