"""Risk of several predictors in each environment, on the scale of the training population."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from causalkit._environments import Groups
from causalkit.estimators._minimax._types import Floats


def environment_risks(
    outcome: Floats, predictions: Mapping[str, Floats], groups: Groups, scale: float
) -> pd.DataFrame:
    """Mean squared errors divided by `scale`: a row for each environment, a column for each predictor."""
    order = np.argsort(groups.codes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(groups.sizes)[:-1]]).astype(np.intp)
    columns = {
        name: np.add.reduceat(((outcome - values) ** 2)[order], starts) / groups.sizes / scale
        for name, values in predictions.items()
    }
    index = pd.Index(groups.labels, name="environment")
    return pd.DataFrame({"n_rows": groups.sizes, **columns}, index=index)
