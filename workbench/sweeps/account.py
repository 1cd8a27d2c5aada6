"""Settings of the account that a sweep tries beside the strategy's parameters: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.engine.settings import Settings
from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    from workbench.engine import Strategy

FIXED = ("intrabar", "check_lookahead")
"""Settings that are of the candles or the code, and the same for all combinations."""
TRIED = tuple(name for name in Settings.__struct_fields__ if name not in FIXED)
"""Settings that may have several values: numbers, or names of conventions."""

DECISIONS = ("risk_per_trade", "leverage", "max_positions", "hedging", "max_risk")
"""Settings that a trader chooses. The others are what the market and the broker do, or what is
assumed of them: scenarios, of which the most favourable one is no choice."""


def scenarios(names: Iterable[str]) -> list[str]:
    """Return those names that are settings nobody can choose: costs, fills, the market."""
    return [name for name in names if name in TRIED and name not in DECISIONS]


def is_setting(name: str) -> bool:
    """Tell whether a name is a setting of the account, and no parameter of a strategy."""
    return name in Settings.__struct_fields__


def check_setting(name: str, value: Any, strategy: type[Strategy] | None) -> None:
    """Check a value to try of a setting.

    Raises
    ------
    InvalidRequest
        It is out of its range or of a wrong type, this setting is the same for all combinations,
        or the strategy has a parameter of the same name.
    """
    field = f"sweep.space.{name}"
    if strategy is not None and name in strategy.parameters():
        msg = (
            f"{name} is a setting of the account and a parameter of {strategy.__name__}, so which "
            "one is to be tried is not clear: give the parameter another name"
        )
        raise InvalidRequest(msg, field=field, value=name, allowed="another name")
    if name not in TRIED:
        msg = f"{name} is the same for all combinations: give one value, start a sweep for each"
        raise InvalidRequest(msg, field=field, value=value, allowed=list(TRIED))
    Settings(**{name: value}).check()


def parted(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters of a combination, and its settings."""
    own = {name: value for name, value in params.items() if not is_setting(name)}
    return own, {name: value for name, value in params.items() if is_setting(name)}
