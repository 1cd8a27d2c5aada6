"""`act` and the columns of `see`, as numba knows them."""
# mypy: disallow-untyped-decorators=False, disallow-untyped-defs=False

from __future__ import annotations

from collections.abc import Callable
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

    So an argument of an entry stands in one place, `workbench.engine.act.GIVEN`, and numba has one
    short function to compile for each way a method is called.
    """
    extending: Any = import_module("numba.extending")
    entry = ", ".join(f"{name}=None" for name in GIVEN)
    methods = {
        "enter_long": (entry, _enter_long),
        "enter_short": (entry, _enter_short),
        "close": ("part=1.0, trade=0.0", _close),
        "cancel": ("order=0.0", _cancel),
        "move_stop": ("price=None, trailing=None, trade=0.0", _move_stop),
    }
    for name, (given, write) in methods.items():
        answer = _answer(f"act, {given}", write, scope)
        extending.overload_method(kind, name)(answer)
    for name, what in LOOKS.items():
        extending.overload_attribute(kind, name)(_answer("act", _telling(what), scope))


def _answer(given: str, write: Callable[[dict[str, Any]], list[str]], scope: Any) -> Any:
    """Return what numba asks for a function of these arguments, of which it tells the types."""

    def build(kinds: dict[str, Any]) -> Any:
        names = dict(scope)
        exec("\n    ".join([f"def made({given}):", *write(kinds)]), names)
        return names["made"]

    names = {"build": build}
    exec(f"def answer({given}):\n    return build(locals())\n", names)
    return names["answer"]


def _telling(what: int) -> Callable[[dict[str, Any]], list[str]]:
    lines = ["address, bar = parts(act)", f"return tell(address, bar, {what})"]
    return lambda kinds: lines


def _enter_long(kinds: dict[str, Any]) -> list[str]:
    return _asking(ENTRY, [f"o[{O_SIGN}] = 1.0", *_entry(kinds)])


def _enter_short(kinds: dict[str, Any]) -> list[str]:
    return _asking(ENTRY, [f"o[{O_SIGN}] = -1.0", *_entry(kinds)])


def _close(kinds: dict[str, Any]) -> list[str]:
    return _asking(CLOSE, [f"o[{O_PART}] = float(part)", f"o[{O_TRADE}] = float(trade)"])


def _cancel(kinds: dict[str, Any]) -> list[str]:
    return _asking(acting.CANCEL, [f"o[{O_TRADE}] = float(order)"])


def _move_stop(kinds: dict[str, Any]) -> list[str]:
    stop = _put("price", kinds["price"], O_STOP_LOSS, nan)
    trail = _put("trailing", kinds["trailing"], O_TRAIL, nan)
    return _asking(acting.MOVE, [f"o[{O_TRADE}] = float(trade)", *stop, *trail])


def _asking(asked: int, lines: list[str]) -> list[str]:
    """Return the text that writes down what is asked for, and has it done."""
    return [
        "address, bar = parts(act)", "c = ints_at(address)", f"o = floats_at(c[{C_ASKED}])",
        f"o[{O_ID}] = 0.0", f"o[{O_KIND}] = {asked}.0", *lines, "return do(address, bar)",
    ]  # fmt: skip


def _entry(kinds: dict[str, Any]) -> list[str]:
    """Return the text that writes down all that an entry is given."""
    lines = []
    for name, (place, missing) in GIVEN.items():
        if place >= 0:
            lines += _put(name, kinds[name], place, missing)
    return lines + _ladder(kinds["take_profit"])


def _put(name: str, kind: Any, place: int, missing: float) -> list[str]:
    """Return the text that writes down a number, or that it is not given."""
    if _none(kind):
        return [f"o[{place}] = {missing!r}"]
    numba: Any = import_module("numba")
    if not isinstance(kind, (numba.types.Number, numba.types.Optional)):
        raise numba.TypingError(f"{name} is {kind}: give a number")
    odd = f"if o[{place}] != o[{place}]: o[{O_ID}] = {place}.0"
    return [f"o[{place}] = float({name})", odd]


def _ladder(kind: Any) -> list[str]:
    """Return the text that writes down targets."""
    numba: Any = import_module("numba")
    types = numba.types
    if _none(kind):
        return [f"o[{O_RUNGS}] = 0.0"]
    targets, pairs = ["take_profit"], [False]
    if isinstance(kind, types.BaseTuple):
        targets = [f"take_profit[{k}]" for k in range(len(kind))]
        pairs = [isinstance(one, types.BaseTuple) for one in kind]
    elif not isinstance(kind, types.Number):
        raise numba.TypingError(f"take_profit is {kind}: give a price, or a tuple of them")
    if any(pairs) and not all(pairs):
        raise numba.TypingError("take_profit mixes prices and (price, weight)")
    lines = [f"o[{O_RUNGS}] = {len(targets)}.0"]
    lines += [f"prices = floats_at(c[{C_SIGNALS + 6}])", f"weights = floats_at(c[{C_SIGNALS + 7}])"]
    for k, (target, pair) in enumerate(zip(targets[:RUNGS], pairs, strict=False)):
        weight = f"float({target}[1])" if pair else f"1.0 / {len(targets)}"
        lines += [
            f"prices[{k}] = float({target}{'[0]' if pair else ''})",
            f"weights[{k}] = {weight}",
        ]
    return lines


def _none(kind: Any) -> bool:
    """Tell whether a type is that of an argument that is not given."""
    types = import_module("numba").types
    missing = isinstance(kind, types.Omitted) and kind.value is None
    return kind is None or missing or isinstance(kind, types.NoneType)
