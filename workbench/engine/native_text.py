"""The text of the compiled rules: the source of the rules as it is, and what only machines need."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from workbench.engine import context

RULES = (
    "layout", "extremes", "asking", "costs", "book", "placing", "checking", "entering", "inside",
    "resting", "candle", "signalling", "loop", "holding", "acting",
)  # fmt: skip
"""The modules of `workbench.engine.rules`, each after those it uses."""

TWINS = ("extremes", "asking")
"""Modules whose functions have a text of their own here."""

_HEAD = '''\
"""The rules by which orders fill, for numba. Generated; remove it as you like."""

from __future__ import annotations

from functools import partial
from math import ceil, floor, inf, nan

import llvmlite.ir as ir
from numba import boolean, cfunc, float64, int64, njit, types
from numba.extending import intrinsic

# Numbers at an address: with them, the machine code has no arrays to hand around and to count.
FLOATS = types.CPointer(float64)
INTS = types.CPointer(int64)
ROWS = types.CPointer(FLOATS)
rule = partial(
    njit, nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)


def pointer_to(kind):
    @intrinsic
    def at(typing, address):
        def code(context, builder, signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(kind))

        return kind(int64), code

    return at


floats_at, ints_at, rows_at = pointer_to(FLOATS), pointer_to(INTS), pointer_to(ROWS)


@intrinsic
def call(typing, function, bar, context):
    """Call the machine code at an address, void (int64, int64)."""

    def code(where, builder, signature, arguments):
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64), ir.IntType(64)])
        target = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(target, arguments[1:])
        return where.get_dummy_value()

    return types.none(int64, int64, int64), code


@rule((types.UniTuple(int64, 2), int64))
def ask(d, bar):
    call(d[0], bar, d[1])


@rule((FLOATS, int64, int64))
def highest(values, start, end):
    most = values[start]
    for i in range(start + 1, end):
        if values[i] > most:
            most = values[i]
    return most


@rule((FLOATS, int64, int64))
def lowest(values, start, end):
    least = values[start]
    for i in range(start + 1, end):
        if values[i] < least:
            least = values[i]
    return least
'''

_TAIL = '''

@njit("int64(int64)", cache=True, nogil=True, error_model="numpy")
def go(address):
    c = ints_at(address)
    signals = (
        ints_at(c[SIGNALS]), ints_at(c[SIGNALS + 1]), ints_at(c[SIGNALS + 2]),
        rows_at(c[SIGNALS + 3]), ints_at(c[SIGNALS + 4]), floats_at(c[SIGNALS + 5]),
        floats_at(c[SIGNALS + 6]), floats_at(c[SIGNALS + 7]),
    )
    equities = floats_at(c[EQUITIES])
    return run(c, c, floats_at(c[RUN]), signals, (c[DECIDE], address), equities)


def actions():
    """Return what a compiled strategy can call, as C functions."""

    @cfunc(types.float64(*[int64] * 3, *[float64] * 11, int64), cache=True)
    def enter(
        address, bar, wrong, sign, quantity, fraction, risk, limit, stop, expires, stop_loss, trail,
        break_even, bars, rungs,
    ):
        c = ints_at(address)
        return enter_at(
            c, c, bar, float(c[ROOM]), wrong, sign, quantity, fraction, risk, limit, stop, expires,
            stop_loss, trail, break_even, bars, rungs, floats_at(c[SIGNALS + 6]),
            floats_at(c[SIGNALS + 7]),
        )

    @cfunc("float64(int64, int64, float64, float64)", cache=True)
    def close(address, bar, part, trade):
        c = ints_at(address)
        return close_at(c, c, bar, float(c[ROOM]), part, trade)

    @cfunc("int64(int64, int64, float64)", cache=True)
    def cancel(address, bar, order):
        c = ints_at(address)
        return cancel_at(c, bar, float(c[ROOM]), order)

    @cfunc("int64(int64, int64, float64, float64, float64)", cache=True)
    def move(address, bar, price, trail, trade):
        c = ints_at(address)
        return move_at(c, c, bar, price, trail, trade)

    @cfunc("float64(int64, int64, int64)", cache=True)
    def number(address, bar, what):
        c = ints_at(address)
        return look(c, c, bar, 0.0, what)

    return enter, close, cancel, move, number
'''


def text() -> str:
    """Return the text of the module to be compiled."""
    parts = [_HEAD, *_constants(context)]
    functions: dict[str, ast.FunctionDef] = {}
    for name in RULES:
        module = import_module(f"workbench.engine.rules.{name}")
        parts += _constants(module)
        if name not in TWINS:
            functions |= _functions(module)
    for name in _in_order(functions):
        parts.append(_written(functions[name]))
    return "\n".join([*parts, _TAIL])


def _constants(module: ModuleType) -> list[str]:
    """Return the numbers a module gives a name."""
    return [
        ast.unparse(node)
        for node in ast.parse(inspect.getsource(module)).body
        # What names a type is for annotations alone, which are never evaluated.
        if isinstance(node, ast.Assign) and not isinstance(node.value, (ast.Name, ast.Subscript))
    ]


def _functions(module: ModuleType) -> dict[str, ast.FunctionDef]:
    """Return the functions of a module, their arrays looked up by address."""
    tree = _ByAddress().visit(ast.parse(inspect.getsource(module)))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _in_order(functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """Go through the names of functions, each after those it calls."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in functions and name not in done:
            done.add(name)
            for node in ast.walk(functions[name]):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield from visit(node.func.id)
            yield name

    for name in functions:
        yield from visit(name)


def _written(function: ast.FunctionDef) -> str:
    """Return a function with its types.

    Without, numba compiles it once for each combination of constants it is called with.
    """
    types = [
        _NAMED.get(arg.arg) or _ANNOTATED.get(ast.unparse(arg.annotation or arg), "FLOATS")
        for arg in function.args.args
    ]
    known = "" if "" in types else f"(({', '.join(types)},))"
    return f"\n\n@rule{known}\n{ast.unparse(function)}"


_NAMED = {"w": "INTS", "m": "INTS", "table": "ROWS", "where": "INTS"}
_ANNOTATED = {"float": "float64", "int": "int64", "bool": "boolean", "Any": ""}


class _ByAddress(ast.NodeTransformer):
    """The world `w` and the market `m` are tuples of arrays to the rules, to machines an address.

    Handing over 28 arrays with every call would make the machine code ten times as long.
    """

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        if isinstance(target, ast.Tuple) and _is_name(node.value, "w"):
            names = [ast.unparse(one) for one in target.elts]
            return [
                ast.parse(f"{name} = {_PARTS[i]}").body[0]
                for i, name in enumerate(names)
                if name != "_"
            ]
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        self.generic_visit(node)
        index = ast.unparse(node.slice)
        if _is_name(node.value, "w"):
            return ast.parse(_PARTS[int(index)], mode="eval").body
        if _is_name(node.value, "m"):
            kind = "ints" if index == "M_FIRST" else "floats"
            found = f"{kind}_at(m[MARKET + {index}])"
            return ast.parse(found, mode="eval").body
        return node


_PARTS = (
    "floats_at(w[WORLD])", "floats_at(w[WORLD + 1])", "rows_at(w[WORLD + 2])",
    "ints_at(w[WORLD + 3])", "rows_at(w[WORLD + 4])", "ints_at(w[WORLD + 5])",
    "rows_at(w[WORLD + 6])",
)  # fmt: skip


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
