"""Which combination to try next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, Protocol

from workbench.errors import InvalidRequest
from workbench.sweeps.space import Space
from workbench.sweeps.spec import DEFAULT_TRIALS, SweepSpec, Value


class Combination(NamedTuple):
    """Parameters to try.

    Attributes
    ----------
    number
        From 0, in the order they were asked for.
    params
        Those that are tried, by name.
    """

    number: int
    params: dict[str, Value]


class Search(Protocol):
    """Chooses combinations; what it chooses depends on what it was told of earlier numbers, and
    not on when."""

    total: int
    """How many it will choose, at most."""

    def ask(self) -> Combination | None:
        """Return the next one; None when none is left, or none until more was told."""

    @property
    def exhausted(self) -> bool:
        """Whether none will come any more."""

    def tell(self, number: int, value: float | None) -> None:
        """Take what a combination came to; None where it failed."""


class Listed:
    """Combinations that are known beforehand."""

    def __init__(self, combinations: Iterable[dict[str, Value]]) -> None:
        self._all = list(combinations)
        self._next = 0
        self.total = len(self._all)

    def ask(self) -> Combination | None:
        """Return the next one; None when none is left."""
        if self.exhausted:
            return None
        number = self._next
        self._next += 1
        return Combination(number, self._all[number])

    @property
    def exhausted(self) -> bool:
        """Whether all have been asked for."""
        return self._next >= self.total

    def tell(self, number: int, value: float | None) -> None:
        """Nothing depends on it."""


def searches(spec: SweepSpec, space: Space, seed: int | None, count: int) -> Iterator[Search]:
    """Return `count` searches of the same kind, for as many splits.

    Raises
    ------
    InvalidRequest
        The constraint allows no combination, or the method cannot be had.
    """
    chance = seed or 0
    if spec.method == "grid":
        combinations = list(space)
    else:
        combinations = list(islice(space.drawn(chance), spec.trials or DEFAULT_TRIALS))
    if not combinations:
        msg = f"The constraint allows none of the {space.size:,} combinations"
        raise InvalidRequest(msg, field="constraint", value=None, allowed="some combination")
    for number in range(count):
        if spec.method == "bayesian":
            from workbench.sweeps.bayesian import Bayesian

            yield Bayesian(
                space, len(combinations), chance + number, spec.maximizes, spec.workers or 1
            )
        else:
            yield Listed(combinations)
