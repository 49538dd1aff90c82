"""What one would compute without the kit: least squares with errors clustered by group."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import qr

from causalkit.cli._effects._study import Study
from causalkit.inference import EffectEstimate

_SPARE_ROWS = 20
_RANK_TOLERANCE = 1e-8


def difference_in_means(study: Study) -> EffectEstimate:
    """Regress the outcome on the treatment alone."""
    data = pd.DataFrame({"y": study.y.to_numpy(), "t": study.treatment.to_numpy()})
    return _least_squares(data, study, "difference in means (least squares)")


def adjusted_difference(study: Study) -> EffectEstimate | None:
    """Regress the outcome on treatment and features in rows without missing values, if there are enough."""
    data = pd.DataFrame({"y": study.y.to_numpy(), "t": study.treatment.to_numpy()})
    data = pd.concat([data, study.X.reset_index(drop=True).add_prefix("x.")], axis=1)
    complete = data.dropna()
    data = data.drop(columns=_redundant(complete.drop(columns=["y", "t"])))
    enough = len(complete) >= data.shape[1] + _SPARE_ROWS and complete["t"].nunique() == 2
    return _least_squares(data, study, "least squares with the features") if enough else None


def _redundant(features: pd.DataFrame) -> list[str]:
    """Columns that are constant or a sum of others, such as the last level of a text."""
    centred = features - features.mean()
    if not len(centred):
        return []
    unit = centred / np.sqrt((centred**2).sum()).replace(0, 1)
    _, triangle, order = qr(unit.to_numpy(), mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > _RANK_TOLERANCE).sum())
    return [str(features.columns[i]) for i in order[rank:]]


def _least_squares(data: pd.DataFrame, study: Study, estimand: str) -> EffectEstimate:
    import statsmodels.api as sm

    complete = data.dropna()
    groups = None if study.groups is None else pd.factorize(study.groups.iloc[complete.index])[0]
    errors, variance = _errors(groups)
    design = sm.add_constant(complete.drop(columns="y"), has_constant="add")
    fit = sm.OLS(complete["y"], design).fit(use_t=True, **errors)
    return EffectEstimate(
        estimate=float(fit.params["t"]),
        standard_error=float(fit.bse["t"]),
        n_units=len(complete),
        estimand=estimand,
        variance=variance,
        degrees_of_freedom=float(fit.df_resid if groups is None else groups.max()) or None,
    )


def _errors(groups: np.ndarray | None) -> tuple[dict[str, Any], str]:
    if groups is None:
        return {"cov_type": "HC1"}, "robust to unequal variance; rows taken as independent"
    return {"cov_type": "cluster", "cov_kwds": {"groups": groups}}, f"cluster ({groups.max() + 1} groups)"
