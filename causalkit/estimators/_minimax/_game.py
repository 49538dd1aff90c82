"""The mutable variables that matter for a subset: density-ratio weights and decisions in causal order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causalkit.estimators._minimax._distinct import distinct_rows
from causalkit.estimators._minimax._levels import read_levels
from causalkit.estimators._minimax._mechanism import Mechanism, fit_mechanism
from causalkit.estimators._minimax._ordered import OrderedData
from causalkit.estimators._minimax._overlap import Overlap, weigh
from causalkit.estimators._minimax._range import Reach, reach_of
from causalkit.estimators._minimax._stages import Stage
from causalkit.estimators._minimax._types import Floats
from causalkit.estimators._minimax._variables import MutableVariable


@dataclass(frozen=True)
class Game:
    """What an adversary may do, and the weights under which the mutable variables are random.

    Attributes
    ----------
    weight : ndarray, shape (n,)
        prod_k q(m_k) / sum_e share_e prod_k p_e(m_k | parents), mean one.
    stages : tuple of Stage
    """

    weight: Floats
    stages: tuple[Stage, ...]

    @property
    def is_narrowed(self) -> bool:
        """Whether interventions may not choose everything that was observed."""
        return not all(stage.within.all() for stage in self.stages)

    @property
    def random_law(self) -> Floats:
        """Weights (n,) under which the mutable variables are random within their range, mean one."""
        if not self.is_narrowed:
            return self.weight
        inside = [stage.within[stage.codes] for stage in self.stages]
        weight = self.weight * np.all(inside, axis=0)
        return weight / max(weight.mean(), np.finfo(float).tiny)


def mechanism_of(data: OrderedData, variable: MutableVariable, rng: np.random.Generator) -> Mechanism:
    """Fit one mutable variable's mechanism."""
    values = data.values(variable)
    parents = data.take(data.parents(variable))
    return fit_mechanism(values, parents, data.environments, read_levels(values), rng)


def joint_weights(mechanisms: Sequence[Mechanism], n: int) -> tuple[Floats, Overlap]:
    """Weights of the rows for these mutable variables together."""
    if not mechanisms:
        return weigh(np.ones(n), np.ones(n))
    density = np.prod([m.density for m in mechanisms], axis=0) @ mechanisms[0].share
    return weigh(np.prod([m.marginal for m in mechanisms], axis=0), density)


def make_game(
    data: OrderedData,
    variables: Sequence[MutableVariable],
    mechanisms: Sequence[Mechanism],
    wanted: Sequence[Any],
) -> Game:
    """Weights and stages of some mutable variables, given in causal order."""
    weight = joint_weights(mechanisms, len(data.outcome))[0]
    return Game(weight, _stages(data, variables, mechanisms, wanted))


def _stages(
    data: OrderedData,
    variables: Sequence[MutableVariable],
    mechanisms: Sequence[Mechanism],
    wanted: Sequence[Any],
) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    n = len(data.outcome)
    history: list[int] = []
    joint, earlier = np.ones((n, 1)), np.ones(n)
    for variable, mechanism, limits in zip(variables, mechanisms, wanted, strict=True):
        own, place = data.parents(variable), int(data.place[variable.column])
        history = sorted({*history, *own})
        posterior = mechanism.share * joint
        posterior = posterior / posterior.sum(axis=1, keepdims=True)
        probability = np.einsum("nej,ne->nj", mechanism.probability, posterior)
        values = data.values(variable)
        reach = reach_of(values, read_levels(values), probability, mechanism.level_marginal, limits)
        stages.append(_stage(data, own, history, earlier, values, probability, reach))
        joint = joint * mechanism.density
        joint = joint / joint.max(axis=1, keepdims=True)
        now = (posterior * mechanism.density).sum(axis=1)
        earlier = weigh(earlier * mechanism.marginal, now)[0]
        history = sorted({*history, place})
    return tuple(stages)


def _stage(
    data: OrderedData,
    own: list[int],
    history: list[int],
    earlier: Floats,
    values: Floats,
    probability: Floats,
    reach: Reach,
) -> Stage:
    extra = np.zeros((len(values), len(reach.centres) - probability.shape[1]))
    return Stage(
        own=distinct_rows(data.take(own)),
        history=distinct_rows(data.take(history)),
        is_nested=own == history,
        earlier_weight=earlier,
        codes=read_levels(values).codes(values),
        n_levels=probability.shape[1],
        centres=reach.centres,
        probability=np.hstack([probability, extra]),
        allowed=reach.allowed,
        supported=reach.supported,
    )
