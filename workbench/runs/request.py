"""Turning the body of `POST /api/backtesting/start` into a checked RunSpec."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from workbench.errors import InvalidRequest
from workbench.runs.misfit import misfit, unknown_field
from workbench.runs.spec import RunSpec
from workbench.sweeps.spec import check as check_sweep
from workbench.sweeps.spec import check_method

if TYPE_CHECKING:
    from workbench.data import SymbolInfo

Request = TypeVar("Request", bound=Struct)


class PickledStrategy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strategy class that only its author's kernel has.

    Attributes
    ----------
    name
        The class's name.
    pickle
        The class, pickled by value (base64 in JSON).
    python
        The kernel's interpreter; None for the server's.
    paths
        The kernel's module search path.
    """

    name: str
    pickle: bytes
    python: str | None = None
    paths: list[str] = []


class StartRequest(RunSpec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body: a RunSpec, and the strategy itself when it is not a registered one."""

    strategy: PickledStrategy | None = None


class Checked(Struct, frozen=True):
    """A request that can be carried out."""

    spec: RunSpec
    strategy: PickledStrategy | None
    source: str
    synthetic: bool


def check(body: bytes, candles: Path) -> Checked:
    """Parse and check a request against the candles and strategies there are.

    Raises
    ------
    InvalidRequest
        Or one of its kinds; `details` names `field`, `value` and `allowed`.
    """
    request = read(body)
    info, timeframes = _check_data(request, candles)
    if request.strategy is None:
        params = _check_strategy(request)
        strategy_ids = request.strategy_ids
    else:
        params = request.strategy_params
        strategy_ids = request.strategy_ids
    spec = spec_of(
        request,
        symbol=info.symbol,
        timeframes=timeframes,
        strategy_params=params,
        strategy_ids=strategy_ids,
    )
    return Checked(spec, request.strategy, info.source, info.synthetic)


def read(body: bytes) -> StartRequest:
    """Parse a request and check what can be checked without candles and strategies.

    Raises
    ------
    InvalidRequest
        It is wrong; `details` names `field`, `value` and `allowed`.
    """
    request = parse_body(body, StartRequest)
    check_fields(request)
    return request


def spec_of(request: StartRequest, **changes: Any) -> RunSpec:
    """Return what a request asks for, without the strategy that came with it."""
    values = {name: getattr(request, name) for name in RunSpec.__struct_fields__}
    return RunSpec(**(values | changes))


def check_pickled(strategy: PickledStrategy, allowed: bool) -> None:
    """Check that a server takes pickles.

    Raises
    ------
    InvalidRequest
        It does not.
    """
    if not allowed:
        msg = (
            "This server takes no pickled strategies: it runs without authentication, "
            "and a pickle is code. Use a registered strategy, or a server with a token"
        )
        raise InvalidRequest(msg, field="strategy", value=strategy.name, allowed=None)


def parse_body(
    body: bytes, kind: type[Request], elsewhere: Mapping[str, str] | None = None
) -> Request:
    """Parse a JSON object into a struct, and say by name what is wrong with it.

    Parameters
    ----------
    elsewhere
        See `workbench.runs.misfit.unknown_field`.

    Raises
    ------
    InvalidRequest
        It is not such an object; `details` names `field`, `value` and `allowed`.
    """
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"The body is not JSON: {error}"
        raise InvalidRequest(msg, field=None, value=None, allowed="a JSON object") from error
    if not isinstance(raw, dict):
        msg = f"The body is a JSON {type(raw).__name__}, expected an object"
        raise InvalidRequest(msg, field=None, value=None, allowed="a JSON object")
    known = kind.__struct_fields__
    for name in raw:
        if name not in known:
            raise unknown_field(name, raw[name], sorted(known), elsewhere)
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise misfit(error, raw, kind) from error


_NUMBERS: dict[str, tuple[float, float, bool, str]] = {
    # field: (lowest, highest, lowest is allowed, in words)
    "speed": (0.0, 1e9, False, "candles a second, above 0; leave it out for full speed"),
    "progress_every": (1, 1e9, True, "a whole number of candles, 1 or more"),
    "equity_every": (1, 1e9, True, "a whole number of candles, 1 or more"),
}


_LENGTHS = {"name": 200, "notes": 10_000}
_PRINTABLE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")


def check_fields(request: StartRequest) -> None:
    """Check each field of a request by itself.

    Raises
    ------
    InvalidRequest
        One is wrong.
    """
    request.check()
    for field, (lowest, highest, inclusive, allowed) in _NUMBERS.items():
        value = getattr(request, field)
        if value is None:
            continue
        low_enough = value >= lowest if inclusive else value > lowest
        if not (low_enough and value <= highest and math.isfinite(value)):
            msg = f"{field} is {value}, expected {allowed}"
            raise InvalidRequest(msg, field=field, value=value, allowed=allowed)
    check_seed(request.seed)
    check_texts(request, _LENGTHS)
    if request.sweep is not None:
        check_sweep(request.sweep, None)
    if request.live is not None:
        allowed = "POST /api/live-trading/start"
        msg = f"live is given, but a live session is started by {allowed}"
        raise InvalidRequest(msg, field="live", value=None, allowed=allowed)
    ids = request.strategy_ids
    check_ids(ids)
    if request.sweep is not None and len(ids) > 1:
        msg = f"strategy_ids is {ids}, but a sweep is of one strategy"
        raise InvalidRequest(msg, field="strategy_ids", value=ids, allowed="one strategy")


def check_seed(seed: int | None) -> None:
    """Check a seed.

    Raises
    ------
    InvalidRequest
        It is negative.
    """
    if seed is not None and seed < 0:
        msg = f"seed is {seed}, expected 0 or more"
        raise InvalidRequest(msg, field="seed", value=seed, allowed="0 or more")


def check_ids(ids: list[str]) -> None:
    """Check that strategies are named, each once.

    Raises
    ------
    InvalidRequest
        There is none, or one twice.
    """
    if not ids or len(set(ids)) < len(ids):
        allowed = "at least one strategy, none twice"
        msg = f"strategy_ids is {ids}, expected {allowed}"
        raise InvalidRequest(msg, field="strategy_ids", value=ids, allowed=allowed)


def check_texts(request: Struct, lengths: Mapping[str, int]) -> None:
    """Check that texts are printable and not too long.

    Raises
    ------
    InvalidRequest
        One is not.
    """
    for field, longest in lengths.items():
        text = getattr(request, field)
        if len(text) > longest or not _PRINTABLE.fullmatch(text):
            allowed = f"at most {longest} printable characters"
            msg = f"{field} has {len(text)} characters, expected {allowed}"
            raise InvalidRequest(msg, field=field, value=text[:100], allowed=allowed)


def _check_data(request: StartRequest, candles: Path) -> tuple[SymbolInfo, list[str]]:
    from workbench.data import catalog
    from workbench.data.intrabar import check_intrabar

    info = catalog.find(request.symbol, root=candles)
    if not request.timeframes:
        msg = "timeframes is empty, expected at least one"
        raise InvalidRequest(msg, field="timeframes", value=[], allowed="at least one timeframe")
    timeframes = catalog.check_timeframes(info.symbol, request.timeframes, root=candles)
    catalog.check_within(info, request.start_date, request.end_date)
    if request.intrabar is not None:
        check_intrabar(info.symbol, request.timeframes, request.intrabar, root=candles)
    return info, [timeframe.name for timeframe in timeframes]


def _check_strategy(request: StartRequest) -> dict[str, Any]:
    from workbench.engine.crew import checked_parameters
    from workbench.engine.strategies.registry import get

    kinds = {name: get(name) for name in request.strategy_ids}
    params = checked_parameters(kinds, request.strategy_params)
    if request.sweep is None:
        return params
    check_sweep(request.sweep, kinds[request.strategy_ids[0]])
    check_method(request.sweep)
    return {name: value for name, value in params.items() if name not in request.sweep.space}
