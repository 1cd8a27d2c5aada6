"""Choosing by what the earlier combinations came to: optuna's TPE.

Sources: Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; Akiba et al.,
Optuna, KDD 2019.
"""

from __future__ import annotations

from typing import Any

from workbench.sweeps.search import Combination
from workbench.sweeps.space import Space
from workbench.sweeps.spec import Value

LAG = 8
ATTEMPTS = 20


class Bayesian:
    """Up to `trials` different combinations.

    Number ``n`` is chosen knowing the results of the numbers up to ``n - lag``, neither more nor
    less, so that the choice does not depend on which worker is faster; `lag` is 8, or `workers`.

    Parameters
    ----------
    space
        What to choose from. Numbers keep their order; texts and booleans have none.
    trials
        How many; not more than there are.
    seed
        Of the choice.
    maximize
        Whether a higher value is better.
    workers
        How many are tried at once.
    """

    def __init__(self, space: Space, trials: int, seed: int, maximize: bool, workers: int) -> None:
        import optuna

        self._optuna = optuna
        self._space = space
        self.total = trials
        self._lag = max(LAG, workers)
        self._values = {name: _ordered(values) for name, values in space.values.items()}
        self._distributions: dict[str, Any] = {
            name: optuna.distributions.IntDistribution(0, len(values) - 1)
            if _has_order(values)
            else optuna.distributions.CategoricalDistribution(list(range(len(values))))
            for name, values in self._values.items()
        }
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            self._study = optuna.create_study(
                sampler=optuna.samplers.TPESampler(seed=seed),
                direction="maximize" if maximize else "minimize",
            )
        finally:
            optuna.logging.set_verbosity(level)
        self._spare = space.drawn(seed)
        self._asked: list[tuple[Any, tuple[Value, ...]]] = []
        self._seen: set[tuple[Value, ...]] = set()
        self._results: dict[int, float | None] = {}
        self._known: dict[tuple[Value, ...], float] = {}
        self._told = 0

    @property
    def exhausted(self) -> bool:
        """Whether all have been asked for."""
        return len(self._asked) >= self.total

    def ask(self) -> Combination | None:
        """Return the next one; None when none is left, or none until more was told."""
        if self.exhausted or not self._learned(len(self._asked) - self._lag + 1):
            return None
        for _ in range(ATTEMPTS):
            trial = self._study.ask(self._distributions)
            params = self._params(trial)
            key = tuple(params.values())
            if key not in self._seen and self._space.allows(params):
                return self._chosen(trial, params)
            self._pass_over(trial, key)
        return self._from_chance()

    def tell(self, number: int, value: float | None) -> None:
        """Take what a combination came to; it is considered when its turn comes."""
        self._results[number] = value

    def _learned(self, count: int) -> bool:
        """Consider the results of the first `count` numbers; tell whether they are there."""
        while self._told < count:
            if self._told not in self._results:
                return False
            trial, key = self._asked[self._told]
            found = self._results.pop(self._told)
            self._told += 1
            if found is None:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            else:
                self._known[key] = found
                self._study.tell(trial, found)
        return True

    def _params(self, trial: Any) -> dict[str, Value]:
        return {name: values[trial.params[name]] for name, values in self._values.items()}

    def _chosen(self, trial: Any, params: dict[str, Value]) -> Combination:
        key = tuple(params.values())
        self._seen.add(key)
        self._asked.append((trial, key))
        return Combination(len(self._asked) - 1, params)

    def _pass_over(self, trial: Any, key: tuple[Value, ...]) -> None:
        """Answer for a combination that is not tried, as far as its value is known."""
        if key in self._known:
            self._study.tell(trial, self._known[key])
        else:
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)

    def _from_chance(self) -> Combination | None:
        """Return one that the sampler, which comes back to what it knows, has not found."""
        for params in self._spare:
            if tuple(params.values()) not in self._seen:
                places = {name: self._values[name].index(value) for name, value in params.items()}
                self._study.enqueue_trial(places)
                return self._chosen(self._study.ask(self._distributions), params)
        self.total = len(self._asked)
        return None


def _has_order(values: list[Value]) -> bool:
    return not any(isinstance(value, bool | str) for value in values)


def _ordered(values: list[Value]) -> list[Value]:
    return sorted(values) if _has_order(values) else values
