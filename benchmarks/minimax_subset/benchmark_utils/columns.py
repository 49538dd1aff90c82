"""Columns as linear models and networks take them: levels as indicators, everything standardised."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

Floats = NDArray[np.float64]


def levels_of(X: pd.DataFrame) -> list[str]:
    """Columns of integers: they have levels, of which a linear effect makes no sense."""
    return [name for name in X if pd.api.types.is_integer_dtype(X[name])]


def encoder(X: pd.DataFrame) -> Pipeline:
    """Indicators of levels and the other columns, each with mean 0 and variance 1 in training."""
    indicators = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    return make_pipeline(
        make_column_transformer((indicators, levels_of(X)), remainder="passthrough"), StandardScaler()
    )


def codes(environments: pd.Series) -> NDArray[np.int64]:
    """Environments numbered from 0."""
    return np.unique(environments, return_inverse=True)[1]
