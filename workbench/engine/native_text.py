"""The text of the compiled rules: the source of the rules as it is, and what only machines need."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Mapping
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

from math import ceil, floor, inf, nan

import llvmlite.ir as ir
from numba import float64, int64, njit, types
from numba.extending import intrinsic

# Numbers at an address: with them, the machine code has no arrays to hand around and to count.
FLOATS = types.CPointer(float64)
rule = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)


def pointer_to(kind):
    @intrinsic
    def at(typing, address):
        def code(context, builder, signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(kind))

        return kind(int64), code

    return at


floats_at, ints_at, rows_at = (
    pointer_to(FLOATS), pointer_to(types.CPointer(int64)), pointer_to(types.CPointer(FLOATS)),
)


@intrinsic
def call(typing, function, bar, context):
    """Call the machine code at an address, void (int64, int64)."""

    def code(where, builder, signature, arguments):
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64), ir.IntType(64)])
        target = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(target, arguments[1:])
        return where.get_dummy_value()

    return types.none(int64, int64, int64), code


@rule
def ask(d, bar):
    call(d[0], bar, d[1])


@rule
def highest(values, start, end):
    most = values[start]
    for i in range(start + 1, end):
        if values[i] > most:
            most = values[i]
    return most


@rule
def lowest(values, start, end):
    least = values[start]
    for i in range(start + 1, end):
        if values[i] < least:
            least = values[i]
    return least
'''

_TAIL = """

# What is called from outside: what it returns, and what it is given.
CALLED = {
    "go": (int64, (int64,)),
    "do": (float64, (int64, int64)),
    "tell": (float64, (int64, int64, int64)),
}


def entry(function):
    kind, given = CALLED[function.__name__]
    compiled = rule(function)
    compiled.compile(kind(*given))
    return compiled


@entry
def go(address):
    c = ints_at(address)
    signals = (
        ints_at(c[C_SIGNALS]), ints_at(c[C_SIGNALS + 1]), ints_at(c[C_SIGNALS + 2]),
        rows_at(c[C_SIGNALS + 3]), ints_at(c[C_SIGNALS + 4]), floats_at(c[C_SIGNALS + 5]),
        floats_at(c[C_SIGNALS + 6]), floats_at(c[C_SIGNALS + 7]),
    )
    equities = floats_at(c[C_EQUITIES])
    return run(c, c, floats_at(c[C_RUN]), signals, (c[C_DECIDE], address), equities)


@entry
def do(address, bar):
    c = ints_at(address)
    prices, weights = floats_at(c[C_SIGNALS + 6]), floats_at(c[C_SIGNALS + 7])
    return act(c, c, bar, float(c[C_ROOM]), floats_at(c[C_ASKED]), prices, weights)


@entry
def tell(address, bar, what):
    c = ints_at(address)
    return look(c, c, bar, 0.0, what)
"""


def ingredients() -> list[str]:
    """Return all that the text is made of."""
    parts = [inspect.getsource(sys.modules[__name__]), inspect.getsource(context)]
    rules = [import_module(f"workbench.engine.rules.{name}") for name in RULES]
    return parts + [inspect.getsource(module) for module in rules]


def text() -> str:
    """Return the text of the module to be compiled."""
    modules = [import_module(f"workbench.engine.rules.{name}") for name in RULES]
    numbers = {name: value for one in (context, *modules) for name, value in _numbers(one)}
    functions = {
        name: one
        for module in modules
        if module.__name__.rpartition(".")[2] not in TWINS
        for name, one in _functions(module)
    }
    typed, plain = _Typed(functions), _Plain(numbers)
    written = [plain.visit(typed.of(one)) for one in functions.values()]
    tail = ast.unparse(plain.visit(ast.parse(_TAIL)))
    return "\n".join([_HEAD, *(f"\n\n@rule\n{ast.unparse(one)}" for one in written), tail])


def _numbers(module: ModuleType) -> list[tuple[str, int]]:
    """Return the numbers a module gives a name."""
    return [
        (name, value)
        for name, value in vars(module).items()
        if name.isupper() and type(value) is int
    ]


def _functions(module: ModuleType) -> list[tuple[str, ast.FunctionDef]]:
    """Return the functions of a module, their arrays looked up by address."""
    tree = _ByAddress().visit(ast.parse(inspect.getsource(module)))
    return [(node.name, node) for node in tree.body if isinstance(node, ast.FunctionDef)]


class _Plain(ast.NodeTransformer):
    """Has numbers for their names, and no annotations: all of it is work for numba."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers

    def visit_Name(self, node: ast.Name) -> Any:
        number = self._numbers.get(node.id)
        return node if number is None else ast.Constant(number)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return node.value and ast.Assign([node.target], node.value, lineno=node.lineno)


class _Typed(ast.NodeTransformer):
    """Has every number handed on as what it is called for.

    numba would compile a function once for each combination of constants it is called with.
    """

    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self._kinds = {name: _kinds(one) for name, one in functions.items()}
        self._known: dict[str, str] = {}

    def of(self, function: ast.FunctionDef) -> ast.FunctionDef:
        """Return a function, changed."""
        self._known = self._kinds[function.name]
        self.generic_visit(function)
        return function

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        kinds = self._kinds.get(ast.unparse(node.func), {})
        for k, kind in enumerate(kinds.values()):
            if kind in ("int", "float", "bool") and not self._is(kind, node.args[k]):
                node.args[k] = ast.Call(ast.Name(kind), [node.args[k]], [])
        return node

    def _is(self, kind: str, node: ast.expr) -> bool:
        """Tell whether numba sees at once that this is of a kind, whatever its value."""
        if kind == "float" and isinstance(node, ast.Subscript):
            return True
        if kind == "float" and isinstance(node, ast.Constant):
            return isinstance(node.value, float)
        return isinstance(node, ast.Name) and self._known.get(node.id) == kind


def _kinds(function: ast.FunctionDef) -> dict[str, str]:
    """Return the annotations of a function's arguments, by their names."""
    return {arg.arg: ast.unparse(arg.annotation) for arg in function.args.args if arg.annotation}


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
            found = f"{kind}_at(m[C_MARKET + {index}])"
            return ast.parse(found, mode="eval").body
        return node


_PARTS = (
    "floats_at(w[C_WORLD])", "floats_at(w[C_WORLD + 1])", "rows_at(w[C_WORLD + 2])",
    "ints_at(w[C_WORLD + 3])", "rows_at(w[C_WORLD + 4])", "ints_at(w[C_WORLD + 5])",
    "rows_at(w[C_WORLD + 6])",
)  # fmt: skip


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
