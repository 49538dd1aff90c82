"""Random causal graphs with random mechanisms, some of which change between environments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark_utils.problems import Draw, Problem, Table, half_of
from causalkit.graphs import SubsetTree

Floats = NDArray[np.float64]

KINDS = ("linear", "nonlinear", "heteroscedastic", "products")
OUTCOME = "y"
# The first four are for training, the others for testing.
N_ENVIRONMENTS, N_TRAINING = 8, 4
N_ROWS = 500
# Draws for the search have at least one in so many of the most classes.
LEAST_SHARE = 8
# Shares of nodes with none, one, two or three parents.
_PARENT_SHARES = (0.1, 0.35, 0.35, 0.2)
_CURVES: tuple[Callable[[Floats], Floats], ...] = (
    lambda x: np.tanh(1.5 * x),
    lambda x: np.sin(1.5 * x),
    lambda x: 0.5 * (x**2 - 1),
    lambda x: x,
)


@dataclass(frozen=True)
class Structure:
    """A graph over y and v0, v1, ... in causal order, and the variables whose mechanism changes."""

    graph: nx.DiGraph
    mutable: tuple[str, ...]

    @property
    def whole_set_is_optimal(self) -> bool:
        """No child of y is a stable descendant of a mutable child of y."""
        children = set(self.graph.successors(OUTCOME))
        below = set()
        for changed in children.intersection(self.mutable):
            below |= nx.descendants(self.graph, changed)
        return not children.intersection(below).difference(self.mutable)


def condition_draw(kind: str, seed: int) -> Draw:
    """Eight to ten nodes; the whole stable set is optimal in about half of the draws."""
    rng = np.random.default_rng(seed)
    wanted = bool(rng.random() < 0.5)
    n_nodes = int(rng.integers(8, 11))
    n_mutable = int(rng.integers(1, 4))
    structure = _find(rng, n_nodes, n_mutable, lambda found: found.whole_set_is_optimal == wanted)
    return _draw(structure, kind, seed, rng)


def classes_draw(kind: str, n_stable: int, most_classes: int, seed: int) -> Draw:
    """A search over many classes: the whole stable set need not be optimal, one mutable variable."""
    structure = _structure_of_many_classes(n_stable, most_classes, seed)
    return _draw(structure, kind, seed, np.random.default_rng([seed, 1]))


@lru_cache(maxsize=64)
def _structure_of_many_classes(n_stable: int, most_classes: int, seed: int) -> Structure:
    """The same for all kinds of mechanisms; graphs with so few classes are rare."""

    def fits(found: Structure) -> bool:
        if found.whole_set_is_optimal:
            return False
        leaves = SubsetTree(found.graph, OUTCOME, found.mutable).leaves()
        n_classes = sum(1 for _ in islice(leaves, most_classes + 1))
        return most_classes // LEAST_SHARE <= n_classes <= most_classes

    return _find(np.random.default_rng([seed, 0]), n_stable + 2, 1, fits)


def _draw(structure: Structure, kind: str, seed: int, rng: np.random.Generator) -> Draw:
    """Half of the rows of the training environments are for fitting, the others are fresh rows of the mix."""
    everything = _rows(structure, kind, rng)
    training = (everything.environments < N_TRAINING).to_numpy()
    fitting = training & half_of(everything.environments, rng)
    return Draw(
        Problem(everything.rows(fitting), structure.graph, structure.mutable),
        seed,
        mix=everything.rows(training & ~fitting),
        test=everything.rows(~training),
        whole_set_is_optimal=structure.whole_set_is_optimal,
    )


def _find(
    rng: np.random.Generator, n_nodes: int, n_mutable: int, fits: Callable[[Structure], bool]
) -> Structure:
    while True:
        found = _structure(rng, n_nodes, n_mutable)
        if next(found.graph.successors(OUTCOME), None) is not None and fits(found):
            return found


def _structure(rng: np.random.Generator, n_nodes: int, n_mutable: int) -> Structure:
    """The outcome stands in the middle half of the order, and the first node does not change."""
    at = int(rng.integers(n_nodes // 4 + 1, n_nodes - n_nodes // 4 - 1))
    names = [OUTCOME if place == at else f"v{place}" for place in range(n_nodes)]
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    for place, name in enumerate(names):
        n_parents = min(place, int(rng.choice(len(_PARENT_SHARES), p=_PARENT_SHARES)))
        graph.add_edges_from((names[parent], name) for parent in rng.choice(place, n_parents, replace=False))
    others = [name for name in names[1:] if name != OUTCOME]
    mutable = rng.choice(len(others), n_mutable, replace=False)
    return Structure(graph, tuple(others[place] for place in sorted(mutable)))


def _rows(structure: Structure, kind: str, rng: np.random.Generator) -> Table:
    """Every variable has variance one in the training environments; columns stand in random order."""
    environments = np.repeat(np.arange(N_ENVIRONMENTS), 2 * N_ROWS)
    columns: dict[str, Floats] = {}
    for name in structure.graph:
        parents = np.array([columns[parent] for parent in structure.graph.predecessors(name)])
        change = _change(name in structure.mutable, len(parents), rng)
        drawn = _mechanism(parents.reshape(len(parents), len(environments)), kind, change, environments, rng)
        columns[name] = drawn / drawn[environments < N_TRAINING].std()
    names = [str(name) for name in rng.permutation(list(columns)) if name != OUTCOME]
    return Table(
        pd.DataFrame(columns)[names],
        pd.Series(columns[OUTCOME], name=OUTCOME),
        pd.Series(environments, name="environment"),
    )


def _change(is_mutable: bool, n_parents: int, rng: np.random.Generator) -> str:
    kinds = ["intercept", "scale", "slopes"] if n_parents else ["intercept", "scale"]
    return str(rng.choice(kinds)) if is_mutable else "nothing"


def _mechanism(
    parents: Floats, kind: str, change: str, environments: NDArray[np.int64], rng: np.random.Generator
) -> Floats:
    """Sum of effects of the parents, shape (n_parents, n), and noise; `change` varies by environment."""
    n_parents, n = parents.shape
    coefficients = _signs(rng, n_parents) * rng.uniform(0.5, 1.2, n_parents)
    curves = rng.integers(len(_CURVES), size=n_parents)
    if kind == "nonlinear" and n_parents:
        parents = np.array([_CURVES[curve](x) for curve, x in zip(curves, parents, strict=True)])
    effects = coefficients[:, None] * parents
    if kind == "products" and n_parents > 1:
        first, second = rng.choice(n_parents, 2, replace=False)
        effects = np.vstack([effects, 0.7 * _signs(rng, 1) * parents[first] * parents[second]])
    if change == "slopes":
        effects = effects * rng.uniform(-0.5, 1.5, (len(effects), N_ENVIRONMENTS))[:, environments]
    spread = np.full(n, rng.uniform(0.5, 1.0))
    if change == "scale":
        spread = spread * np.exp(rng.uniform(-0.8, 0.8, N_ENVIRONMENTS))[environments]
    if kind == "heteroscedastic" and n_parents:
        spread = spread * np.exp(0.6 * np.clip(parents[rng.integers(n_parents)], -2, 2))
    level = rng.normal(size=N_ENVIRONMENTS)[environments] if change == "intercept" else 0.0
    return effects.sum(axis=0) + level + spread * rng.normal(size=n)


def _signs(rng: np.random.Generator, size: int) -> Floats:
    return rng.choice([-1.0, 1.0], size)
