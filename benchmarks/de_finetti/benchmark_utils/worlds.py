"""The named worlds: settings of `make_exchangeable_scm`, and one draw of a world with its true graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.datasets import make_exchangeable_scm

Settings = dict[str, Any]

PAIR = nx.DiGraph([("cause", "effect")])
CHAIN = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "d")])
DIAMOND = nx.DiGraph([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
# With the parity of the parents d depends on no parent alone.
COLLIDER = nx.DiGraph([("a", "c"), ("b", "c"), ("c", "d")])

ICC = 0.4
STRONG = 0.6
# Far from the seeds of other draws.
AGAIN = 1_000_000


def _location(**more: Any) -> Settings:
    return {"kind": "location", **more}


def _pair(**more: Any) -> Settings:
    return _location(causal_graph=PAIR, **more)


def _tables(concentration: float) -> Settings:
    return {"kind": "categorical", "n_variables": 3, "concentration": concentration}


def _one_discrete(seed: int) -> Settings:
    """Four variables, one of them (each in turn, seed by seed) with two or three levels."""
    return _location(n_variables=4, levels={seed % 4: 2 + seed // 4 % 2})


# A world is a set of arguments, or a function that makes one from the seed.
WORLDS: dict[str, Settings | Callable[[int], Settings]] = {
    # Figures 3 and 4 of the paper.
    "published_continuous": {"kind": "published_continuous"},
    "published_binary": {"kind": "published_binary"},
    # Four binary variables.
    "chain": {"kind": "published_binary", "causal_graph": CHAIN},
    "diamond": {"kind": "published_binary", "causal_graph": DIAMOND},
    "xor_collider": {"kind": "published_binary", "causal_graph": COLLIDER, "parity": True},
    # Generic conditional tables, three binary variables.
    "tables_2": _tables(2),
    "tables_4": _tables(4),
    "tables_10": _tables(10),
    "tables_30": _tables(30),
    # Continuous random graphs: location models with another intraclass correlation for each mechanism.
    "random_3": _location(n_variables=3),
    "random_4": _location(n_variables=4),
    "random_5": _location(n_variables=5),
    "random_6": _location(n_variables=6),
    "slopes": _location(n_variables=4, varying=("intercept", "slope")),
    "t_noise": _location(n_variables=4, noise="t"),
    "one_discrete": _one_discrete,
    # Pairs x -> y: a direction that can be known, and two kinds in which it cannot.
    "unequal_icc": _pair(),
    "iid_gaussian": _pair(icc=0.0),
    "iid_laplace": _pair(icc=0.0, noise="laplace"),
    "equal_icc_gaussian": _pair(icc=ICC),
    "equal_icc_laplace": _pair(icc=ICC, noise="laplace"),
    "equal_icc_graph": _location(n_variables=4, icc=ICC),
    "equal_icc_graph_laplace": _location(n_variables=4, icc=ICC, noise="laplace"),
    # Pairs whose parameters are independent, or depend on each other.
    "independent_location": _pair(),
    "independent_slope": _pair(varying=("slope",)),
    "independent_scale": _pair(varying=("scale",)),
    "dependent_location": _pair(correlation=STRONG),
    "dependent_slope": _pair(varying=("slope",), correlation=STRONG),
    "dependent_scale": _pair(varying=("scale",), correlation=STRONG),
    # The same with stated intraclass correlations of cause and effect, and larger slopes and scales.
    "dependent_location_stated": _pair(icc=[0.2, 0.5], correlation=STRONG),
    "dependent_slope_stated": _pair(icc=[0.5, 0.2], varying=("slope",), slope_sd=0.6, correlation=STRONG),
    "dependent_scale_stated": _pair(icc=[0.5, 0.2], varying=("scale",), scale_sd=0.6, correlation=STRONG),
}


@dataclass(frozen=True)
class Draw:
    """One data set: columns in random order, labels of environments, and true arrows between columns."""

    X: pd.DataFrame
    environments: NDArray[np.int64]
    arrows: NDArray[np.int64]
    seed: int


def draw(world: str, n_environments: int, n_rows: int, seed: int) -> Draw:
    """Draw a world; columns stand in random order and are named by their places.

    Tables may have a level that hardly ever comes; a draw with a constant column is drawn again.
    """
    settings = WORLDS[world]
    settings = settings(seed) if callable(settings) else settings
    settings = {**settings, "n_environments": n_environments, "n_rows": n_rows, "shuffle_columns": True}
    data = make_exchangeable_scm(**settings, random_state=seed)
    again = AGAIN
    while (data.X.nunique() == 1).any():
        data = make_exchangeable_scm(**settings, random_state=seed + again)
        again += AGAIN
    columns = [f"x{place}" for place in range(data.X.shape[1])]
    return Draw(
        data.X.set_axis(columns, axis=1), data.environments.to_numpy(), data.adjacency.to_numpy(), seed
    )
