"""Cross-fitting: each row is predicted by a model that was fitted without the row's fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

Array = NDArray[np.float64]
Index = NDArray[np.intp]

MAX_ROWS = 200_000  # a model that is not linear in rows is trained on at most so many of them, drawn at random


def cross_fit(
    estimator: Any,
    columns: NDArray[Any] | Sequence[NDArray[Any]],
    y: Array,
    fold: Index,
    *,
    task: str,
    n_jobs: int | None,
    seed: int,
    max_rows: int = MAX_ROWS,
) -> Array:
    """Out-of-fold predictions (n,) of a scikit-learn estimator; probabilities of the second class for a classifier.

    `columns` is one table (n, d), or one for each fold. Missing values are imputed by a column's mean over the
    training rows, unless the estimator takes them. Folds run in threads.
    """
    n_folds = int(fold.max()) + 1
    tables = [columns] * n_folds if isinstance(columns, np.ndarray) else columns
    seeds = np.random.SeedSequence(seed).spawn(n_folds)
    parts = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_fit_and_predict)(estimator, tables[k], y, fold == k, task, seeds[k], max_rows) for k in range(n_folds)
    )
    out = np.empty(len(y))
    for k, part in enumerate(parts):
        out[fold == k] = part
    return out


def _fit_and_predict(
    estimator: Any, table: NDArray[Any], y: Array, held_out: NDArray[np.bool_], task: str, seed: Any, max_rows: int
) -> Array:
    train = np.flatnonzero(~held_out)
    if len(train) > max_rows:
        train = np.sort(np.random.default_rng(seed).choice(train, max_rows, replace=False))
    model = complete_cases(clone(estimator), table).fit(table[train], y[train])
    if task == "classification":
        return np.asarray(model.predict_proba(table[held_out])[:, 1])
    return np.asarray(model.predict(table[held_out]), dtype=np.float64)


def complete_cases(model: Any, table: NDArray[Any]) -> Any:
    """The model itself, or behind an imputer where the table has missing values that it does not take."""
    if not np.isnan(table).any() or _takes_missing(model):
        return model
    return make_pipeline(SimpleImputer(keep_empty_features=True), model)


def _takes_missing(model: Any) -> bool:
    from sklearn.utils import get_tags

    return bool(get_tags(model).input_tags.allow_nan)
