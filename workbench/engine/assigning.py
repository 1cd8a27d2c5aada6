"""Finding, before a run, where a strategy's `next` would overwrite what it reads."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import NamedTuple

from workbench.engine.strategy import Strategy
from workbench.errors import StrategyError

OWN = ("open", "high", "low", "close")


class Assigned(NamedTuple):
    """An attribute of ``self`` that is assigned: its name, in which method, on which line."""

    name: str
    method: str
    line: int | None


def refuse_overwriting(strategy: Strategy) -> None:
    """Refuse a strategy that overwrites a series: in `init` one of its candles, in `next` any.

    The code of `next`, and of the methods it calls, is read once, so that a run pays nothing for
    it. What is assigned by other ways (``setattr``, another name for ``self``) is not found.

    Raises
    ------
    StrategyError
        It does; the message names the attribute, the method and the line.
    """
    kind, kept = type(strategy), vars(strategy)
    taken: dict[str, str] = dict.fromkeys((*OWN, "position", "params"), "belongs to every strategy")
    for name in OWN:
        if kept.get(name) is not getattr(strategy._view, name):
            raise _refused(kind, Assigned(name, "init", None), taken[name])
    declared = {id(series) for view in strategy._views.values() for series in view.declared}
    for name, value in kept.items():
        parts = value if isinstance(value, tuple) else (value,)
        if any(id(part) in declared for part in parts):
            taken.setdefault(name, "is an indicator")
    for one in assigned_by(kind, "next"):
        if one.name in taken:
            raise _refused(kind, one, taken[one.name])


def assigned_by(kind: type, method: str) -> Iterator[Assigned]:
    """Yield what a method assigns to attributes of ``self``, and the methods it calls."""
    seen: set[str] = set()
    waiting = [method]
    while waiting:
        name = waiting.pop()
        function = inspect.getattr_static(kind, name, None)
        if name in seen or not isinstance(function, FunctionType):
            continue
        if function is vars(Strategy).get(name):
            continue
        seen.add(name)
        waiting.extend(function.__code__.co_names)
        yield from (Assigned(at, name, line) for at, line in _stores(function.__code__))


def _stores(code: CodeType) -> Iterator[tuple[str, int | None]]:
    """Yield the attributes of the first argument that a function assigns, and the lines."""
    if not code.co_argcount:
        return
    me = code.co_varnames[0]
    steps = list(dis.get_instructions(code))
    line: int | None = None
    for at, step in enumerate(steps):
        if step.positions is not None and step.positions.lineno is not None:
            line = step.positions.lineno
        if step.opname == "STORE_ATTR" and at:
            before = steps[at - 1]
            if _leaves(before, me) or (before.opname == "SWAP" and _updates(steps[:at], me)):
                yield str(step.argval), line


def _updates(steps: list[dis.Instruction], me: str) -> bool:
    """Tell whether what began with the last copy, as ``self.a += 1`` does, is about `me`."""
    copies = [at for at, step in enumerate(steps) if step.opname == "COPY"]
    return bool(copies) and copies[-1] > 0 and _leaves(steps[copies[-1] - 1], me)


def _leaves(step: dis.Instruction, name: str) -> bool:
    """Tell whether an instruction leaves a local variable on top of the stack."""
    loads = step.opname.startswith("LOAD_FAST") or step.opname == "STORE_FAST_LOAD_FAST"
    return loads and step.argrepr.rpartition(",")[2].strip() == name


def _refused(kind: type, one: Assigned, what: str) -> StrategyError:
    line = f" (line {one.line} in {one.method})" if one.line else ""
    text = (
        f"{kind.__name__}.{one.method} assigns self.{one.name}{line}, which {what}: keep your own "
        f"values under another name, such as self.my_{one.name}"
    )
    details: Mapping[str, object] = {"strategy": kind.__name__, "field": one.name}
    return StrategyError(text, **details, value=one.line, allowed="another name")
