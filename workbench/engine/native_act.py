"""`act` and the columns of `see`, as numba knows them."""
# mypy: disallow-untyped-decorators=False, disallow-untyped-defs=False

from __future__ import annotations

from functools import cache
from importlib import import_module
from math import inf, nan
from typing import Any, NamedTuple

from workbench.engine.act import GIVEN, LOOKS
from workbench.engine.context import C_ASKED, C_SIGNALS
from workbench.engine.machine import Machine
from workbench.engine.rules import acting
from workbench.engine.rules.layout import (
    CLOSE,
    ENTRY,
    O_ID,
    O_KIND,
    O_PART,
    O_RUNGS,
    O_SIGN,
    O_STOP_LOSS,
    O_TRADE,
    O_TRAIL,
    RUNGS,
)  # fmt: skip


class Tools(NamedTuple):
    """What the code around a strategy's own is made of.

    Attributes
    ----------
    make
        ``act = make(address, bar)``.
    column, times, state
        Arrays at an address, of a length; the first two can only be read.
    ints_at, floats_at
        Numbers at an address.
    """

    make: Any
    column: Any
    times: Any
    state: Any
    ints_at: Any
    floats_at: Any


@cache
def tools_for(machine: Machine) -> Tools:
    """Teach numba what `act` is, whose functions are in a machine."""
    numba: Any = import_module("numba")
    intrinsic, carray = import_module("numba.extending").intrinsic, numba.carray
    float64, int64, pointer = numba.float64, numba.int64, numba.types.CPointer

    def at(kind: Any) -> Any:
        @intrinsic
        def found(typing: Any, address: Any) -> Any:
            def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return builder.inttoptr(arguments[0], context.get_value_type(kind))

            return kind(int64), code

        return found

    @intrinsic
    def frozen(typing: Any, array: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return arguments[0]

        return array.copy(readonly=True)(array), code

    floats_at, ints_at = at(pointer(float64)), at(pointer(int64))

    @numba.njit
    def state(address: int, count: int) -> Any:
        return carray(floats_at(address), (count,))

    @numba.njit
    def column(address: int, count: int) -> Any:
        return frozen(carray(floats_at(address), (count,)))

    @numba.njit
    def times(address: int, count: int) -> Any:
        return frozen(carray(ints_at(address), (count,)))

    kind, make, parts = _type()
    scope = {
        "parts": parts, "floats_at": floats_at, "ints_at": ints_at, "nan": nan, "inf": inf,
        "do": _caller(machine.addresses["do"], 2), "tell": _caller(machine.addresses["tell"], 3),
    }  # fmt: skip
    _teach(kind, scope)
    return Tools(make, column, times, state, ints_at, floats_at)


def _type() -> tuple[Any, Any, Any]:
    """Return the type of `act`, what makes one, and what gives its address and its candle."""
    numba: Any = import_module("numba")
    extending, cgutils = import_module("numba.extending"), import_module("numba.core.cgutils")
    int64, pair = numba.int64, numba.types.UniTuple(numba.int64, 2)
    model: Any = extending.models.StructModel
    kind: Any = type("Act", (numba.types.Type,), {})
    act = kind(name="Act")

    def fields(self: Any, manager: Any, kind: Any) -> None:
        model.__init__(self, manager, kind, [("address", int64), ("bar", int64)])

    extending.register_model(kind)(type("ActModel", (model,), {"__init__": fields}))

    @extending.intrinsic
    def make(typing: Any, address: Any, bar: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            made = cgutils.create_struct_proxy(act)(context, builder)
            made.address, made.bar = arguments
            return made._getvalue()

        return act(int64, int64), code

    @extending.intrinsic
    def parts(typing: Any, one: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            held = cgutils.create_struct_proxy(act)(context, builder, value=arguments[0])
            return context.make_tuple(builder, pair, (held.address, held.bar))

        return pair(act), code

    return kind, make, parts


def _caller(address: int, count: int) -> Any:
    """Return what calls a function of a `Machine`, which takes `count` whole numbers."""
    numba: Any = import_module("numba")
    ir = import_module("llvmlite.ir")
    intrinsic = import_module("numba.extending").intrinsic
    float64, int64 = numba.float64, numba.int64

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole, byte, real = ir.IntType(64), ir.IntType(8).as_pointer(), ir.DoubleType()
        takes = [real.as_pointer(), byte.as_pointer(), *[whole] * count]
        kind = ir.FunctionType(ir.IntType(32), takes)
        result, error = builder.alloca(real), builder.alloca(byte)
        target = builder.inttoptr(ir.Constant(whole, address), kind.as_pointer())
        builder.call(target, [result, error, *arguments])
        return builder.load(result)

    def two(typing: Any, one: Any, other: Any) -> Any:
        return float64(int64, int64), code

    def three(typing: Any, one: Any, other: Any, third: Any) -> Any:
        return float64(int64, int64, int64), code

    return intrinsic(two if count == 2 else three)


def _teach(kind: Any, scope: dict[str, Any]) -> None:
    """Give the type its methods and attributes, which are written here as text.

    So an argument of an entry stands in one place, `workbench.engine.act.GIVEN`.
    """
    numba: Any = import_module("numba")
    extending, types = import_module("numba.extending"), numba.types

    def put(o: Any, place: int, missing: float, value: Any) -> None:
        """Write what is given, or that it is not."""

    def ladder(o: Any, prices: Any, weights: Any, targets: Any) -> None:
        """Write targets."""

    scope |= {"put": put, "ladder": ladder}

    @extending.overload(put)
    def put_typed(o, place, missing, value):
        lines = ["def made(o, place, missing, value):"]
        if _none(types, value):
            lines += ["    o[place] = missing"]
        else:
            lines += ["    o[place] = float(value)", "    if o[place] != o[place]:"]
            lines += [f"        o[{O_ID}] = float(place)"]
        return _function(lines, scope)

    @extending.overload(ladder)
    def ladder_typed(o, prices, weights, targets):
        lines = ["def made(o, prices, weights, targets):"]
        count = 0
        if isinstance(targets, types.Number):
            count = 1
            lines += ["    prices[0] = float(targets)", "    weights[0] = 1.0"]
        elif isinstance(targets, types.BaseTuple):
            count = len(targets)
            pairs = [isinstance(one, types.BaseTuple) for one in targets]
            if any(pairs) and not all(pairs):
                raise numba.TypingError("take_profit mixes prices and (price, weight)")
            for k in range(min(count, RUNGS)):
                price = f"targets[{k}][0]" if pairs[k] else f"targets[{k}]"
                weight = f"float(targets[{k}][1])" if pairs[k] else f"1.0 / {count}"
                lines += [f"    prices[{k}] = float({price})", f"    weights[{k}] = {weight}"]
        elif not _none(types, targets):
            raise numba.TypingError(f"take_profit is {targets}: give a price, or a tuple of them")
        return _function([*lines, f"    o[{O_RUNGS}] = {count}.0"], scope)

    for name, text in _methods().items():
        extending.overload_method(kind, name)(_answer(text, scope))
    for name, what in LOOKS.items():
        lines = ["def made(act):", "    address, bar = parts(act)"]
        lines += [f"    return tell(address, bar, {what})"]
        extending.overload_attribute(kind, name)(_answer(lines, scope))


def _methods() -> dict[str, list[str]]:
    """Return the text of each method."""
    entry = ", ".join(f"{name}=None" for name in GIVEN)
    puts = [
        f"put(o, {place}, {missing!r}, {name})"
        for name, (place, missing) in GIVEN.items()
        if place >= 0
    ]
    prices, weights = f"floats_at(c[{C_SIGNALS + 6}])", f"floats_at(c[{C_SIGNALS + 7}])"
    puts.append(f"ladder(o, {prices}, {weights}, take_profit)")
    trade = f"o[{O_TRADE}] = float(trade)"
    stops = [f"put(o, {O_STOP_LOSS}, nan, price)", f"put(o, {O_TRAIL}, nan, trailing)"]
    return {
        "enter_long": _method(entry, ENTRY, [f"o[{O_SIGN}] = 1.0", *puts]),
        "enter_short": _method(entry, ENTRY, [f"o[{O_SIGN}] = -1.0", *puts]),
        "close": _method("part=1.0, trade=0.0", CLOSE, [f"o[{O_PART}] = float(part)", trade]),
        "cancel": _method("order=0.0", acting.CANCEL, [f"o[{O_TRADE}] = float(order)"]),
        "move_stop": _method(
            "price=None, trailing=None, trade=0.0", acting.MOVE, [trade, *stops]
        ),
    }  # fmt: skip


def _method(given: str, asked: int, lines: list[str]) -> list[str]:
    """Return the text of a method that writes down what is asked for, and has it done."""
    body = [
        "address, bar = parts(act)", "c = ints_at(address)", f"o = floats_at(c[{C_ASKED}])",
        f"o[{O_ID}] = 0.0", f"o[{O_KIND}] = {asked}.0", *lines, "return do(address, bar)",
    ]  # fmt: skip
    return [f"def made(act, {given}):", *(f"    {line}" for line in body)]


def _function(lines: list[str], scope: dict[str, Any]) -> Any:
    """Return the function `made` that a text defines."""
    names = dict(scope)
    exec("\n".join(lines), names)
    return names["made"]


def _answer(lines: list[str], scope: dict[str, Any]) -> Any:
    """Return a function of the same arguments that returns that function, as numba asks for it."""
    head = lines[0].replace("def made", "def answer")
    names = {"function": _function(lines, scope)}
    exec(f"{head}\n    return function\n", names)
    return names["answer"]


def _none(types: Any, kind: Any) -> bool:
    """Tell whether a type is that of an argument that is not given."""
    missing = isinstance(kind, types.Omitted) and kind.value is None
    return kind is None or missing or isinstance(kind, types.NoneType)
