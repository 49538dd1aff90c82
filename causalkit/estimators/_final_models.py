"""Names and estimators of the final stage turned into fitted candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_regressor

from causalkit.estimators._candidates import (
    engine_candidate,
    forest_candidate,
    forest_trial,
    network_trial,
    regressor_candidate,
    residual_candidate,
)
from causalkit.estimators._effect_models import Candidate
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_stage import earns_weight
from causalkit.nuisance._cross_fitting import MAX_ROWS
from causalkit.nuisance._defaults import NETWORKS, resolve_model
from causalkit.nuisance._graph_models import GraphRegressor

Array = NDArray[np.float64]
Index = NDArray[np.intp]

STACK = ("additive", "pairs", "residual", "forest")
PSEUDO_OUTCOME_STACK = ("additive", "pairs", "forest")
NETWORK_ROWS = 5_000  # from so many units on "stack" tries a network; below, networks are on request only
_DEFAULT_NETWORK = "sign"
BY_SIZE = "a network if there are many units"  # stands in the list of models for "stack"


def listed_models(model: Any, stack: tuple[str, ...] = STACK, *, weighted: bool = True) -> list[Any]:
    """The final stage's candidates as a flat list; "constant" is the empty one.

    `stack` are the names that "stack" stands for; `weighted` says whether regressors must take weights.
    """
    out: list[Any] = []
    for item in list(model) if isinstance(model, list | tuple) else [model]:
        if isinstance(item, str) and item == "stack":
            out += [*stack, BY_SIZE]
        elif isinstance(item, str) and item == "constant":
            continue
        elif _is_candidate(item, stack):
            out.append(item)
        else:
            known = ", ".join(map(repr, (*stack, *NETWORKS, "stack", "constant")))
            takes = " that takes sample_weight" if weighted else ""
            raise ValueError(
                f"final_model must be a regressor{takes}, a list, or one of {known}; got {item!r}"
            )
    return list(dict.fromkeys(item for item in out if isinstance(item, str))) + [
        m for m in out if not isinstance(m, str)
    ]


def _is_candidate(item: Any, stack: tuple[str, ...]) -> bool:
    if isinstance(item, str):
        return item in (*stack, *NETWORKS)
    return hasattr(item, "fit") and not isinstance(item, type) and bool(is_regressor(item))


@dataclass(frozen=True)
class FinalCandidates:
    """Fitted candidates, and those that were skipped with the reason."""

    fitted: list[Candidate]
    skipped: dict[str, str]


@dataclass(frozen=True)
class Costly:
    """A candidate that is fitted only where a cheap trial of it earns a weight beside the others.

    `trial` returns some rows and a held-out effect for them; `reason` is told where it is skipped.
    """

    name: str
    trial: Callable[[], tuple[Index, Array]]
    fit: Callable[[], Candidate]
    reason: str


def final_candidates(
    models: list[Any],
    engine: Engine,
    given: dict[str, Candidate],
    target: Array,
    treatment: Array | None,
    *,
    n_jobs: int | None,
    seed: int,
) -> FinalCandidates:
    """Fit what was asked for, in loss mean((target - treatment * tau)^2), costly ones only if they are used.

    `given` are candidates that were fitted before; without a treatment the target is a pseudo-outcome.
    """
    fitted = [given[name] for name in ("additive", "pairs") if name in models]
    if "residual" in models:
        assert treatment is not None
        fitted.append(residual_candidate(engine, target, treatment))
    for label, model in _regressors(models, engine.data.n_hops, seed).items():
        fitted.append(regressor_candidate(engine, label, model, target, treatment, n_jobs=n_jobs))
    skipped: dict[str, str] = {}
    for costly in _costly(models, engine, target, treatment, n_jobs, seed):
        if fitted and not _worth_it(costly, fitted, target, treatment):
            skipped[costly.name] = costly.reason
        else:
            fitted.append(costly.fit())
    return FinalCandidates(fitted, skipped)


def pseudo_outcome_fits(models: list[Any], engine: Engine, target: Array) -> dict[str, Candidate]:
    """The engine's candidates for a pseudo-outcome: its blocks alone, and with pairs of columns."""
    noise = float(target.var())
    return {
        name: engine_candidate(engine, name, target, with_pairs=name == "pairs", noise=noise)
        for name in ("additive", "pairs")
        if name in models
    }


def _regressors(models: list[Any], n_hops: int, seed: int) -> dict[str, Any]:
    """Networks by name and a user's regressors, by label; those of one class are numbered."""
    named = {m: _network(m, n_hops, seed) for m in models if isinstance(m, str) and m in NETWORKS}
    own = [m for m in models if not isinstance(m, str)]
    return named | (resolve_model(own, "regression", name="final_model", seed=seed) if own else {})


def _network(architecture: str, n_hops: int, seed: int, **settings: Any) -> GraphRegressor:
    """An effect is a faint signal: penalties as for noise, without the milder ones that suit outcomes."""
    return GraphRegressor(architecture, n_hops=n_hops, penalty_factors=(1.0,), random_state=seed, **settings)


def _costly(
    models: list[Any],
    engine: Engine,
    target: Array,
    treatment: Array | None,
    n_jobs: int | None,
    seed: int,
) -> list[Costly]:
    data: tuple[Any, ...] = (engine.data.groups, target, treatment)
    settings: dict[str, Any] = {"n_jobs": n_jobs, "seed": seed}
    forest = Costly(
        "forest",
        partial(forest_trial, *data, **settings),
        partial(forest_candidate, *data, **settings),
        "a trial forest with few trees earned no weight",
    )
    network = partial(_network, _DEFAULT_NETWORK, engine.data.n_hops, seed)
    ensemble = Costly(
        _DEFAULT_NETWORK,
        lambda: network_trial(engine, network(n_members=2), target, treatment),
        lambda: regressor_candidate(
            engine, _DEFAULT_NETWORK, network(), target, treatment, n_jobs=n_jobs, max_rows=MAX_ROWS
        ),
        "a trial of two networks earned no weight",
    )
    asked = _DEFAULT_NETWORK in models
    use_network = BY_SIZE in models and not asked and engine.data.n_rows >= NETWORK_ROWS
    return [forest] * ("forest" in models) + [ensemble] * use_network


def _worth_it(costly: Costly, fitted: list[Candidate], target: Array, treatment: Array | None) -> bool:
    rows, trial = costly.trial()
    held_out = [c.held_out[rows] for c in fitted]
    exposure = np.ones(len(rows)) if treatment is None else treatment[rows]
    return earns_weight(trial, held_out, target[rows], exposure)
