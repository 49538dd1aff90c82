"""The rule of arXiv 2203.15756 from its formulas: tests at a fixed level on two rows of each environment."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from causallearn.utils.cit import CIT
from numpy.typing import NDArray

from benchmark_utils.solver import kind_of_test

# p-value of "column a indep column b given columns"; the first d columns are the first row's, the next d the
# second's.
Test = Callable[[int, int, list[int]], float]
Arrows = NDArray[np.float64]


def two_rows(X: pd.DataFrame, environments: NDArray[np.int64]) -> NDArray[Any]:
    """One line for each environment of two or more rows: its first row beside its second, shape (E, 2 d).

    Rows of an environment have no order, so that any two will do; the others are not used.
    """
    codes = np.unique(environments, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = (np.cumsum(sizes) - sizes)[sizes >= 2]
    values = X.to_numpy()
    return np.hstack([values[order[starts]], values[order[starts + 1]]])


def tests_on(pairs: NDArray[Any], X: pd.DataFrame, *, kernel: bool = False) -> Test:
    """Chi-squared for discrete columns, a kernel test for two continuous ones, else partial correlations.

    The kernel test is the paper's. With more than two columns partial correlations find the graph of a linear
    world more often in a thousandth of the time, but not where slopes vary; `kernel` has kernel tests, too.
    """
    return CIT(pairs, kind_of_test(X, pair="kci", more="kci" if kernel else "fisherz"))


def two_variables(test: Test, alpha: float) -> Arrows:
    """Answer for two variables: x -> y, y -> x or no edge, always one of them.

    Three statements are tested: X_1 indep Y_2 given X_2, Y_1 indep X_2 given Y_2, X_1 indep Y_1. An arrow is
    stated where its own statement alone stands, no edge where all three stand; any other pattern belongs
    to no graph, and the graph whose statement has the largest p-value is taken.
    """
    x, y, x2, y2 = range(4)
    graphs = [np.array([[0.0, 1], [0, 0]]), np.array([[0.0, 0], [1, 0]]), np.zeros((2, 2))]
    pvalues = [test(x, y2, [x2]), test(y, x2, [y2]), test(x, y, [])]
    patterns = [(True, False, False), (False, True, False), (True, True, True)]
    stands = tuple(pvalue > alpha for pvalue in pvalues)
    chosen = patterns.index(stands) if stands in patterns else int(np.argmax(pvalues))
    return graphs[chosen]


def several_variables(test: Test, n_variables: int, alpha: float) -> Arrows:
    """Answer for several variables: layers of sinks, then arrows from higher layers to lower ones.

    Among the variables R that are left, j is a sink if X_j of the first row is independent of X_k of the
    second given all others of R in the first, for every other k in R. All sinks found form the next layer;
    where there is none, the variable whose smallest p-value is largest does, so that all are answered.

    An arrow j -> k into a lower layer is stated if the two are dependent in a row given **all other variables
    in layers above k**. The paper collects for j the layers above it, other parents of its children and
    parents of k that lie between; the list of the former is emptied by mistake in the released code, which
    gives wrong graphs for some DAGs of four nodes. Given all that lies above k nothing is missing.
    """
    layers = _layers(test, n_variables, alpha)
    arrows = np.zeros((n_variables, n_variables))
    for low, layer in enumerate(layers):
        above = [v for higher in layers[low + 1 :] for v in higher]
        for effect, cause in product(layer, above):
            others = [v for v in above if v != cause]
            arrows[cause, effect] = test(cause, effect, others) <= alpha
    return arrows


def _layers(test: Test, n_variables: int, alpha: float) -> list[list[int]]:
    """Variables from the last effects up to the first causes."""
    left, layers = list(range(n_variables)), []
    while left:
        support = {j: _sink_pvalue(test, j, left, n_variables) for j in left}
        layer = [j for j in left if support[j] > alpha] or [max(left, key=support.__getitem__)]
        layers.append(layer)
        left = [j for j in left if j not in layer]
    return layers


def _sink_pvalue(test: Test, j: int, left: list[int], n_variables: int) -> float:
    """Smallest p-value of the statements that make j a sink."""
    others = [k for k in left if k != j]
    return min((test(j, n_variables + k, others) for k in others), default=1.0)
