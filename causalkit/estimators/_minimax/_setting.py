"""One data set made ready for the search: mechanisms, weights and folds, fitted once for every subset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from causalkit._environments import group_rows
from causalkit._random import RandomState, child_generators
from causalkit.estimators._minimax._game import Game, joint_weights, make_game, mechanism_of
from causalkit.estimators._minimax._mechanism import Mechanism
from causalkit.estimators._minimax._ordered import OrderedData, order_data
from causalkit.estimators._minimax._overlap import Overlap, report_overlap
from causalkit.estimators._minimax._range import MutableRange, check_range
from causalkit.estimators._minimax._types import Floats, Index, Mask
from causalkit.estimators._minimax._variables import MutableVariable, check_variables

N_FOLDS = 5
N_POLICY_FOLDS = 4
_FEWEST_ROWS = 20  # a few in each fold


@dataclass(frozen=True)
class Setting:
    """Data in an order of rows and columns that shuffling and renaming do not change, and what subsets share.

    Attributes
    ----------
    data : OrderedData
    mutable : tuple of MutableVariable
        In the order of their decisions.
    mechanisms : tuple of Mechanism
        One for each mutable variable.
    wanted : tuple
        What `mutable_range` says of each of them.
    overlap : Overlap
        With every mutable variable.
    fold, policy_fold, part : ndarray of int, shape (n,)
        Folds of the predictor, of the policies, and the two parts between which a policy is chosen.
    estimator : regressor or None
    seed : int
    companions : mapping of int to tuple of int
        Columns that go into a predictor together with another one.
    """

    data: OrderedData
    mutable: tuple[MutableVariable, ...]
    mechanisms: tuple[Mechanism, ...]
    wanted: tuple[str | float | tuple[float, float], ...]
    overlap: Overlap
    fold: Index
    policy_fold: Index
    part: Index
    estimator: Any
    seed: int
    companions: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    _games: dict[tuple[int, ...], Game] = field(default_factory=dict, repr=False)

    def active(self, subset: Sequence[int]) -> tuple[int, ...]:
        """Positions in `mutable` of the variables that matter for a subset of X's columns."""
        return tuple(j for j, v in enumerate(self.mutable) if v.matters_for(subset))

    def game(self, subset: Sequence[int]) -> Game:
        """Weights and decisions of the mutable variables that matter for a subset of X's columns."""
        active = self.active(subset)
        if active not in self._games:
            self._games[active] = make_game(
                self.data,
                [self.mutable[j] for j in active],
                [self.mechanisms[j] for j in active],
                [self.wanted[j] for j in active],
            )
        return self._games[active]

    def columns(self, subset: Sequence[int]) -> Index:
        """Places in `data.table` of the subset's columns and the mutable variables that matter, ascending."""
        active = [self.mutable[j].column for j in self.active(subset)]
        more = [extra for j in subset for extra in self.companions.get(j, ())]
        return np.sort(self.data.place[[*subset, *more, *active]].astype(np.intp))

    def predictor_columns(self, subset: Sequence[int]) -> Index:
        """Columns of X that the subset's predictor takes, in its order."""
        return np.argsort(self.data.place)[self.columns(subset)].astype(np.intp)


def prepare(
    X: Floats,
    y: Floats,
    environments: Any,
    mutable: Sequence[MutableVariable],
    *,
    names: Sequence[str] | None = None,
    mutable_range: MutableRange = "observed",
    estimator: Any = None,
    companions: Mapping[int, tuple[int, ...]] | None = None,
    random_state: RandomState = None,
) -> Setting:
    """Fit what all subsets share.

    Parameters
    ----------
    X : ndarray, shape (n, d)
    y : ndarray, shape (n,)
    environments : array-like, shape (n,)
    mutable : sequence of MutableVariable
    names : sequence of str, shape (d,), optional
        For messages and for the keys of `mutable_range`.
    mutable_range : "observed", float or dict
        What an intervention may set a mutable variable to: what occurs for like parents; every value of the
        observed range, widened about its middle by a factor of at least 1; or bounds by name.
    estimator : regressor, optional
    companions : mapping of int to tuple of int, optional
        Columns of X that go into a predictor together with another one, such as its mean over neighbours.
    random_state : int, Generator, RandomState or None

    Raises
    ------
    ValueError
        If there are fewer than twenty rows, the variables are no columns in causal order, the range is none,
        or hardly a row has overlap.

    Warns
    -----
    OverlapWarning
        If fewer than a quarter of the rows are effective.
    """
    names = [f"x{j}" for j in range(X.shape[1])] if names is None else list(names)
    if len(X) < _FEWEST_ROWS:
        raise ValueError(f"X must have at least {_FEWEST_ROWS} rows; got {len(X)}")
    check_variables(mutable, X, names)
    check_range(mutable_range, [names[v.column] for v in mutable])
    data = order_data(X, y, group_rows(environments, name="environments", n_rows=len(X)).codes, companions)
    ordered = sorted(mutable, key=lambda v: (v.generation, data.place[v.column]))
    trial, folds, policy_folds, parts = child_generators(random_state, 4)
    mechanisms = [mechanism_of(data, variable, trial) for variable in ordered]
    overlap = joint_weights(mechanisms, len(X))[1]
    n_levels = np.prod([len(mechanism.level_marginal) for mechanism in mechanisms])
    overlap = replace(overlap, rows_per_level=overlap.effective_rows / float(n_levels))
    report_overlap(overlap)
    return Setting(
        data=data,
        mutable=tuple(ordered),
        mechanisms=tuple(mechanisms),
        wanted=tuple(_wanted(mutable_range, names[v.column]) for v in ordered),
        overlap=overlap,
        fold=_deal(len(X), N_FOLDS, folds),
        policy_fold=_deal(len(X), N_POLICY_FOLDS, policy_folds),
        part=_deal(len(X), 2, parts),
        estimator=estimator,
        seed=int(trial.integers(2**31 - 1)),
        companions=companions or {},
    )


def without_rows(setting: Setting, left_out: Mask, subset: Sequence[int]) -> Setting:
    """Fit again, for one subset, without some rows given in the setting's own order.

    The others keep their folds. Mutable variables that do not matter for the subset are left out.
    """
    data, kept = setting.data, ~left_out
    fewer = OrderedData(
        data.table[kept],
        data.outcome[kept],
        np.unique(data.environments[kept], return_inverse=True)[1].astype(np.intp),
        data.place,
        np.arange(int(kept.sum())),
    )
    rng = np.random.default_rng(setting.seed)
    active = setting.active(subset)
    variables = tuple(setting.mutable[j] for j in active)
    return replace(
        setting,
        data=fewer,
        mutable=variables,
        mechanisms=tuple(mechanism_of(fewer, variable, rng) for variable in variables),
        wanted=tuple(setting.wanted[j] for j in active),
        fold=setting.fold[kept],
        policy_fold=setting.policy_fold[kept],
        part=setting.part[kept],
        _games={},
    )


def _deal(n: int, n_folds: int, rng: np.random.Generator) -> Index:
    return (rng.permutation(n) % n_folds).astype(np.intp)


def _wanted(mutable_range: MutableRange, name: str) -> str | float | tuple[float, float]:
    if isinstance(mutable_range, Mapping):
        pair = mutable_range.get(name)
        return "observed" if pair is None else (float(pair[0]), float(pair[1]))
    return mutable_range if isinstance(mutable_range, str) else float(mutable_range)
