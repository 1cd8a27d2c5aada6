"""What became known last, by name and direction."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, get_args

from workbench.errors import InvalidRequest
from workbench.messages import Bias

One = TypeVar("One")

_BIASES = get_args(Bias)


class Latest(Generic[One]):
    """The latest of each name and direction, and the number of the candle that told it.

    Both directions are kept: a finding of the other side must not hide the one that is wanted.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, dict[Bias, tuple[int, One]]] = {}

    def note(self, name: str, direction: Bias, number: int, one: One) -> None:
        """Take what the candle of a number told."""
        known = self._known.setdefault(name, {})
        # Last in, last out: the order of the directions is that of their latest.
        known.pop(direction, None)
        known[direction] = number, one

    def find(self, name: str, oldest: int, direction: Bias | None) -> One | None:
        """Return the latest of a name, not told before the candle of number `oldest`."""
        known = self._known.get(name)
        if not known:
            return None
        newest = next(reversed(known.values())) if direction is None else known.get(direction)
        return newest[1] if newest is not None and newest[0] >= oldest else None


def check_asked(within: Any, direction: Any) -> None:
    """Refuse what cannot be asked for.

    Raises
    ------
    InvalidRequest
        `within` is no whole number from 1, or `direction` is none.
    """
    if isinstance(within, bool) or not isinstance(within, int) or within < 1:
        text = f"within is {within!r}: write a whole number of candles from 1, the last closed one"
        raise InvalidRequest(text, field="within", value=repr(within), allowed="from 1")
    if direction is not None and direction not in _BIASES:
        text = f"direction is {direction!r}: write {', '.join(_BIASES)}, or None for any"
        raise InvalidRequest(text, field="direction", value=repr(direction), allowed=list(_BIASES))
