"""Linear models on the columns of a problem, from a function that finds their coefficients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark_utils.columns import Floats, codes, encoder
from benchmark_utils.learners import Predict
from benchmark_utils.problems import Problem

Coefficients = Callable[[Floats, Floats, NDArray[np.int64]], Floats]


def fit_linear(problem: Problem, find: Coefficients, *, ones: bool = False) -> Predict:
    """Columns have mean 0 and variance 1, the outcome mean 0; `ones` adds a column for an intercept."""
    rows = problem.train
    columns = encoder(rows.X).fit(rows.X)
    centre = float(rows.y.mean())

    def design(new: pd.DataFrame) -> Floats:
        x = columns.transform(new)
        return np.column_stack([np.ones(len(x)), x]) if ones else x

    found = find(design(rows.X), rows.y.to_numpy() - centre, codes(rows.environments))
    return lambda new: centre + design(new) @ found
