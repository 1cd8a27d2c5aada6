"""Strategies by name: the entry points of group ``workbench.strategies``."""

from __future__ import annotations

import difflib
from importlib.metadata import EntryPoint, entry_points

from workbench.engine.strategy import Strategy
from workbench.errors import UnknownStrategy

GROUP = "workbench.strategies"
# Known without their entry points too, so that a source tree works uninstalled.
_BUILT_IN = {
    "sma_cross": "workbench.engine.strategies.sma_cross:SmaCross",
    "strategy1": "workbench.engine.strategies.confluence:Strategy1",
}


def _registered() -> dict[str, EntryPoint]:
    built_in = {name: EntryPoint(name, value, GROUP) for name, value in _BUILT_IN.items()}
    return built_in | {point.name: point for point in entry_points(group=GROUP)}


def names() -> list[str]:
    """Return the names of all registered strategies, sorted. Imports none of them."""
    return sorted(_registered())


def get(name: str) -> type[Strategy]:
    """Return the strategy registered under `name`.

    Raises
    ------
    UnknownStrategy
        There is none, or what is registered cannot be imported or is not a `Strategy`.
    """
    registered = _registered()
    if name not in registered:
        near = difflib.get_close_matches(name, registered, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        text = f"Unknown strategy {name!r}: known are {', '.join(sorted(registered))}.{hint}"
        raise UnknownStrategy(text, field="strategy_ids", value=name, allowed=sorted(registered))
    point = registered[name]
    try:
        found = point.load()
    except (ImportError, AttributeError) as error:
        text = f"Strategy {name!r} is registered as {point.value}, which fails: {error}"
        raise UnknownStrategy(text, field="strategy_ids", value=name) from error
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        text = f"Strategy {name!r} is registered as {point.value}, which is no Strategy class"
        raise UnknownStrategy(text, field="strategy_ids", value=name)
    return found
