"""The strategy a command line names, and its parameters."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import InvalidRequest, StrategyError, UnknownStrategy

if TYPE_CHECKING:
    from workbench.engine import Strategy

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def load_strategy(text: str) -> type[Strategy] | str:
    """Return the class that ``FILE.py:Class`` names; another text is a registered name.

    Raises
    ------
    UnknownStrategy
        There is no such file, or no such class in it.
    StrategyError
        The file cannot be imported.
    """
    file, colon, name = text.rpartition(":")
    if not colon and text.endswith(".py"):
        file, name = text, ""
    if not file.endswith(".py"):
        return text
    path = Path(file).expanduser().resolve()
    if not path.is_file():
        msg = f"There is no file {file}"
        raise UnknownStrategy(msg, field="strategy", value=text, allowed="FILE.py:Class")
    return _pick(_imported(path), path, name, text)


def _imported(path: Path) -> Any:
    import cloudpickle

    # What is imported beside the file must be found, here and in the worker.
    sys.path.insert(0, str(path.parent))
    name = f"_strategy_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        msg = f"{path.name} cannot be imported: {type(error).__name__}: {error}"
        raise StrategyError(msg, file=path.name) from error
    cloudpickle.register_pickle_by_value(module)
    return module


def _pick(module: Any, path: Path, name: str, text: str) -> type[Strategy]:
    from workbench.engine import Strategy

    there = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Strategy)
        and value.__module__ == module.__name__
    }
    if name in there:
        return there[name]
    known = ", ".join(there) or "none"
    msg = f"{path.name} has no strategy {name!r}: there are {known}; write FILE.py:Class"
    raise UnknownStrategy(msg, field="strategy", value=text, allowed=list(there))


def parse_params(pairs: Sequence[str], strategy: type[Strategy] | str) -> dict[str, Any]:
    """Return ``name=value`` texts as values of the types the strategy's parameters have.

    Raises
    ------
    InvalidRequest
        One has no ``=``.
    UnknownStrategy, UnknownParameter
        There is no such strategy or parameter, or a value has the wrong type.
    """
    from workbench.engine.strategies import registry

    kind = registry.get(strategy) if isinstance(strategy, str) else strategy
    defaults = kind.parameters()
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            msg = f"--param {pair} has no value: write --param name=value"
            raise InvalidRequest(msg, field="param", value=pair, allowed="name=value")
        values[name] = typed(text, type(defaults.get(name, "")))
    kind.with_parameters(values)
    return values


def typed(text: str, wanted: type) -> Any:
    """Convert, or leave the text for the strategy to refuse."""
    if wanted is bool:
        lowered = text.lower()
        return lowered in _TRUE if lowered in _TRUE + _FALSE else text
    with contextlib.suppress(ValueError):
        return wanted(text)
    return text
