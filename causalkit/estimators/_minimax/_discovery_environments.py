"""What a variable says about the environment beyond others: held-out classifiers with and without it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from causalkit.estimators._minimax._discovery_features import Floats, Ints
from causalkit.estimators._minimax._discovery_table import Table

# Trees of all environments together, in each of the folds; fewer steps go further.
_TREES = 240
_FEWEST_STEPS, _MOST_STEPS = 4, 12
_FOLDS, _FOLDS_OF_MANY, _MANY = 5, 3, 16
_LEARNED = 1.8
_SETTINGS = {
    "objective": "multiclass",
    "num_leaves": 6,
    "min_data_in_leaf": 40,
    "lambda_l2": 30.0,
    "max_bin": 31,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
# A sum over rows that is smaller than this many standard errors could be chance.
_CLEAR = 2.5
_CHANCE = 0.05
# One that is larger than this many cannot be what averaging two models gains.
_BEYOND_DOUBT = 10.0


class Evidence:
    """Held-out predictions of the environment from sets of variables; each set is fitted once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._fitted: dict[tuple[int, ...], Floats] = {}

    def gain(self, v: int, given: Collection[int]) -> Floats:
        r"""Return how much better each row's environment is predicted with ``v`` than without.

        .. math:: \log \tfrac12 \{P(e | x_v, x_{given}) + P(e | x_{given})\} - \log P(e | x_{given})

        The models never saw the row. The average loses little where ``v`` says much, and most of the noise
        where it says little. A poor model of ``v`` cannot look like a change of its mechanism here, as only
        the environment is modelled.
        """
        return log_average(self._held_out({v, *given}), self._held_out(given)) - self._held_out(given)

    def is_clear(self, v: int, given: Collection[int], errors: float | None = None) -> bool:
        """Whether ``v`` says more about the environment, beyond others, than chance would.

        Without ``errors``, chance does so for one of all variables in one of twenty data sets at most.

        The average of two models is better than one of them even where ``v`` is noise. So the gain must also
        be clear where both models are averaged with a third: that of a copy of ``v`` whose rows were mixed.
        """
        if errors is None:
            errors = max(_CLEAR, float(norm.isf(_CHANCE / len(self._table.names))))
        gain = self.gain(v, given)
        if not is_clear(gain, errors) or is_clear(gain, _BEYOND_DOUBT):
            return is_clear(gain, errors)
        values = self._table.values.copy()
        values[:, v] = values[np.random.default_rng(0).permutation(len(values)), v]
        mixed = _held_out(replace(self._table, values=values), tuple(sorted({v, *given})))
        both = log_average(self._held_out({v, *given}), mixed) - log_average(self._held_out(given), mixed)
        return is_clear(both, errors)

    def _held_out(self, chosen: Collection[int]) -> Floats:
        key = tuple(sorted(set(chosen)))
        if key not in self._fitted:
            self._fitted[key] = _held_out(self._table, key)
        return self._fitted[key]


def log_average(one: Floats, other: Floats) -> Floats:
    """Logarithm of the average of two probabilities of each row."""
    return np.logaddexp(one, other) - np.log(2)


def is_clear(terms: Floats, errors: float = _CLEAR) -> bool:
    """Whether a sum over rows is positive by more than so many standard errors."""
    return bool(terms.sum() > errors * terms.std() * np.sqrt(len(terms)))


def _held_out(table: Table, chosen: tuple[int, ...]) -> Floats:
    """Held-out log probability of each row's environment, shape (n,)."""
    if not chosen:
        return np.log(np.bincount(table.codes) / len(table.codes))[table.codes]
    return held_out_classes(
        table.codes, ranks_and_gaps(table.values[:, chosen], table.is_level[list(chosen)])
    )


def held_out_classes(codes: Ints, columns: Floats) -> Floats:
    """Held-out log probability of each row's class (codes 0..k-1) from columns (n, d), shape (n,)."""
    import lightgbm as lgb

    n_classes = int(codes.max()) + 1
    steps = min(max(_TREES // n_classes, _FEWEST_STEPS), _MOST_STEPS)
    settings = {**_SETTINGS, "num_class": n_classes, "learning_rate": _LEARNED / steps}
    # Rows stand in an order that has nothing to do with their values, so that any rule makes random folds.
    fold = np.arange(len(codes)) % (_FOLDS if n_classes <= _MANY else _FOLDS_OF_MANY)
    out = np.empty(len(codes))
    for f in range(fold.max() + 1):
        kept, held = fold != f, fold == f
        model = lgb.train(settings, lgb.Dataset(columns[kept], codes[kept]), steps)
        predicted = np.asarray(model.predict(columns[held]))
        out[held] = np.log(np.maximum(predicted[np.arange(held.sum()), codes[held]], 1e-6))
    return out


def ranks_and_gaps(values: Floats, is_level: NDArray[np.bool_]) -> Floats:
    """Ranks, and differences of ranks: trees find a band around a diagonal only with many cuts."""
    ranks = rankdata(values, axis=0) / len(values)
    numbers = ranks[:, ~is_level].T
    differences = [np.abs(a - b) for a, b in combinations(numbers, 2)]
    return np.column_stack([ranks, *differences])
