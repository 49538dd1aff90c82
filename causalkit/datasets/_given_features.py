"""Features that a user brings to a synthetic network: checked, named, and scaled for the formulas."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from causalkit._validation import check_features
from causalkit.datasets._network_effects import NETWORK_EFFECTS, standardise


def check_given_features(X: Any, effect: str) -> pd.DataFrame:
    """Return ``X`` as a DataFrame of floats with the columns that an effect's formulas need.

    Parameters
    ----------
    X : DataFrame or array-like, shape (n_nodes, n_features)
        Numeric or boolean columns.
    effect : str
        A name in ``NETWORK_EFFECTS``.

    Raises
    ------
    ValueError
        If a value is missing or not a finite number, there are fewer than two rows or fewer columns than the
        effect needs, or one of those that it names does not vary.
    TypeError
        If ``X`` is sparse.
    """
    values = check_features(BaseEstimator(), X, reset=True, min_rows=2)
    table = pd.DataFrame(
        values,
        index=X.index if isinstance(X, pd.DataFrame) else None,
        columns=X.columns if isinstance(X, pd.DataFrame) else default_names(values.shape[1]),
    )
    needed = NETWORK_EFFECTS[effect].n_features
    if table.shape[1] < needed:
        raise ValueError(f"X must have at least {needed} columns for effect={effect!r}; got {table.shape[1]}")
    for position in range(needed):
        column = values[:, position]
        if column.min() == column.max():
            raise ValueError(
                f"X must vary between nodes in its first {needed} columns for effect={effect!r}; "
                f"column {table.columns[position]!r} is {column[0]:g} everywhere"
            )
    return table


def for_formulas(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the columns with mean 0 and variance 1 over the nodes, shape (n_nodes, n_features).

    A column that does not vary becomes zero.
    """
    values = table.to_numpy()
    # From the first row on, so that a column of equal values is zero and not a rounding error.
    return standardise(values - values[0])


def default_names(n_features: int) -> list[str]:
    """Return x0, x1, ..."""
    return [f"x{i}" for i in range(n_features)]
